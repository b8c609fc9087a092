//! From an article page to its headline, text and time.

use chrono::{DateTime, FixedOffset};
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

use meoktong_index::Published;

use crate::normalise::{clean, date, line, without_bylines, without_tags};

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Article {
    /// Headline.
    pub title: String,
    /// Paragraphs.
    pub text: String,
    /// When it was published.
    pub published: Option<Published>,
}

/// Where article texts stand, most specific first. Collected from Korean publishers' pages.
const BODIES: [&str; 14] = [
    "[itemprop=articleBody]",
    "#article-view-content-div",
    "#articleBody",
    "#article_body",
    "#articletxt",
    "#dic_area",
    "#articleView",
    "#CmAdContent",
    ".story-news",
    ".article_body",
    ".article_view",
    ".article_txt",
    ".detail-body",
    "article",
];

/// Where dates stand that are in no metadata.
const DATES: [&str; 6] =
    ["time[datetime]", ".info-group .breadcrumbs li", ".update-time", ".news_info .date", ".datetime", ".date"];

/// Parts inside a body that are not the article.
const NOISE: [&str; 8] = ["script", "style", "figure", "figcaption", "aside", "button", "iframe", ".ad"];

/// Reads a page; `body` is the source's own selector, tried first. Returns nothing when no text stands where articles
/// stand, as on a page that asks for a browser.
#[must_use]
pub fn read(html: &str, body: Option<&str>, now: DateTime<FixedOffset>) -> Option<Article> {
    let page = Html::parse_document(html);
    let linked = linked_data(&page);
    let linked_text = |name: &str| linked.as_ref().and_then(|data| data[name].as_str()).map(str::to_owned);
    let title = linked_text("headline")
        .or_else(|| meta(&page, "og:title"))
        .or_else(|| first(&page, "h1").map(text_of))
        .or_else(|| first(&page, "title").map(text_of))
        .map(|raw| line(&raw))
        .unwrap_or_default();
    let mut text = body.and_then(|own| first(&page, own)).map(prose).unwrap_or_default();
    if text.is_empty() {
        text = linked_text("articleBody").map(|raw| clean(&without_tags(&raw))).unwrap_or_default();
    }
    for selector in BODIES {
        if text.chars().count() >= 40 {
            break;
        }
        let found = first(&page, selector).map(prose).unwrap_or_default();
        if found.len() > text.len() {
            text = found;
        }
    }
    if text.is_empty() {
        text = densest(&page).map(prose).unwrap_or_default();
    }
    let text = without_bylines(&text);
    if text.is_empty() {
        return None;
    }
    let published = linked_text("datePublished")
        .or_else(|| meta(&page, "article:published_time"))
        .and_then(|raw| date(&raw, now))
        .or_else(|| {
            DATES.iter().filter_map(|selector| first(&page, selector)).find_map(|element| {
                element.value().attr("datetime").and_then(|raw| date(raw, now)).or_else(|| date(&text_of(element), now))
            })
        });
    Some(Article { title, text, published })
}

fn first<'a>(page: &'a Html, selector: &str) -> Option<ElementRef<'a>> {
    page.select(&Selector::parse(selector).ok()?).next()
}

fn meta(page: &Html, name: &str) -> Option<String> {
    let found = first(page, &format!("meta[property=\"{name}\"], meta[name=\"{name}\"]"))?;
    found.value().attr("content").map(str::to_owned)
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// The `NewsArticle` among the page's linked data; it may stand in an array or in a graph.
fn linked_data(page: &Html) -> Option<Value> {
    let scripts = Selector::parse("script[type=\"application/ld+json\"]").ok()?;
    page.select(&scripts).find_map(|script| {
        let parsed: Value = serde_json::from_str(text_of(script).trim()).ok()?;
        article_in(&parsed, 0).cloned()
    })
}

fn article_in(value: &Value, depth: usize) -> Option<&Value> {
    if depth > 4 {
        return None;
    }
    match value {
        Value::Array(many) => many.iter().find_map(|one| article_in(one, depth + 1)),
        Value::Object(fields) => {
            let kinds = match fields.get("@type") {
                Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
                Some(Value::String(one)) => vec![one.as_str()],
                _ => Vec::new(),
            };
            if kinds.iter().any(|kind| kind.ends_with("NewsArticle") || *kind == "Article") {
                return Some(value);
            }
            fields.get("@graph").and_then(|graph| article_in(graph, depth + 1))
        }
        _ => None,
    }
}

/// The text of an element: its paragraphs where it has them, everything but noise otherwise.
fn prose(element: ElementRef<'_>) -> String {
    let noise: Vec<Selector> = NOISE.iter().filter_map(|selector| Selector::parse(selector).ok()).collect();
    let mut text = String::new();
    collect(element, &noise, &mut text, 0);
    clean(&text)
}

fn collect(element: ElementRef<'_>, noise: &[Selector], text: &mut String, depth: usize) {
    for child in element.children() {
        if let Some(inner) = ElementRef::wrap(child) {
            // The parser has a limit of its own; this one keeps our stack safe whatever it is.
            if depth > 200 || noise.iter().any(|selector| selector.matches(&inner)) {
                continue;
            }
            let block =
                matches!(inner.value().name(), "p" | "br" | "div" | "li" | "h2" | "h3" | "h4" | "tr" | "blockquote");
            collect(inner, noise, text, depth + 1);
            if block {
                text.push('\n');
            }
        } else if let Some(part) = child.value().as_text() {
            text.push_str(part);
        }
    }
}

/// The element whose own paragraphs hold the most text: the last resort.
fn densest(page: &Html) -> Option<ElementRef<'_>> {
    let paragraph = Selector::parse("p").ok()?;
    let mut best: Option<(usize, ElementRef<'_>)> = None;
    let mut tried = Vec::new();
    for found in page.select(&paragraph) {
        let Some(parent) = found.parent().and_then(ElementRef::wrap) else { continue };
        if tried.contains(&parent.id()) {
            continue;
        }
        tried.push(parent.id());
        let own = parent.children().filter_map(ElementRef::wrap).filter(|child| child.value().name() == "p");
        let length: usize = own.map(|child| text_of(child).trim().chars().count()).sum();
        if length >= 40 && best.is_none_or(|(most, _)| length > most) {
            best = Some((length, parent));
        }
    }
    best.map(|(_, element)| element)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(html: &str) -> Option<Article> {
        read(html, None, DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap())
    }

    #[test]
    fn the_common_cms_of_small_papers() {
        let found = article(
            "<html><head><meta property=\"og:title\" content=\"카톡 먹통\"></head><body><h1 class=\"heading\">x</h1>\
             <ul class=\"breadcrumbs\"></ul><div class=\"info-group\"><ul class=\"breadcrumbs\"><li>입력 2026.03.09 09:20</li></ul></div>\
             <div id=\"article-view-content-div\"><figure><figcaption>사진</figcaption></figure><p>메시지 전송이 되지 않는 장애가 났다. 이용자들이 불편을 겪었다.</p>\
             <p>원인은 조사 중이다.</p><script>ad()</script></div></body></html>",
        )
        .unwrap();
        assert_eq!(found.title, "카톡 먹통");
        assert_eq!(found.text, "메시지 전송이 되지 않는 장애가 났다. 이용자들이 불편을 겪었다.\n원인은 조사 중이다.");
        assert_eq!(found.published.unwrap().at.to_rfc3339(), "2026-03-09T09:20:00+09:00");
    }

    #[test]
    fn linked_data_in_a_graph() {
        let found = article(
            "<script type=\"application/ld+json\">{\"@graph\":[{\"@type\":\"WebSite\"},{\"@type\":[\"NewsArticle\"],\
             \"headline\":\"토스 장애\",\"datePublished\":\"2026-03-09T00:20:00Z\"}]}</script><div class=\"x\"><p>송금이 \
             되지 않는다는 신고가 이어졌다. 회사는 확인하고 있다고 밝혔다. 더 알려진 것은 없다.</p></div>",
        )
        .unwrap();
        assert_eq!(found.title, "토스 장애");
        assert!(found.text.starts_with("송금이"));
        assert_eq!(found.published.unwrap().at.to_rfc3339(), "2026-03-09T09:20:00+09:00");
    }

    #[test]
    fn a_page_without_article_is_none() {
        assert_eq!(article("<html><body><script>location.reload()</script></body></html>"), None);
        assert_eq!(article(""), None);
    }
}
