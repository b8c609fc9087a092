//! An operator's notices, as a list on a web page.

use chrono::{DateTime, FixedOffset};
use scraper::{ElementRef, Html, Selector};
use serde::Deserialize;
use url::Url;

use super::{Entry, ReadError};
use crate::normalise::{date, line, paragraphs, without_tags};

/// Where a list keeps its parts: selectors within the row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// One row of the list.
    pub row: String,
    /// Its title; the link is the `href` of it or of the first link in the row.
    pub title: String,
    /// Its date.
    pub date: String,
    /// Its text, where the list holds it.
    pub text: Option<String>,
}

/// Reads the list.
///
/// # Errors
/// When a selector is wrong or no row is found.
pub fn read(html: &str, at: &Url, layout: &Layout, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    let selector = |text: &str| Selector::parse(text).map_err(|_| ReadError::Selector(text.to_owned()));
    let (row, title, when, link) =
        (selector(&layout.row)?, selector(&layout.title)?, selector(&layout.date)?, selector("a[href]")?);
    let text = layout.text.as_deref().map(selector).transpose()?;
    let page = Html::parse_document(html);
    let entries: Vec<Entry> = page
        .select(&row)
        .filter_map(|row| {
            let heading = row.select(&title).next()?;
            let href = heading.value().attr("href").or_else(|| row.select(&link).next()?.value().attr("href"));
            let url = href.and_then(|href| at.join(href).ok()).map(String::from);
            let part = |selector: &Selector| row.select(selector).next().map(|found| written(&found));
            Some(Entry {
                key: url.clone(),
                url,
                title: line(&written(&heading)),
                text: text.as_ref().and_then(part).map(|raw| paragraphs(&raw)).unwrap_or_default(),
                published: part(&when).and_then(|raw| date(&raw, now)),
                ..Entry::default()
            })
        })
        .filter(|entry| !entry.title.is_empty())
        .collect();
    if entries.is_empty() { Err(ReadError::Selector(layout.row.clone())) } else { Ok(entries) }
}

fn written(element: &ElementRef<'_>) -> String {
    without_tags(&element.inner_html())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_entries_and_a_changed_page_is_an_error() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
        let layout = Layout { row: "ul.list > li".into(), title: "a".into(), date: ".date".into(), text: None };
        let at = Url::parse("https://bank.example/notice").unwrap();
        let html = "<ul class=list><li><a href=\"?no=3\">전자금융 &amp; 점검</a><span class=date>2026.03.09 02:00</span></li></ul>";
        let found = read(html, &at, &layout, now).unwrap();
        assert_eq!(found[0].title, "전자금융 & 점검");
        assert_eq!(found[0].url.as_deref(), Some("https://bank.example/notice?no=3"));
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T02:00:00+09:00");
        assert!(matches!(read("<p>개편", &at, &layout, now), Err(ReadError::Selector(_))));
    }
}
