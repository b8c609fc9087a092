//! What an endpoint is told of a document that a saved search matched. Pure.

use chrono::{DateTime, FixedOffset};
use meoktong_index::Document;
use serde_json::json;

use super::route::Format;
use crate::normalise::short_hash;
use crate::store::OutboxRow;

/// The message for one endpoint. Its id derives from search, document and endpoint: the same hit is never told twice.
#[must_use]
pub fn message(
    search: &str,
    query: &str,
    document: &Document,
    endpoint: &str,
    format: Format,
    now: DateTime<FixedOffset>,
) -> OutboxRow {
    let alert = format!("alt_{}", short_hash(&["search", search, &document.id]));
    let headline = if document.title.is_empty() { excerpt(&document.text) } else { document.title.clone() };
    let mut text = format!("저장된 검색 \"{search}\": {headline}");
    for extra in [document.source.as_deref(), document.url.as_deref()].into_iter().flatten() {
        text.push('\n');
        text.push_str(extra);
    }
    let body = match format {
        Format::Webhook => json!({
            "type": "search.hit",
            "timestamp": now.to_rfc3339(),
            "data": {
                "schema": 1,
                "alert": alert,
                "search": search,
                "query": query,
                "document": {
                    "id": document.id,
                    "kind": document.kind.as_str(),
                    "title": document.title,
                    "excerpt": excerpt(&document.text),
                    "source": document.source,
                    "url": document.url,
                    "published_at": document.published_at,
                },
            },
        }),
        // Slack reads <, > and & as markup.
        Format::Slack => {
            json!({ "text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") })
        }
        Format::Discord => json!({
            "content": text.chars().take(2000).collect::<String>(),
            "allowed_mentions": { "parse": [] }
        }),
        Format::Jandi => json!({ "body": text, "connectColor": "#1A73E8" }),
        Format::Dooray => json!({ "botName": "먹통", "text": text }),
    };
    OutboxRow {
        id: format!("dlv_{}", short_hash(&[&alert, endpoint])),
        alert,
        incident: None,
        endpoint: endpoint.to_owned(),
        body: body.to_string(),
        created_at: now.timestamp(),
        tries: 0,
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_is_told_under_one_id_and_as_data() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap();
        let document =
            Document { id: "doc_1".into(), title: "<b>토스</b> 송금 오류".into(), ..Document::default() };
        let told = |endpoint: &str, format| message("송금", "송금 오류", &document, endpoint, format, now);
        let webhook = told("ops", Format::Webhook);
        assert_eq!(webhook.id, told("ops", Format::Slack).id);
        assert_ne!(webhook.id, told("other", Format::Webhook).id);
        let body: serde_json::Value = serde_json::from_str(&webhook.body).unwrap();
        assert_eq!(body["data"]["document"]["title"], "<b>토스</b> 송금 오류");
        assert!(told("ops", Format::Slack).body.contains("&lt;b&gt;"));
    }
}
