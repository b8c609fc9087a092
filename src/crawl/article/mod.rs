//! From an article page to its headline, text, times and author.
//!
//! First the page rules of the publisher or content system, then linked data and Open Graph, then the places where Korean
//! pages usually keep their text, then a readability algorithm, then the densest paragraphs.

mod meta;
mod prose;
mod rules;

use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset};
use dom_smoothie::Readability;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use meoktong_index::Published;

use self::meta::Meta;
pub use self::rules::{Compiled, Rules};
use crate::normalise::{canonical_url, clean, without_tags};

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Article {
    /// Headline.
    pub title: String,
    /// Paragraphs.
    pub text: String,
    /// When it was published.
    pub published: Option<Published>,
    /// When it was last changed.
    pub updated: Option<Published>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Section of the paper.
    pub section: Option<String>,
    /// The address that stands for all of its copies.
    pub canonical: Option<String>,
    /// How the text was found.
    pub by: By,
}

/// How a text was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// By the source's selector or a page rule.
    Rule,
    /// In the page's linked data.
    Linked,
    /// Where such pages usually keep it.
    #[default]
    Place,
    /// By the readability algorithm.
    Readability,
    /// By the densest paragraphs.
    Density,
}

/// What came of reading a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The article; none when no text stands where articles stand, as on a page that asks for a browser.
    pub article: Option<Article>,
    /// Id of the rule that holds for the page and no longer matches its text.
    pub drift: Option<String>,
}

/// Where article texts stand, most specific first. Collected from Korean publishers' pages.
const BODIES: [&str; 40] = [
    "[itemprop=articleBody]",
    "#article-view-content-div",
    "#articleBody",
    "#article_body",
    "#articletxt",
    "#articleText",
    "#dic_area",
    "#articleBodyContents",
    "#newsEndContents",
    "#news_body_area",
    "#news_body_id",
    "#newsContent",
    "#news_content",
    "#article-body",
    "#article_content",
    "#articleContent",
    "#articleView",
    "#article_txt",
    "#textBody",
    "#CmAdContent",
    "#viewContent",
    ".story-news",
    ".article_body",
    ".article-body",
    ".articleBody",
    ".article_view",
    ".article_txt",
    ".article-text",
    ".article_content",
    ".article-content",
    ".article-view-body",
    ".detail-body",
    ".news_body",
    ".news_view",
    ".news_txt",
    ".view_con",
    ".view_content",
    ".post-content",
    ".entry-content",
    "article",
];

/// A shorter text is a teaser or a caption, in characters.
const SHORT: usize = 60;
/// A longer one is surely the article.
const LONG: usize = 200;
/// The readability algorithm works on trees; a deeper one is no article. In nested elements.
const DEEPEST: usize = 256;
/// Longer pages are left to the simpler ways, in bytes.
const LONGEST: usize = 4 << 20;

static PLACES: LazyLock<Vec<Selector>> =
    LazyLock::new(|| BODIES.iter().filter_map(|selector| Selector::parse(selector).ok()).collect());
static PARAGRAPH: LazyLock<Selector> = LazyLock::new(|| Selector::parse("p").expect("a fixed selector"));

/// Reads the page of an address; `body` is the source's own selector, tried first.
#[must_use]
pub fn read(html: &str, url: &Url, rules: &Rules, body: Option<&Selector>, now: DateTime<FixedOffset>) -> Page {
    let page = Html::parse_document(html);
    let meta = Meta::of(&page);
    let rule = rules.holding(url, &page);
    let mut found = Page::default();
    let none: &[Selector] = &[];
    let drop = rule.map_or(none, |rule| &rule.drop);
    let longest = |elements: &mut dyn Iterator<Item = ElementRef<'_>>| {
        elements.map(|element| prose::of(element, drop)).max_by_key(|text| text.chars().count()).unwrap_or_default()
    };
    let mut by = By::Rule;
    let mut text = body.map(|own| longest(&mut page.select(own))).unwrap_or_default();
    if let Some(rule) = rule.filter(|_| text.chars().count() < SHORT) {
        let ruled = rule.body.iter().map(|(selector, _)| longest(&mut page.select(selector)));
        text = ruled.into_iter().find(|text| text.chars().count() >= SHORT).unwrap_or_default();
        if text.is_empty() {
            found.drift = Some(rule.id.clone());
        }
    }
    if text.chars().count() < SHORT {
        (text, by) = usual(&page, html, &meta, drop).unwrap_or((text, by));
    }
    if text.is_empty() {
        return found;
    }
    let title = rule
        .and_then(|rule| rules::first(&rule.title, &page))
        .or_else(|| meta.title(rule.map(|rule| rule.name.as_str())))
        .unwrap_or_default();
    let title = prose::headline(&title);
    // Some containers begin with the headline.
    let text = match text.split_once('\n') {
        Some((first, rest)) if first == title => rest.to_owned(),
        _ => text,
    };
    let dated =
        |places: &[(Selector, Option<String>)]| rules::all(places, &page).find_map(|raw| meta::date_in(&raw, now));
    found.article = Some(Article {
        published: rule.and_then(|rule| dated(&rule.date)).or_else(|| meta.published(&page, now)),
        updated: rule.and_then(|rule| dated(&rule.updated)).or_else(|| meta.updated(&page, now)),
        author: rule.and_then(|rule| rules::first(&rule.author, &page)).or_else(|| meta.author()),
        section: rule.and_then(|rule| rules::first(&rule.section, &page)).or_else(|| meta.section()),
        canonical: meta.canonical(&page).and_then(|raw| canonical_url(url.join(&raw).ok()?.as_str())),
        title,
        text,
        by,
    });
    found
}

/// The text of a page without rules.
fn usual(page: &Html, html: &str, meta: &Meta, drop: &[Selector]) -> Option<(String, By)> {
    let mut best = String::new();
    for selector in PLACES.iter() {
        for element in page.select(selector).take(3) {
            let text = prose::of(element, drop);
            if text.chars().count() > best.chars().count() {
                best = text;
            }
        }
        if best.chars().count() >= LONG {
            break;
        }
    }
    let linked = meta.body().map(|raw| prose::tidy(&clean(&without_tags(&raw)))).unwrap_or_default();
    let (placed, told) = (best.chars().count(), linked.chars().count());
    // Linked data holds no captions and lists, unless it is an excerpt only.
    if told >= LONG && placed as f64 <= told as f64 * 1.6 {
        // The page's own paragraphs where both say the same.
        let same = placed as f64 >= told as f64 * 0.9 && placed as f64 <= told as f64 * 1.1;
        return Some(if same { (best, By::Place) } else { (linked, By::Linked) });
    }
    if placed >= SHORT {
        return Some((best, By::Place));
    }
    if let Some(text) = readable(page, html).filter(|text| text.chars().count() >= SHORT) {
        return Some((text, By::Readability));
    }
    let dense = densest(page).map(|element| prose::of(element, drop)).filter(|text| !text.is_empty());
    dense.map(|text| (text, By::Density)).or_else(|| (placed > 0).then_some((best, By::Place)))
}

/// The text that a readability algorithm finds.
fn readable(page: &Html, html: &str) -> Option<String> {
    if html.len() > LONGEST || prose::depth(page) > DEEPEST {
        return None;
    }
    let found = Readability::new(html, None, None).ok()?.parse().ok()?;
    let inner = Html::parse_fragment(&found.content);
    Some(prose::of(inner.root_element(), &[]))
}

/// The element whose own paragraphs hold the most text: the last resort.
fn densest(page: &Html) -> Option<ElementRef<'_>> {
    let mut best: Option<(usize, ElementRef<'_>)> = None;
    let mut tried = std::collections::HashSet::new();
    for found in page.select(&PARAGRAPH) {
        let Some(parent) = found.parent().and_then(ElementRef::wrap) else { continue };
        if !tried.insert(parent.id()) {
            continue;
        }
        let own = parent.children().filter_map(ElementRef::wrap).filter(|child| child.value().name() == "p");
        let length: usize = own.map(|child| child.text().map(|text| text.trim().chars().count()).sum::<usize>()).sum();
        if length >= 40 && best.is_none_or(|(most, _)| length > most) {
            best = Some((length, parent));
        }
    }
    best.map(|(_, element)| element)
}

#[cfg(test)]
mod tests;
