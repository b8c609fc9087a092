//! Page rules with their selectors compiled.

use std::sync::LazyLock;

use meoktong_dictionaries::publishers::split;
use meoktong_dictionaries::{PageRule, Publishers, bundled};
use scraper::{Html, Selector};
use url::Url;

use crate::normalise::clean;

/// A selector with the attribute that holds the value; none: the text does.
type Place = (Selector, Option<String>);

/// One rule.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Its id.
    pub id: String,
    /// The publisher's name.
    pub name: String,
    detect: Option<Selector>,
    pub(super) title: Vec<Place>,
    pub(super) body: Vec<Place>,
    pub(super) date: Vec<Place>,
    pub(super) updated: Vec<Place>,
    pub(super) author: Vec<Place>,
    pub(super) section: Vec<Place>,
    pub(super) drop: Vec<Selector>,
}

/// All rules.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    publishers: Publishers,
    compiled: Vec<Compiled>,
}

impl Rules {
    /// The bundled rules.
    #[must_use]
    pub fn bundled() -> &'static Self {
        static BUNDLED: LazyLock<Rules> = LazyLock::new(|| Rules::new(Publishers::read(&bundled::publishers()).0).0);
        &BUNDLED
    }

    /// Compiles rules; selectors that are none are left out and returned with their rule's id.
    #[must_use]
    pub fn new(publishers: Publishers) -> (Self, Vec<String>) {
        let mut wrong = Vec::new();
        let compiled = publishers.rules().iter().map(|rule| compile(rule, &mut wrong)).collect();
        (Self { publishers, compiled }, wrong)
    }

    /// The rule that holds for a page: its publisher's, or that of the content system that it shows.
    pub(super) fn holding(&self, url: &Url, page: &Html) -> Option<&Compiled> {
        let own = url.host_str().and_then(|host| self.publishers.position(host));
        own.map(|at| &self.compiled[at]).or_else(|| {
            let shown = |selector: &Selector| page.select(selector).next().is_some();
            self.compiled.iter().find(|rule| rule.detect.as_ref().is_some_and(shown))
        })
    }
}

fn compile(rule: &PageRule, wrong: &mut Vec<String>) -> Compiled {
    let mut selector = |text: &str| match Selector::parse(text) {
        Ok(selector) => Some(selector),
        Err(_) => {
            wrong.push(format!("{}: {text:?} is no CSS selector", rule.id));
            None
        }
    };
    let mut places = |list: &[String]| -> Vec<Place> {
        let split = list.iter().map(|text| split(text));
        split.filter_map(|(text, attribute)| Some((selector(text)?, attribute.map(str::to_owned)))).collect()
    };
    Compiled {
        id: rule.id.clone(),
        name: rule.name.clone(),
        title: places(&rule.title),
        body: places(&rule.body),
        date: places(&rule.date),
        updated: places(&rule.updated),
        author: places(&rule.author),
        section: places(&rule.section),
        drop: places(&rule.drop).into_iter().map(|(selector, _)| selector).collect(),
        detect: rule.detect.as_deref().and_then(selector),
    }
}

/// What stands at the places, in order.
pub(super) fn all<'a>(places: &'a [Place], page: &'a Html) -> impl Iterator<Item = String> + 'a {
    places.iter().flat_map(move |(selector, attribute)| {
        page.select(selector).take(6).filter_map(move |element| match attribute {
            Some(name) => element.value().attr(name).map(clean),
            None => Some(clean(&element.text().collect::<String>())),
        })
    })
}

/// The first of them that is not empty, on one line.
pub(super) fn first(places: &[Place], page: &Html) -> Option<String> {
    all(places, page).map(|text| text.replace('\n', " ")).find(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_selector_can_be_compiled() {
        let (rules, wrong) = Rules::new(Publishers::read(&bundled::publishers()).0);
        assert_eq!(wrong, Vec::<String>::new());
        assert!(rules.compiled.iter().all(|rule| !rule.body.is_empty()));
    }
}
