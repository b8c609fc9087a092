//! Posts of Mastodon, X and Bluesky.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::{Entry, ReadError, Reading, json};
use crate::normalise::{clean, date, line, paragraphs, without_tags};

/// Mastodon: an array of statuses, newest first.
///
/// # Errors
/// When it is no such answer.
pub fn mastodon(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a timeline")?;
    let Value::Array(posts) = &answer else {
        return Err(super::search::said(&answer).map_or(ReadError::Missing("an array".into()), ReadError::Refused));
    };
    let mut reading = Reading::default();
    for post in posts {
        let text = |key: &str| post[key].as_str().filter(|text| !text.is_empty());
        // A boost is somebody else's post once more.
        if post["reblog"].is_object() {
            continue;
        }
        reading.newest = reading.newest.max(text("id").map(padded));
        let spoiler = text("spoiler_text").map(line).unwrap_or_default();
        reading.take(Entry {
            key: text("uri").or(text("id")).map(str::to_owned),
            url: text("url").or(text("uri")).map(str::to_owned),
            title: spoiler,
            text: text("content").map(|html| paragraphs(&without_tags(html))).unwrap_or_default(),
            published: text("created_at").and_then(|raw| date(raw, now)),
            author: post["account"]["acct"].as_str().map(str::to_owned),
            ..Entry::default()
        });
    }
    reading.newest = reading.newest.map(|id| id.trim_start_matches('0').to_owned());
    Ok(reading)
}

/// X API v2 recent search. The number of posts read is the number of entries; that is what X bills.
///
/// # Errors
/// When it is no such answer.
pub fn x(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a search answer")?;
    let meta = &answer["meta"];
    let Some(posts) = answer["data"].as_array() else {
        return match meta["result_count"].as_u64() {
            Some(0) => Ok(Reading::default()),
            _ => {
                let first = answer["errors"].get(0).unwrap_or(&answer);
                Err(super::search::said(first).map_or(ReadError::Missing("data".into()), ReadError::Refused))
            }
        };
    };
    let mut reading = Reading {
        newest: meta["newest_id"].as_str().map(str::to_owned),
        token: meta["next_token"].as_str().map(str::to_owned),
        ..Reading::default()
    };
    reading.more = reading.token.is_some();
    for post in posts {
        let text = |key: &str| post[key].as_str();
        reading.take(Entry {
            key: text("id").map(str::to_owned),
            url: text("id").map(|id| format!("https://x.com/i/status/{id}")),
            text: text("text").map(paragraphs).unwrap_or_default(),
            published: text("created_at").and_then(|raw| date(raw, now)),
            author: text("author_id").map(str::to_owned),
            ..Entry::default()
        });
    }
    Ok(reading)
}

/// What a frame of Jetstream says.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A new post in Korean, and the stream's clock in microseconds.
    Post(Box<Entry>, u64),
    /// A post was deleted: the address it had.
    Deleted(String, u64),
    /// Anything else.
    Other(Option<u64>),
    /// The server ends the stream, and says why.
    Error(String),
}

/// Reads one frame of Jetstream (version 1).
#[must_use]
pub fn jetstream(text: &str, now: DateTime<FixedOffset>) -> Frame {
    let Ok(frame) = serde_json::from_str::<Value>(text) else { return Frame::Other(None) };
    if frame["$type"] == "error" {
        return Frame::Error(frame["error"].as_str().unwrap_or("error").to_owned());
    }
    let at = frame["time_us"].as_u64();
    let (Some(did), Some(time)) = (frame["did"].as_str(), at) else { return Frame::Other(at) };
    let commit = &frame["commit"];
    if frame["kind"] != "commit" || commit["collection"] != "app.bsky.feed.post" {
        return Frame::Other(at);
    }
    let Some(key) = commit["rkey"].as_str() else { return Frame::Other(at) };
    let url = format!("https://bsky.app/profile/{did}/post/{key}");
    let record = &commit["record"];
    match commit["operation"].as_str() {
        Some("delete") => Frame::Deleted(url, time),
        Some("create") => {
            let text = record["text"].as_str().unwrap_or_default();
            let tagged = record["langs"].as_array().into_iter().flatten().any(|lang| lang == "ko");
            if text.trim().is_empty() || !(tagged || text.chars().any(|c| ('가'..='힣').contains(&c))) {
                return Frame::Other(at);
            }
            let entry = Entry {
                key: Some(format!("{did}/{key}")),
                url: Some(url),
                text: clean(text),
                published: record["createdAt"].as_str().and_then(|raw| date(raw, now)),
                author: Some(did.to_owned()),
                ..Entry::default()
            };
            Frame::Post(Box::new(entry), time)
        }
        _ => Frame::Other(at),
    }
}

/// Ids are numbers that grow; of unequal length they compare wrongly as text.
fn padded(id: &str) -> String {
    format!("{id:0>24}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn mastodon_posts_are_html_and_boosts_no_voices() {
        let text = r#"[{"id":"110","created_at":"2026-03-09T00:14:00.000Z","content":"<p>카톡 &amp; 페이<br>안됨</p>","language":"ko","url":"https://m.example/@a/110","uri":"https://m.example/a/110","account":{"acct":"a"},"visibility":"public"},
            {"id":"99","content":"<p>x</p>","account":{"acct":"b"},"reblog":{"id":"1"}},{"id":"98","content":"","account":{"acct":"b"}}]"#;
        let found = mastodon(text.as_bytes(), now()).unwrap();
        assert_eq!((found.entries.len(), found.skipped, found.newest.as_deref()), (1, 1, Some("110")));
        assert_eq!(found.entries[0].text, "카톡 & 페이\n안됨");
        assert!(matches!(
            mastodon(br#"{"error":"This API requires an authenticated user"}"#, now()),
            Err(ReadError::Refused(_))
        ));
    }

    #[test]
    fn x_counts_what_it_bills() {
        let text = r#"{"data":[{"id":"2","text":"카톡 &lt;먹통&gt;","created_at":"2026-03-09T00:14:00.000Z","author_id":"7"}],"meta":{"newest_id":"2","oldest_id":"2","result_count":1,"next_token":"abc"}}"#;
        let found = x(text.as_bytes(), now()).unwrap();
        assert_eq!((found.entries.len(), found.newest.as_deref(), found.more), (1, Some("2"), true));
        assert_eq!(found.entries[0].text, "카톡 <먹통>");
        assert_eq!(x(br#"{"meta":{"result_count":0}}"#, now()).unwrap().entries, []);
        assert!(
            matches!(x(br#"{"errors":[{"message":"bad query"}],"title":"Invalid Request"}"#, now()), Err(ReadError::Refused(what)) if what == "bad query")
        );
    }

    #[test]
    fn jetstream_frames() {
        let post = r#"{"did":"did:plc:a","time_us":1773015240000000,"kind":"commit","commit":{"rev":"r","operation":"create","collection":"app.bsky.feed.post","rkey":"3k","record":{"$type":"app.bsky.feed.post","text":"카톡 또 먹통이네","createdAt":"2026-03-09T00:14:00.000Z"},"cid":"c"}}"#;
        let Frame::Post(entry, time) = jetstream(post, now()) else { panic!("Hangul is Korean without a tag") };
        assert_eq!(
            (entry.url.as_deref(), time),
            (Some("https://bsky.app/profile/did:plc:a/post/3k"), 1_773_015_240_000_000)
        );
        let gone = post.replace("create\"", "delete\"");
        assert!(matches!(jetstream(&gone, now()), Frame::Deleted(url, _) if url.ends_with("/3k")));
        assert_eq!(
            jetstream(&post.replace("카톡 또 먹통이네", "hello"), now()),
            Frame::Other(Some(1_773_015_240_000_000))
        );
        assert_eq!(jetstream(r#"{"did":"d","time_us":5,"kind":"identity"}"#, now()), Frame::Other(Some(5)));
        assert_eq!(
            jetstream(r#"{"$type":"error","error":"ConsumerTooSlow"}"#, now()),
            Frame::Error("ConsumerTooSlow".into())
        );
        assert_eq!(jetstream("{", now()), Frame::Other(None));
    }
}
