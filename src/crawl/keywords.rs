//! Lists of trending searches of Korean portals. None of them is documented by its owner; each may change without notice.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::{Entry, ReadError, Reading, charset, fields, json};
use crate::normalise::line;

/// Daum's real-time trends: JSON inside the HTML of its front page. The list may be empty, as in the small hours.
///
/// # Errors
/// When the page holds no such list.
pub fn daum(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let page = charset::decode(bytes, None);
    let list = embedded(&page, "REALTIME_TREND_TOP").ok_or_else(|| ReadError::Missing("REALTIME_TREND_TOP".into()))?;
    let published = fields::time(&list["updatedAt"], now);
    let mut reading = Reading::default();
    for (place, row) in list["keywords"].as_array().into_iter().flatten().enumerate() {
        let Some(keyword) = row["keyword"].as_str() else {
            reading.skipped += 1;
            continue;
        };
        let status = row["status"].as_str().map_or_else(|| row["status"].as_i64(), |text| text.trim().parse().ok());
        let rank = row["displayRank"].as_i64().or_else(|| row["rank"].as_i64()).unwrap_or(place as i64 + 1);
        // 0 is new here.
        let delta = status.filter(|status| *status != 0);
        reading.take(trend(keyword, rank, delta, published, now));
    }
    Ok(reading)
}

/// The object with `keywords` behind a mark, in plain JSON or in JSON within a string.
fn embedded(page: &str, mark: &str) -> Option<Value> {
    let plain = page.replace("\\\"", "\"");
    for text in [page, &plain] {
        for (from, _) in text.match_indices(mark) {
            let Some(gap) = text[from..].find("\"keywords\"").filter(|gap| *gap < 4000) else { continue };
            let behind = from + gap;
            // Walk back from the key to the brace that opens its object: a handful is enough.
            for (open, _) in text[..behind].rmatch_indices('{').take(8) {
                let mut values = serde_json::Deserializer::from_str(&text[open..]).into_iter::<Value>();
                if let Some(Ok(value)) = values.next()
                    && value.get("keywords").is_some_and(Value::is_array)
                {
                    return Some(value);
                }
            }
        }
    }
    None
}

/// Nate's real-time issues: rows of rank, keyword, direction, change, short keyword, in EUC-KR.
///
/// # Errors
/// When it is no such list.
pub fn nate(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let text = charset::decode(bytes, Some("application/json; charset=euc-kr"));
    let Value::Array(rows) = json(text.as_bytes(), "a list of keywords")? else {
        return Err(ReadError::Missing("an array".into()));
    };
    let mut reading = Reading::default();
    for row in &rows {
        let cell = |at: usize| row[at].as_str().map(str::trim).unwrap_or_default();
        let (Ok(rank), keyword) = (cell(0).parse::<i64>(), cell(1)) else {
            reading.skipped += 1;
            continue;
        };
        let steps = cell(3).parse::<i64>().unwrap_or(0);
        reading.take(trend(keyword, rank, moved(cell(2), steps), None, now));
    }
    Ok(reading)
}

/// signal.bz.
///
/// # Errors
/// When it is no such list.
pub fn signal(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a list of keywords")?;
    let Some(Value::Array(rows)) = answer.get("top10") else { return Err(ReadError::Missing("top10".into())) };
    let published = fields::time(&answer["now"], now);
    let mut reading = Reading::default();
    for (place, row) in rows.iter().enumerate() {
        let Some(keyword) = row["keyword"].as_str() else {
            reading.skipped += 1;
            continue;
        };
        let rank = row["rank"].as_i64().unwrap_or(place as i64 + 1);
        let delta = row["state"].as_str().and_then(|state| moved(state, 1));
        reading.take(trend(keyword, rank, delta, published, now));
    }
    Ok(reading)
}

/// How many places up; none for a new one.
fn moved(state: &str, steps: i64) -> Option<i64> {
    match state {
        "+" => Some(steps),
        "-" => Some(-steps),
        "s" => Some(0),
        _ => None,
    }
}

fn trend(
    keyword: &str,
    rank: i64,
    delta: Option<i64>,
    published: Option<meoktong_index::Published>,
    now: DateTime<FixedOffset>,
) -> Entry {
    let title = line(keyword);
    let day = published.map_or(now, |p| p.at).format("%Y-%m-%d");
    Entry {
        // A keyword that stays is one entry a day; its ranks are a series of their own.
        key: (!title.is_empty()).then(|| format!("{title} {day}")),
        title,
        estimated: published.is_none(),
        published,
        rank: Some(rank as f64),
        delta,
        ..Entry::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn nate_is_euc_kr_json() {
        let text = "[[\"1\",\"카카오톡 오류\",\"n\",\"0\",\"카카오톡 오류\"],[\"2\",\"똠양꿍\",\"+\",\"3\",\"똠양꿍\"],[\"x\"]]";
        let found = nate(&encoding_rs::EUC_KR.encode(text).0, now()).unwrap();
        let shown: Vec<_> = found.entries.iter().map(|e| (e.title.as_str(), e.rank, e.delta)).collect();
        assert_eq!(shown, [("카카오톡 오류", Some(1.0), None), ("똠양꿍", Some(2.0), Some(3))]);
        assert_eq!(found.skipped, 1);
        assert!(matches!(nate(b"<html>denied", now()), Err(ReadError::Page(_))));
    }

    #[test]
    fn daum_hides_json_in_its_front_page() {
        let list = r#"{"type":"REALTIME_TREND_TOP","data":{"updatedAt":"2026-03-09T11:50:00+09:00","keywords":[{"keyword":"카톡 오류","rank":1,"displayRank":1,"status":"0"},{"keyword":"토스","rank":2,"displayRank":2,"status":"-3"}]}}"#;
        let plain = format!("<html><script>window.__DATA__ = [{{\"a\":1}},{list}]</script>");
        let quoted = format!("<html><script>push(\"{}\")</script>", list.replace('"', "\\\""));
        for page in [plain, quoted] {
            let found = daum(page.as_bytes(), now()).unwrap().entries;
            let shown: Vec<_> = found.iter().map(|e| (e.title.as_str(), e.rank, e.delta)).collect();
            assert_eq!(shown, [("카톡 오류", Some(1.0), None), ("토스", Some(2.0), Some(-3))]);
            assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T11:50:00+09:00");
        }
        let empty = "<script>{\"label\":\"REALTIME_TREND_TOP\",\"updatedAt\":null,\"keywords\":[]}</script>";
        assert_eq!(daum(empty.as_bytes(), now()).unwrap().entries, []);
        assert!(matches!(daum(b"<html>other", now()), Err(ReadError::Missing(_))));
    }

    #[test]
    fn signal_has_a_clock_in_milliseconds() {
        let text = r#"{"now":1773025200000,"top10":[{"rank":1,"keyword":"카카오톡 오류","state":"n"},{"rank":2,"keyword":"x","state":"s","summary":"a"}],"news":[{"title":"a","press":{"name":"b"}},{"press":"c"}]}"#;
        let found = signal(text.as_bytes(), now()).unwrap().entries;
        assert_eq!((found.len(), found[1].delta), (2, Some(0)));
        assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T12:00:00+09:00");
        assert!(signal(b"{\"now\":1}", now()).is_err());
    }
}
