//! Google's trending searches of Korea, as RSS.

use chrono::{DateTime, FixedOffset};

use super::{Entry, ReadError, xml};
use crate::normalise::{date, line};

/// Reads the feed; ranks are the order of its items. Names count without their namespace, which has changed before.
///
/// # Errors
/// When the text is no such feed.
pub fn read(text: &str, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    super::no_page(text, "a feed")?;
    let root = xml::read(text)?;
    if root.child("rss").is_none() {
        return Err(ReadError::Feed("there is no rss element".into()));
    }
    let entries = root.all("item").into_iter().enumerate().filter_map(|(at, item)| {
        let query = line(item.text_of("title")?);
        let published = item.text_of("pubDate").and_then(|raw| date(raw, now));
        // No guid: the same query on another day is another entry.
        let day = published.map_or(now, |p| p.at).format("%Y-%m-%d");
        let volume: String =
            item.text_of("approx_traffic").unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        Some(Entry {
            key: Some(format!("{query} {day}")),
            title: query,
            published,
            rank: Some((at + 1) as f64),
            volume: volume.parse().ok(),
            ..Entry::default()
        })
    });
    Ok(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_read_in_either_namespace() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
        let text = "<?xml version=\"1.0\"?><rss xmlns:ht=\"https://trends.google.com/trending/rss\"><channel><item>\
            <title>카카오톡 오류</title><ht:approx_traffic>2,000+</ht:approx_traffic><description/>\
            <pubDate>Sun, 8 Mar 2026 17:20:00 -0700</pubDate><ht:news_item><ht:news_item_title>x</ht:news_item_title></ht:news_item>\
            </item></channel></rss>";
        let found = read(text, now).unwrap();
        assert_eq!(
            (found[0].title.as_str(), found[0].volume, found[0].rank),
            ("카카오톡 오류", Some(2000.0), Some(1.0))
        );
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:20:00+09:00");
        assert!(read("<rss><channel><item>", now).is_err());
    }
}
