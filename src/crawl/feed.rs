//! RSS 2.0, RSS 1.0, Atom and JSON Feed.

use chrono::{DateTime, FixedOffset, Utc};
use feed_rs::parser;
use url::Url;

use super::{Entry, ReadError, Reading, no_page, xml};
use crate::normalise::{canonical_url, clean, date, line, paragraphs, without_bylines, without_tags};

/// Reads a feed that stands at an address. Times without zone are Korean; entries without headline and text are set aside.
///
/// # Errors
/// When the text is no feed, is cut off, or is nested to do harm.
pub fn read(text: &str, at: &Url, now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    no_page(text, "a feed")?;
    let start = text.trim_start();
    // The text is decoded; what its declaration said of the bytes no longer holds.
    let undeclared = match start.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or(rest, |(_, body)| body),
        None => start,
    };
    if !undeclared.starts_with('{') {
        xml::shallow(undeclared)?;
    }
    // The parser panics at a declaration that stands anywhere but at the beginning.
    let undeclared = undeclared.replace("<?xml", "<?-");
    let feed = parser::Builder::new()
        .base_uri(Some(at))
        .sanitize_content(false)
        .timestamp_parser(move |raw| date(raw, now).map(|found| found.at.with_timezone(&Utc)))
        .build()
        .parse(undeclared.as_bytes())
        .map_err(|error| ReadError::Feed(error.to_string()))?;
    let publisher = feed.title.map(|title| line(&title.content)).filter(|title| !title.is_empty());
    let mut reading = Reading { ttl_minutes: feed.ttl, ..Reading::default() };
    for entry in feed.entries {
        let title = entry.title.map(|text| line(&without_tags(&text.content))).unwrap_or_default();
        let full = entry.content.and_then(|content| content.body);
        let summary = entry.summary.map(|text| text.content);
        let longest = [full, summary].into_iter().flatten().max_by_key(String::len).unwrap_or_default();
        let url = entry.links.iter().find(|link| link.rel.as_deref() != Some("self")).map(|link| link.href.clone());
        let mut found = Entry {
            key: Some(entry.id).filter(|id| !id.is_empty()),
            url: url.filter(|url| canonical_url(url).is_some()),
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
        };
        if found.url.as_deref().is_some_and(|url| url.starts_with("https://news.google.com/")) {
            collected(&mut found);
        }
        reading.take(found);
    }
    Ok(reading)
}

/// Google News names the publisher behind the last dash of the headline; its text repeats headlines only.
fn collected(entry: &mut Entry) {
    entry.text.clear();
    entry.about = None;
    if let Some((title, publisher)) = entry.title.rsplit_once(" - ") {
        entry.publisher = Some(publisher.trim().to_owned());
        entry.title = title.trim().to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    fn at() -> Url {
        Url::parse("https://it.example/rss/allArticle.xml").unwrap()
    }

    #[test]
    fn every_kind_of_feed() {
        let rdf = "<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
            <channel rdf:about=\"x\"><title>가람</title><link>https://it.example/</link><description>x</description></channel>\
            <item rdf:about=\"y\"><title>E&amp;amp;S 장애</title><link>https://it.example/1</link><description>x</description><dc:date>2026-03-09T09:14:00+09:00</dc:date></item></rdf:RDF>";
        let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>가람</title><id>f</id><updated>2026-03-09T00:14:00Z</updated>\
            <entry><title type=\"html\">E&amp;amp;S 장애</title><id>e</id><link href=\"https://it.example/1\"/><updated>2026-03-09T00:14:00Z</updated><summary>x</summary></entry></feed>";
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"가람","items":[{"id":"1","url":"https://it.example/1","title":"E&amp;S 장애","content_text":"x","date_published":"2026-03-09T09:14:00+09:00"}]}"#;
        let dated = "<rss version=\"2.0\"><channel><title>가람</title><link>https://it.example/</link><description>x</description><ttl>5</ttl>\
            <item><title>E&amp;amp;S 장애</title><link>https://it.example/1</link><pubDate>Mon, 09 03 2026 09:14:00 +0900</pubDate></item><item><guid>2</guid></item></channel></rss>";
        for feed in [rdf, atom, json, dated] {
            let found = read(feed, &at(), now()).unwrap();
            assert_eq!(found.entries.len(), 1, "{feed}");
            assert_eq!(found.entries[0].title, "E&S 장애", "{feed}");
            assert_eq!(found.entries[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00", "{feed}");
        }
        let found = read(dated, &at(), now()).unwrap();
        assert_eq!((found.skipped, found.ttl_minutes), (1, Some(5)));
    }

    #[test]
    fn google_news_names_the_publisher_in_the_headline() {
        let text = "<rss version=\"2.0\"><channel><title>카카오톡 장애 - Google 뉴스</title><link>https://news.google.com/</link><description>Google 뉴스</description><item>\
            <title>카카오톡 - 메시지 전송 장애 - 가람일보</title><link>https://news.google.com/rss/articles/CBMiAU_yqL?oc=5</link><guid isPermaLink=\"false\">CBMiAU_yqL</guid>\
            <pubDate>Mon, 09 Mar 2026 00:14:00 GMT</pubDate><description>&lt;a href=\"x\"&gt;카카오톡&lt;/a&gt;&amp;nbsp;&lt;font&gt;가람일보&lt;/font&gt;</description><source url=\"https://paper.example\">가람일보</source></item></channel></rss>";
        let found = read(text, &at(), now()).unwrap().entries;
        assert_eq!(
            (found[0].title.as_str(), found[0].publisher.as_deref(), found[0].text.as_str()),
            ("카카오톡 - 메시지 전송 장애", Some("가람일보"), "")
        );
    }

    #[test]
    fn a_declaration_in_the_middle_is_no_panic() {
        let text = "<rss version=\"2.0\"><channel><title>x</title><item><title>가</title>\
            <description>전송 <?xml version=\"1.0\" encoding=\"euc-kr\"?> 장애</description></item></channel></rss>";
        assert_eq!(read(text, &at(), now()).unwrap().entries.len(), 1);
    }

    #[test]
    fn nested_without_end_or_defining_entities_does_no_harm() {
        let deep = format!("<rss><channel>{}", "<a>".repeat(10_000));
        assert!(matches!(read(&deep, &at(), now()), Err(ReadError::Hostile(_))));
        let mut laughs = "<!DOCTYPE rss [<!ENTITY l0 \"ha\">".to_owned();
        for n in 1..12 {
            laughs.push_str(&format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)));
        }
        laughs.push_str(
            "]><rss version=\"2.0\"><channel><title>x</title><item><title>&l11;</title></item></channel></rss>",
        );
        let total: usize = read(&laughs, &at(), now()).map_or(0, |r| r.entries.iter().map(|e| e.title.len()).sum());
        assert!(total < 100, "{total}");
    }

    #[test]
    fn an_ndsoft_feed_without_zone_and_guid() {
        let text = "<?xml version=\"1.0\" encoding=\"euc-kr\"?><rss version=\"2.0\"><channel><title>가람IT</title><item>\
            <title><![CDATA[카톡 &quot;먹통&quot;]]></title><link>https://it.example/news/articleView.html?idxno=3</link>\
            <description><![CDATA[전송이 <b>안</b> 된다<br>2분째]]></description><pubDate>2026-03-09 09:14:00</pubDate></item></channel></rss>";
        let found = read(text, &at(), now()).unwrap().entries;
        assert_eq!(found[0].title, "카톡 \"먹통\"");
        assert_eq!(found[0].text, "전송이 안 된다\n2분째");
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00");
        assert_eq!(found[0].url.as_deref(), Some("https://it.example/news/articleView.html?idxno=3"));
    }

    #[test]
    fn a_page_instead_of_a_feed_and_a_cut_feed_are_told_apart() {
        assert_eq!(read("<!DOCTYPE html><html>…", &at(), now()), Err(ReadError::Page("a feed")));
        assert!(matches!(read("<rss><channel><item><title>가", &at(), now()), Err(ReadError::Feed(_))));
    }
}
