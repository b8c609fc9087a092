//! Incidents as feeds: Atom, JSON Feed, iCalendar.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, Utc};
use serde_json::json;

use super::Shared;
use super::api::blocking;
use super::outside::tame;
use super::problem::Problem;
use super::story::Story;
use crate::demo::sites::escape;
use crate::store::Which;

/// Incidents in a feed.
const LENGTH: usize = 50;

/// An incident as feeds tell it.
struct Entry {
    id: String,
    service: String,
    title: String,
    summary: String,
    opened: DateTime<FixedOffset>,
    onset: DateTime<FixedOffset>,
    ended: Option<DateTime<FixedOffset>>,
    updated: DateTime<FixedOffset>,
}

async fn entries(shared: Shared) -> Result<Vec<Entry>, Problem> {
    blocking(move || {
        let rows = shared.pipeline.store.incidents_page(Which::All, None, None, LENGTH)?;
        rows.into_iter().map(|row| Ok(entry(&Story::of(&shared, row)?))).collect()
    })
    .await
}

fn entry(story: &Story) -> Entry {
    let row = &story.row;
    let failed: Vec<String> = row.failed.iter().map(|feature| tame(&feature.name, 60)).collect();
    let failed = if failed.is_empty() { "서비스 전체".to_owned() } else { failed.join(", ") };
    let state = match row.state.as_str() {
        "suspected" => "장애 의심",
        "open" => "장애",
        "restored" => "복구 확인 중",
        _ => "장애 종료",
    };
    let mut summary = format!("{failed}; {} 시작", story.onset().format("%Y-%m-%d %H:%M"));
    if let Some(ended) = story.ended() {
        let _ = write!(summary, ", {} 종료", ended.format("%H:%M"));
    }
    if let Some(why) = story.last().and_then(|last| last.cause.as_ref()) {
        let _ = write!(summary, "; 원인: {}", tame(&why.text, 120));
    }
    if let Some(lead) = story.lead().filter(|lead| *lead > 0) {
        let _ = write!(summary, "; 공식 공지보다 {lead}분 먼저 확인");
    }
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap_or_default();
    Entry {
        id: row.id.clone(),
        service: row.service.clone(),
        title: format!("{} {state}: {failed}", tame(&row.name, 60)),
        summary,
        opened: at(&row.opened_at),
        onset: story.onset(),
        ended: story.ended(),
        updated: at(&row.updated_at),
    }
}

/// Where this installation is reached, as the reader reached it.
fn base(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']');
    let host: String = host.chars().filter(|c| plain(*c)).take(255).collect();
    let secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    format!("{}://{host}", if secure { "https" } else { "http" })
}

pub(super) async fn atom(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let (entries, base) = (entries(shared).await?, escape(&base(&headers)));
    let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or_default();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"ko\">\n\
         <id>urn:meoktong:incidents</id><title>먹통: 장애</title><author><name>meoktong</name></author>\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{base}/feed.atom\"/><link rel=\"alternate\" type=\"text/html\" href=\"{base}/\"/>\
         <updated>{}</updated>\n",
        updated.to_rfc3339()
    );
    for entry in &entries {
        let id = escape(&entry.id);
        let _ = writeln!(
            text,
            "<entry><id>urn:meoktong:{id}</id><title>{}</title><link rel=\"alternate\" type=\"text/html\" href=\"{base}/incidents/{id}\"/>\
             <updated>{}</updated><published>{}</published><category term=\"{}\"/><summary>{}</summary></entry>",
            escape(&entry.title),
            entry.updated.to_rfc3339(),
            entry.opened.to_rfc3339(),
            escape(&entry.service),
            escape(&entry.summary),
        );
    }
    text.push_str("</feed>\n");
    Ok(([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], text).into_response())
}

pub(super) async fn json_feed(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let (entries, base) = (entries(shared).await?, base(&headers));
    let rows: Vec<_> = entries
        .iter()
        .map(|entry| {
            json!({
                "id": format!("urn:meoktong:{}", entry.id),
                "url": format!("{base}/incidents/{}", entry.id),
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.opened.to_rfc3339(),
                "date_modified": entry.updated.to_rfc3339(),
                "tags": [entry.service],
            })
        })
        .collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "먹통: 장애",
        "language": "ko",
        "home_page_url": format!("{base}/"),
        "feed_url": format!("{base}/feed.json"),
        "items": rows,
    });
    Ok(([(header::CONTENT_TYPE, "application/feed+json")], feed.to_string()).into_response())
}

pub(super) async fn calendar(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Problem> {
    let (entries, base) = (entries(shared).await?, base(&headers));
    let utc = |at: DateTime<FixedOffset>| at.with_timezone(&Utc).format("%Y%m%dT%H%M%SZ").to_string();
    let mut text = String::new();
    let mut line = |content: &str| folded(&mut text, content);
    for fixed in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//meoktong//incidents//KO", "X-WR-CALNAME:먹통: 장애"]
    {
        line(fixed);
    }
    for entry in &entries {
        line("BEGIN:VEVENT");
        line(&format!("UID:{}@meoktong", entry.id));
        line(&format!("DTSTAMP:{}", utc(entry.updated)));
        line(&format!("DTSTART:{}", utc(entry.onset)));
        // An outage that goes on reaches to the last word on it.
        line(&format!("DTEND:{}", utc(entry.ended.unwrap_or(entry.updated).max(entry.onset))));
        line(&format!("SUMMARY:{}", plain(&entry.title)));
        line(&format!("DESCRIPTION:{}", plain(&entry.summary)));
        line(&format!("URL:{base}/incidents/{}", entry.id));
        line("TRANSP:TRANSPARENT");
        line("END:VEVENT");
    }
    line("END:VCALENDAR");
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], text).into_response())
}

/// Text of an iCalendar value, after RFC 5545 3.3.11.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// Adds a line, folded after 75 bytes (RFC 5545 3.1), never within a letter.
fn folded(text: &mut String, content: &str) {
    let mut length = 0;
    for c in content.chars() {
        if length + c.len_utf8() > 75 {
            text.push_str("\r\n ");
            length = 1;
        }
        text.push(c);
        length += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_lines_fold_between_letters() {
        let mut text = String::new();
        folded(&mut text, &format!("SUMMARY:{}", "먹통".repeat(40)));
        assert!(text.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(text.replace("\r\n ", "").trim_end(), format!("SUMMARY:{}", "먹통".repeat(40)));
        assert_eq!(plain("a,b;c\\d\ne"), "a\\,b\\;c\\\\d\\ne");
    }
}
