//! Where publishers keep headline, text and time on their article pages.

use std::collections::HashMap;

use serde::Deserialize;

use crate::source::{Mistake, Source};

/// Page rules of one publisher, or of a content system that many use. A selector may end in `@` and an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRule {
    /// Id: `yonhap`.
    pub id: String,
    /// Name as readers know it.
    pub name: String,
    /// Hosts, each with everything below it; empty for a content system.
    pub hosts: Vec<String>,
    /// Selector by which a content system is known.
    pub detect: Option<String>,
    /// Day from which the rule is known to hold, `YYYY-MM-DD`.
    pub since: String,
    /// Headline.
    pub title: Vec<String>,
    /// Element that holds the text.
    pub body: Vec<String>,
    /// Time of publication.
    pub date: Vec<String>,
    /// Time of the last change.
    pub updated: Vec<String>,
    /// Author.
    pub author: Vec<String>,
    /// Section.
    pub section: Vec<String>,
    /// Parts within the text that are not of it.
    pub drop: Vec<String>,
}

impl PageRule {
    /// Every selector of the rule, without attributes.
    pub fn selectors(&self) -> impl Iterator<Item = &str> {
        let lists = [&self.title, &self.body, &self.date, &self.updated, &self.author, &self.section, &self.drop];
        lists.into_iter().flatten().chain(&self.detect).map(|selector| split(selector).0)
    }
}

/// A selector and the attribute behind its `@`.
#[must_use]
pub fn split(selector: &str) -> (&str, Option<&str>) {
    match selector.rsplit_once('@') {
        Some((selector, attribute)) if !attribute.contains([']', '\'', '"', ' ']) => (selector, Some(attribute)),
        _ => (selector, None),
    }
}

/// All page rules.
#[derive(Debug, Clone, Default)]
pub struct Publishers {
    rules: Vec<PageRule>,
    by_host: HashMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    publisher: Vec<toml::Spanned<Row>>,
    #[serde(default)]
    system: Vec<toml::Spanned<Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    name: String,
    #[serde(default)]
    hosts: Vec<String>,
    detect: Option<String>,
    since: String,
    #[serde(default)]
    title: OneOrMany,
    #[serde(default)]
    body: OneOrMany,
    #[serde(default)]
    date: OneOrMany,
    #[serde(default)]
    updated: OneOrMany,
    #[serde(default)]
    author: OneOrMany,
    #[serde(default)]
    section: OneOrMany,
    #[serde(default)]
    drop: OneOrMany,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl From<OneOrMany> for Vec<String> {
    fn from(given: OneOrMany) -> Self {
        match given {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

impl Publishers {
    /// Reads the rules; what is wrong is left out and told.
    #[must_use]
    pub fn read(source: &Source) -> (Self, Vec<Mistake>) {
        let file: File = match toml::from_str(&source.content) {
            Ok(file) => file,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                return (Self::default(), vec![source.mistake(at, error.message().replace('\n', " "))]);
            }
        };
        let mut all = Self::default();
        let mut mistakes = Vec::new();
        let rows = file.publisher.into_iter().map(|row| (row, false));
        for (row, system) in rows.chain(file.system.into_iter().map(|row| (row, true))) {
            let at = row.span().start;
            let row = row.into_inner();
            let mut wrong = |what: String| mistakes.push(source.mistake(at, what));
            if system != row.detect.is_some() {
                wrong(format!("{:?}: a [[system]] needs detect, a [[publisher]] has none", row.id));
            }
            if system != row.hosts.is_empty() {
                wrong(format!("{:?}: a [[publisher]] needs hosts, a [[system]] has none", row.id));
            }
            if all.rules.iter().any(|known| known.id == row.id) {
                wrong(format!("{:?} stands here twice: keep one", row.id));
                continue;
            }
            let day = row.since.as_bytes();
            if day.len() != 10 || day[4] != b'-' || day[7] != b'-' {
                wrong(format!("{:?}: since {:?} is no day like 2026-01-31", row.id, row.since));
            }
            let rule = PageRule {
                id: row.id,
                name: row.name,
                hosts: row.hosts,
                detect: row.detect,
                since: row.since,
                title: row.title.into(),
                body: row.body.into(),
                date: row.date.into(),
                updated: row.updated.into(),
                author: row.author.into(),
                section: row.section.into(),
                drop: row.drop.into(),
            };
            if rule.body.is_empty() {
                wrong(format!("{:?} needs body, the selector of the text", rule.id));
            }
            for host in &rule.hosts {
                if all.by_host.insert(host.clone(), all.rules.len()).is_some() {
                    wrong(format!("host {host:?} stands at two publishers: keep one"));
                }
            }
            all.rules.push(rule);
        }
        (all, mistakes)
    }

    /// All rules: publishers first, then content systems.
    #[must_use]
    pub fn rules(&self) -> &[PageRule] {
        &self.rules
    }

    /// Place of the rule for a host: its own, or that of the nearest domain above it.
    #[must_use]
    pub fn position(&self, host: &str) -> Option<usize> {
        let mut rest = host;
        loop {
            if let Some(&at) = self.by_host.get(rest) {
                return Some(at);
            }
            rest = rest.split_once('.')?.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_rules_are_sound_and_hosts_found_from_below() {
        let (all, mistakes) = Publishers::read(&crate::bundled::publishers());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert!(all.rules().len() >= 30);
        let id = |host: &str| all.position(host).map(|at| all.rules()[at].id.as_str());
        assert_eq!(id("www.yna.co.kr"), Some("yonhap"));
        assert_eq!(id("n.news.naver.com"), Some("naver"));
        assert_eq!(id("blog.naver.com"), None);
    }

    #[test]
    fn mistakes_come_with_their_line() {
        let text = "[[publisher]]\nid = \"a\"\nname = \"a\"\nhosts = [\"a.example\"]\nsince = \"now\"\n\n[[system]]\nid = \"a\"\nname = \"b\"\nsince = \"2026-01-01\"\nbody = \"p\"\n";
        let (_, mistakes) = Publishers::read(&Source::new("publishers.toml", text));
        let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(shown[0].starts_with("publishers.toml:1:") && shown[0].contains("is no day"), "{shown:?}");
        assert!(shown.iter().any(|m| m.contains("needs body")) && shown.iter().any(|m| m.contains("needs detect")));
        assert!(shown.iter().any(|m| m.starts_with("publishers.toml:7:") && m.contains("twice")), "{shown:?}");
        assert_eq!(split("meta[property='a@b']@content"), ("meta[property='a@b']", Some("content")));
        assert_eq!(split("a[href='x@y']"), ("a[href='x@y']", None));
    }
}
