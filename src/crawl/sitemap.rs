//! Google News sitemaps.

use chrono::{DateTime, FixedOffset};

use super::{Entry, ReadError, Reading, charset, xml};
use crate::normalise::{date, line};

/// Reads a sitemap with news entries; entries without a headline are set aside.
///
/// # Errors
/// When it is no sitemap.
pub fn read(bytes: &[u8], content_type: Option<&str>, now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let text = charset::decode(bytes, content_type);
    super::no_page(&text, "a sitemap")?;
    let root = xml::read(&text)?;
    let Some(list) = root.child("urlset") else {
        return Err(match root.child("sitemapindex") {
            Some(_) => ReadError::Feed("it lists other sitemaps: choose one of them".into()),
            None => ReadError::Missing("urlset".into()),
        });
    };
    let mut reading = Reading::default();
    for url in list.all("url") {
        let news = url.child("news");
        let of = |name: &str| news.and_then(|news| news.text_of(name));
        let publisher = news.and_then(|news| news.child("publication")).and_then(|p| p.text_of("name"));
        let when = of("publication_date").or(url.text_of("lastmod"));
        reading.take(Entry {
            key: url.text_of("loc").map(str::to_owned),
            url: url.text_of("loc").map(line),
            title: of("title").map(line).unwrap_or_default(),
            published: when.and_then(|raw| date(raw, now)),
            publisher: publisher.map(line),
            ..Entry::default()
        });
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_entries_and_what_is_none() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
        let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\
            <url><loc>https://tv.example/view.do?ncd=1&amp;x=2</loc><news:news><news:publication><news:name>가람TV</news:name><news:language>ko</news:language></news:publication>\
            <news:publication_date>2026-03-09T09:14:00+09:00</news:publication_date><news:title><![CDATA[카톡 '먹통']]></news:title></news:news></url>\
            <url><loc>https://tv.example/about</loc></url></urlset>";
        let found = read(text.as_bytes(), None, now).unwrap();
        assert_eq!((found.entries.len(), found.skipped), (1, 1));
        assert_eq!(found.entries[0].title, "카톡 '먹통'");
        assert_eq!(found.entries[0].url.as_deref(), Some("https://tv.example/view.do?ncd=1&x=2"));
        assert_eq!(found.entries[0].publisher.as_deref(), Some("가람TV"));
        assert!(read(b"<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>", None, now).is_err());
    }
}
