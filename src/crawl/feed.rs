//! RSS and Atom.

use chrono::{DateTime, FixedOffset, Utc};
use feed_rs::parser;

use super::{Entry, ReadError};
use crate::normalise::{canonical_url, clean, date, line, paragraphs, without_bylines, without_tags};

/// Reads a feed. Times without zone are Korean; entries without headline and text are dropped.
///
/// # Errors
/// When the text is no feed or is cut off.
pub fn read(text: &str, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    let head: String = text.trim_start().chars().take(200).collect::<String>().to_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") {
        return Err(ReadError::Page("a feed"));
    }
    // The text is decoded; what its declaration said of the bytes no longer holds.
    let undeclared = match text.trim_start().strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(rest, |(_, body)| body),
        None => text,
    };
    let feed = parser::Builder::new()
        .timestamp_parser(move |raw| date(raw, now).map(|found| found.at.with_timezone(&Utc)))
        .build()
        .parse(undeclared.as_bytes())
        .map_err(|error| ReadError::Feed(error.to_string()))?;
    let publisher = feed.title.map(|title| line(&title.content)).filter(|title| !title.is_empty());
    let entries = feed.entries.into_iter().map(|entry| {
        let title = entry.title.map(|text| line(&without_tags(&text.content))).unwrap_or_default();
        let full = entry.content.and_then(|content| content.body);
        let summary = entry.summary.map(|text| text.content);
        let longest = [full, summary].into_iter().flatten().max_by_key(String::len).unwrap_or_default();
        let url = entry.links.iter().find(|link| link.rel.as_deref() != Some("self")).map(|link| link.href.clone());
        Entry {
            key: Some(entry.id).filter(|id| !id.is_empty()),
            url: url.and_then(|url| canonical_url(&url).map(|_| url)),
            title,
            text: without_bylines(&paragraphs(&without_tags(&longest))),
            published: entry.published.or(entry.updated).map(|at| meoktong_index::Published {
                at: at.with_timezone(&meoktong_index::document::kst()),
                day_only: false,
            }),
            author: entry
                .authors
                .first()
                .and_then(|person| person.name.as_deref())
                .map(clean)
                .filter(|name| !name.is_empty()),
            publisher: publisher.clone(),
            about: entry.categories.first().map(|category| clean(&category.term)),
            ..Entry::default()
        }
    });
    Ok(entries.filter(|entry| !(entry.title.is_empty() && entry.text.is_empty())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn an_ndsoft_feed_without_zone_and_guid() {
        let text = "<?xml version=\"1.0\" encoding=\"euc-kr\"?><rss version=\"2.0\"><channel><title>가람IT</title><item>\
            <title><![CDATA[카톡 &quot;먹통&quot;]]></title><link>https://it.example/news/articleView.html?idxno=3</link>\
            <description><![CDATA[전송이 <b>안</b> 된다<br>2분째]]></description><pubDate>2026-03-09 09:14:00</pubDate></item></channel></rss>";
        let found = read(text, now()).unwrap();
        assert_eq!(found[0].title, "카톡 \"먹통\"");
        assert_eq!(found[0].text, "전송이 안 된다\n2분째");
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00");
        assert_eq!(found[0].url.as_deref(), Some("https://it.example/news/articleView.html?idxno=3"));
    }

    #[test]
    fn a_page_instead_of_a_feed_and_a_cut_feed_are_told_apart() {
        assert_eq!(read("<!DOCTYPE html><html>…", now()), Err(ReadError::Page("a feed")));
        assert!(matches!(read("<rss><channel><item><title>가", now()), Err(ReadError::Feed(_))));
    }
}
