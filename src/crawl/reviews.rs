//! Reviews of Apple's Korean app store, as JSON or XML.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::{Entry, ReadError, xml};
use crate::normalise::{clean, date, line};

/// Reads the feed. The store answers with many entries, a single one, or none; metadata of the app may stand first.
///
/// # Errors
/// When the text is neither form.
pub fn read(text: &str, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    let start = text.trim_start();
    if start.starts_with('{') {
        return json(start, now);
    }
    super::no_page(start, "a review feed")?;
    let root = xml::read(start)?;
    let entries = root.all("entry").into_iter().filter_map(|entry| {
        review(
            entry.text_of("id"),
            entry.text_of("rating"),
            entry.text_of("title"),
            entry.text_of("content"),
            entry.text_of("updated"),
            entry.child("author").and_then(|author| author.text_of("name")),
            now,
            line,
        )
    });
    Ok(entries.collect())
}

fn json(text: &str, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    let answer: Value = serde_json::from_str(text).map_err(|error| ReadError::Damaged(error.to_string()))?;
    let entries = match &answer["feed"]["entry"] {
        Value::Array(many) => many.clone(),
        Value::Object(one) => vec![Value::Object(one.clone())],
        _ => Vec::new(),
    };
    let found = entries.iter().filter_map(|entry| {
        let label = |value: &'_ Value| value["label"].as_str().map(str::to_owned);
        review(
            label(&entry["id"]).as_deref(),
            label(&entry["im:rating"]).as_deref(),
            label(&entry["title"]).as_deref(),
            label(&entry["content"]).as_deref(),
            label(&entry["updated"]).as_deref(),
            label(&entry["author"]["name"]).as_deref(),
            now,
            clean,
        )
    });
    Ok(found.collect())
}

#[expect(clippy::too_many_arguments, reason = "the fields of one record, in one place for both forms")]
fn review(
    id: Option<&str>,
    rating: Option<&str>,
    title: Option<&str>,
    content: Option<&str>,
    updated: Option<&str>,
    author: Option<&str>,
    now: DateTime<FixedOffset>,
    read: fn(&str) -> String,
) -> Option<Entry> {
    // Only reviews have stars; the app's own entry has none.
    let rating = rating?.parse().ok()?;
    Some(Entry {
        key: Some(id?.to_owned()),
        title: title.map(read).unwrap_or_default(),
        text: content.map(read).unwrap_or_default(),
        published: updated.and_then(|raw| date(raw, now)),
        author: author.map(str::to_owned),
        rating: Some(rating),
        ..Entry::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_one_none_and_metadata_first() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
        let one = r#"{"id":{"label":"7"},"im:rating":{"label":"1"},"title":{"label":"튕겨요"},"content":{"label":"계속 튕김"},
            "updated":{"label":"2026-03-08T17:10:00-07:00"},"author":{"name":{"label":"누구"}}}"#;
        let app = r#"{"id":{"label":"app"},"im:name":{"label":"카카오톡"}}"#;
        let count = |entry: &str| read(&format!("{{\"feed\":{{{entry}}}}}"), now).map(|found| found.len());
        assert_eq!(count(&format!("\"entry\":[{app},{one}]")), Ok(1));
        assert_eq!(count(&format!("\"entry\":{one}")), Ok(1));
        assert_eq!(count("\"title\":{}"), Ok(0));
        assert!(read("{\"feed\":{\"entry\":[", now).is_err());
        let found = read(&format!("{{\"feed\":{{\"entry\":{one}}}}}"), now).unwrap();
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:10:00+09:00");
        let atom = "<feed xmlns:im=\"x\"><entry><id>7</id><title>튕겨요</title><content>a</content><im:rating>1</im:rating></entry></feed>";
        assert_eq!(read(atom, now).unwrap()[0].rating, Some(1.0));
    }
}
