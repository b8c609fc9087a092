//! Answers of search interfaces: Naver (both providers answer alike) and Kakao.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone};
use meoktong_index::Published;
use meoktong_index::document::kst;
use serde_json::Value;
use url::Url;

use super::{Entry, ReadError, Reading, json};
use crate::normalise::{date, line, paragraphs, without_tags};

/// Reads an answer of Naver search: news, blog, cafearticle, webkr.
///
/// # Errors
/// When it is no such answer.
pub fn naver(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a search answer")?;
    let Some(Value::Array(items)) = answer.get("items") else {
        // Without a hit some answers leave the list out.
        return match answer["total"].as_u64() {
            Some(0) => Ok(Reading::default()),
            _ => Err(refusal(&answer)),
        };
    };
    let mut reading = Reading::default();
    for item in items {
        let text = |key: &str| item[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let link = text("link");
        // The publisher's own address stands for all copies; it may be empty.
        let url = text("originallink").or(link);
        let published = text("pubDate").and_then(|raw| date(raw, now)).or_else(|| text("postdate").and_then(day));
        let entry = Entry {
            key: link.map(str::to_owned),
            url: url.map(str::to_owned),
            title: text("title").map(marked).unwrap_or_default(),
            text: text("description").map(|raw| paragraphs(&without_tags(raw))).unwrap_or_default(),
            published,
            estimated: published.is_none(),
            author: text("bloggername").map(str::to_owned),
            publisher: text("cafename").map(line).or_else(|| url.and_then(host)),
            ..Entry::default()
        };
        reading.take(entry);
    }
    Ok(reading)
}

/// Reads an answer of Kakao search: web, blog, cafe.
///
/// # Errors
/// When it is no such answer.
pub fn kakao(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a search answer")?;
    let Some(Value::Array(documents)) = answer.get("documents") else { return Err(refusal(&answer)) };
    let mut reading = Reading { more: answer["meta"]["is_end"] == Value::Bool(false), ..Reading::default() };
    for document in documents {
        let text = |key: &str| document[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let published = text("datetime").and_then(|raw| date(raw, now));
        reading.take(Entry {
            key: text("url").map(str::to_owned),
            url: text("url").map(str::to_owned),
            title: text("title").map(marked).unwrap_or_default(),
            text: text("contents").map(|raw| paragraphs(&without_tags(raw))).unwrap_or_default(),
            published,
            estimated: published.is_none(),
            author: text("blogname").map(str::to_owned),
            publisher: text("cafename").map(line).or_else(|| text("url").and_then(host)),
            ..Entry::default()
        });
    }
    Ok(reading)
}

/// Matched words stand in `<b>`; the rest is escaped once.
fn marked(raw: &str) -> String {
    line(&without_tags(raw))
}

/// `20260309`: a day in Korea.
fn day(raw: &str) -> Option<Published> {
    let day = NaiveDate::parse_from_str(raw, "%Y%m%d").ok()?;
    let at = kst().from_local_datetime(&day.and_time(NaiveTime::MIN)).single()?;
    Some(Published { at, day_only: true })
}

fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(url.host_str()?.trim_start_matches("www.").to_owned())
}

fn refusal(answer: &Value) -> ReadError {
    said(answer).map_or_else(|| ReadError::Missing("items".into()), ReadError::Refused)
}

/// What an interface says of an error, in any of the shapes that Naver, its gateway, Kakao, X and problem details have.
#[must_use]
pub fn said(answer: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(line(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let message = [
        &answer["errorMessage"],
        &answer["error"]["message"],
        &answer["message"],
        &answer["msg"],
        &answer["detail"],
        &answer["title"],
        &answer["error"],
    ];
    let code = [&answer["errorCode"], &answer["error"]["errorCode"], &answer["errorType"], &answer["code"]];
    let message = message.into_iter().find_map(text);
    let code = code.into_iter().find_map(text);
    match (code, message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn naver_marks_words_and_escapes_the_rest_once() {
        let answer = r#"{"lastBuildDate":"Mon, 09 Mar 2026 10:05:00 +0900","total":3,"start":1,"display":3,"items":[
            {"title":"<b>카카오톡</b> 전송 장애 &quot;먹통&quot; &amp;lt;종합&amp;gt;","originallink":"https://paper.example/n/1","link":"https://n.news.naver.com/mnews/article/001/0000000001?sid=105","description":"메시지가 &lt;안&gt; 가요","pubDate":"Mon, 09 Mar 2026 10:01:00 +0900"},
            {"title":"카톡 안됨","link":"https://blog.naver.com/a/1","description":"","bloggername":"누구","bloggerlink":"","postdate":"20260309"},
            {"title":"카톡 저만 안되나요","link":"https://cafe.naver.com/x/2","description":"아까부터","cafename":"가람맘","cafeurl":""}]}"#;
        let found = naver(answer.as_bytes(), now()).unwrap().entries;
        assert_eq!(found[0].title, "카카오톡 전송 장애 \"먹통\" &lt;종합&gt;");
        assert_eq!(found[0].text, "메시지가 <안> 가요");
        assert_eq!(found[0].url.as_deref(), Some("https://paper.example/n/1"));
        assert_eq!(found[0].publisher.as_deref(), Some("paper.example"));
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T10:01:00+09:00");
        assert!(found[1].published.unwrap().day_only);
        assert!(found[2].published.is_none() && found[2].estimated);
        assert_eq!(naver(br#"{"total":0,"start":1,"display":0,"items":[]}"#, now()).unwrap().entries, []);
        assert_eq!(naver(br#"{"total":0}"#, now()).unwrap().entries, []);
    }

    #[test]
    fn kakao_pages_until_the_end() {
        let answer = r#"{"meta":{"total_count":2,"pageable_count":2,"is_end":false},"documents":[{"title":"<b>카톡</b> 안됨","contents":"…","url":"https://x.example/1","datetime":"2026-03-09T10:02:11.000+09:00","blogname":"예시","thumbnail":""}]}"#;
        let found = kakao(answer.as_bytes(), now()).unwrap();
        assert!(found.more);
        assert_eq!(found.entries[0].title, "카톡 안됨");
        assert_eq!(found.entries[0].published.unwrap().at.to_rfc3339(), "2026-03-09T10:02:11+09:00");
    }

    #[test]
    fn refusals_are_read_in_every_shape() {
        for (body, wanted) in [
            (r#"{"errorMessage":"NID AUTH Result Invalid","errorCode":"024"}"#, "024: NID AUTH Result Invalid"),
            (r#"{"error":{"errorCode":"210","message":"Permission Denied","details":"x"}}"#, "210: Permission Denied"),
            (r#"{"errorType":"AccessDeniedError","message":"wrong app key"}"#, "AccessDeniedError: wrong app key"),
            (r#"{"code":-10,"msg":"API limit has been exceeded."}"#, "-10: API limit has been exceeded."),
            (r#"{"title":"Too Many Requests","detail":"Usage cap exceeded","status":429}"#, "Usage cap exceeded"),
        ] {
            assert_eq!(said(&serde_json::from_str(body).unwrap()).as_deref(), Some(wanted));
            assert!(matches!(naver(body.as_bytes(), now()), Err(ReadError::Refused(what)) if what == wanted));
        }
        assert!(matches!(kakao(b"<!DOCTYPE html><html>", now()), Err(ReadError::Page(_))));
        assert!(matches!(kakao(b"", now()), Err(ReadError::Empty)));
    }
}
