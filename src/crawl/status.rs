//! Status pages of operators and clouds. Each update of an incident is a document of its own: what is said later counts too.

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use super::{Entry, ReadError, Reading, charset, fields, json};
use crate::normalise::{clean, date, entities, line, without_tags};

/// Statuspage.io `summary.json` or `incidents.json`, and what is compatible with it.
///
/// # Errors
/// When it is no such answer.
pub fn statuspage(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let answer = json(bytes, "a status summary")?;
    if let Some(state) = answer["data"]["attributes"]["aggregate_state"].as_str() {
        return Ok(better_stack(&answer, state, now));
    }
    let Some(incidents) = answer["incidents"].as_array() else { return Err(ReadError::Missing("incidents".into())) };
    let page = answer["page"]["name"].as_str().map(line).unwrap_or_default();
    let planned = answer["scheduled_maintenances"].as_array();
    let mut reading = Reading::default();
    for incident in incidents.iter().chain(planned.into_iter().flatten()) {
        let Some(name) = incident["name"].as_str() else {
            reading.skipped += 1;
            continue;
        };
        let components: Vec<String> = incident["components"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|c| c["name"].as_str())
            .map(line)
            .collect();
        let impact = incident["impact"].as_str().unwrap_or_default();
        for update in incident["incident_updates"].as_array().into_iter().flatten() {
            let status = update["status"].as_str().unwrap_or_default();
            let text = |key: &str| update[key].as_str();
            let published = text("display_at").or(text("created_at")).and_then(|raw| date(raw, now));
            let body = text("body").map(|raw| clean(&without_tags(raw))).unwrap_or_default();
            let listed = if components.is_empty() { String::new() } else { format!("\n{}", components.join(", ")) };
            reading.take(Entry {
                key: text("id").map(str::to_owned),
                url: incident["shortlink"].as_str().map(|link| format!("{link}#{}", text("id").unwrap_or_default())),
                title: format!("{page} {}: {}", line(name), worded(status, impact)).trim().to_owned(),
                text: format!("{body}{listed}").trim().to_owned(),
                published,
                estimated: published.is_none(),
                ..Entry::default()
            });
        }
    }
    Ok(reading)
}

/// Better Stack tells one state for the whole page.
fn better_stack(answer: &Value, state: &str, now: DateTime<FixedOffset>) -> Reading {
    let mut reading = Reading::default();
    if state != "operational" {
        let attributes = &answer["data"]["attributes"];
        let name = attributes["company_name"].as_str().map(line).unwrap_or_default();
        let changed = attributes["updated_at"].as_str().unwrap_or_default();
        reading.take(Entry {
            key: Some(format!("{state} {changed}")),
            title: format!("{name} {}", worded(state, "")).trim().to_owned(),
            published: date(changed, now),
            estimated: date(changed, now).is_none(),
            ..Entry::default()
        });
    }
    reading
}

/// The state in Korean, in the words that notices have; the analysis reads Korean.
fn worded(status: &str, impact: &str) -> String {
    let state = match status {
        "investigating" => "장애 발생, 확인 중 (investigating)",
        "identified" => "장애 원인 확인 (identified)",
        "monitoring" => "장애 조치 후 모니터링 (monitoring)",
        "resolved" | "postmortem" => "장애 복구 완료 (resolved)",
        "scheduled" => "정기 점검 예정 (scheduled maintenance)",
        "in_progress" | "verifying" | "maintenance" => "점검 중 (maintenance)",
        "completed" => "점검 완료 (maintenance completed)",
        "downtime" => "장애 발생, 접속 불가 (downtime)",
        "degraded" => "성능 저하 (degraded)",
        other => other,
    };
    match impact {
        "" | "none" => state.to_owned(),
        impact => format!("{state}, {impact}"),
    }
}

/// AWS public events: UTF-16BE with a byte-order mark, or UTF-8. An empty array is health.
///
/// # Errors
/// When it is no such answer.
pub fn aws(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let text = charset::decode(bytes, None);
    let Value::Array(events) = json(text.as_bytes(), "a list of events")? else {
        return Err(ReadError::Missing("an array".into()));
    };
    let mut reading = Reading::default();
    for event in &events {
        let service = event["service"].as_str().unwrap_or_default();
        let region = event["region_name"].as_str().unwrap_or_default();
        let log = event["event_log"].as_array().cloned().unwrap_or_default();
        for update in log.iter().chain(log.is_empty().then_some(event)) {
            let text = |key: &str| update[key].as_str().map(|raw| line(&without_tags(raw))).unwrap_or_default();
            let published = Some(&update["timestamp"])
                .filter(|value| !value.is_null())
                .or(Some(&event["date"]))
                .and_then(|value| fields::time(value, now));
            let status = update["status"].as_str().map_or_else(|| update["status"].as_i64(), |raw| raw.parse().ok());
            let state = match status {
                Some(0) => worded("resolved", ""),
                Some(1) => worded("degraded", ""),
                _ => worded("investigating", ""),
            };
            let arn = event["arn"].as_str().unwrap_or(service);
            let moment = published.map_or(0, |p| p.at.timestamp());
            reading.take(Entry {
                key: Some(format!("{arn} {moment}")),
                title: format!("AWS {service} {region}: {state}"),
                text: format!("{}\n{}", text("summary"), text("message")).trim().to_owned(),
                published,
                estimated: published.is_none(),
                ..Entry::default()
            });
        }
    }
    Ok(reading)
}

/// Google Cloud incidents; one without `end` goes on.
///
/// # Errors
/// When it is no such answer.
pub fn gcp(bytes: &[u8], now: DateTime<FixedOffset>) -> Result<Reading, ReadError> {
    let Value::Array(incidents) = json(bytes, "a list of incidents")? else {
        return Err(ReadError::Missing("an array".into()));
    };
    let mut reading = Reading::default();
    for incident in &incidents {
        let Some(id) = incident["id"].as_str() else {
            reading.skipped += 1;
            continue;
        };
        let update = &incident["most_recent_update"];
        let over = incident["end"].as_str().is_some();
        let state = if over { worded("resolved", "") } else { worded("investigating", "") };
        let places: Vec<&str> = incident["currently_affected_locations"]
            .as_array()
            .into_iter()
            .chain(incident["previously_affected_locations"].as_array())
            .flatten()
            .filter_map(|place| place["id"].as_str())
            .collect();
        let when = update["when"].as_str().or(incident["modified"].as_str()).or(incident["begin"].as_str());
        let text = |value: &Value| value.as_str().map(|raw| clean(&entities(&without_tags(raw)))).unwrap_or_default();
        reading.take(Entry {
            key: Some(format!("{id} {}", when.unwrap_or_default())),
            url: incident["uri"].as_str().map(|path| {
                format!("https://status.cloud.google.com/{}#{}", path.trim_start_matches('/'), when.unwrap_or_default())
            }),
            title: format!(
                "Google Cloud {}: {state}",
                incident["service_name"].as_str().map(line).unwrap_or_else(|| "products".into())
            ),
            text: format!("{}\n{}\n{}", text(&incident["external_desc"]), text(&update["text"]), places.join(", "))
                .trim()
                .to_owned(),
            published: when.and_then(|raw| date(raw, now)),
            ..Entry::default()
        });
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2026-03-09T12:00:00+09:00").unwrap()
    }

    #[test]
    fn each_update_of_a_status_page_is_a_document() {
        let text = r#"{"page":{"name":"Example"},"status":{"indicator":"major"},"components":[],"incidents":[{"id":"i","name":"API errors","status":"resolved","impact":"major","shortlink":"https://stspg.example/i","components":[{"name":"API"}],
            "incident_updates":[{"id":"u2","status":"resolved","body":"Fixed","created_at":"2026-03-09T01:30:00.000Z","display_at":"2026-03-09T01:30:00.000Z"},{"id":"u1","status":"investigating","body":"Looking","created_at":"2026-03-09T01:00:00.000Z"}]},{"id":"x"}],"scheduled_maintenances":[]}"#;
        let found = statuspage(text.as_bytes(), now()).unwrap();
        assert_eq!((found.entries.len(), found.skipped), (2, 1));
        assert_eq!(found.entries[1].title, "Example API errors: 장애 발생, 확인 중 (investigating), major");
        assert_eq!(found.entries[1].published.unwrap().at.to_rfc3339(), "2026-03-09T10:00:00+09:00");
        assert_ne!(found.entries[0].url, found.entries[1].url);
        assert_eq!(statuspage(br#"{"page":{},"incidents":[]}"#, now()).unwrap().entries, []);
        let better = br#"{"data":{"attributes":{"aggregate_state":"downtime","company_name":"B","updated_at":"2026-03-09T01:00:00Z"}}}"#;
        assert_eq!(statuspage(better, now()).unwrap().entries.len(), 1);
        assert!(matches!(statuspage(b"{}", now()), Err(ReadError::Missing(_))));
    }

    #[test]
    fn aws_writes_utf_16() {
        let text = r#"[{"date":"1773015240","arn":"arn:aws:health:ap-northeast-2::event/EC2/1","service":"ec2-ap-northeast-2","region_name":"Seoul","status":"2","summary":"Increased errors","event_log":[{"summary":"Increased errors","message":"We are <b>investigating</b>","status":1,"timestamp":1773015240}]}]"#;
        let mut wide = vec![0xFE, 0xFF];
        wide.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        for bytes in [wide, format!("\u{FEFF}{text}").into_bytes()] {
            let found = aws(&bytes, now()).unwrap().entries;
            assert_eq!(found[0].published.unwrap().at.to_rfc3339(), "2026-03-09T09:14:00+09:00");
            assert_eq!(found[0].text, "Increased errors\nWe are investigating");
        }
        assert_eq!(aws(&[0xFE, 0xFF, 0, b'[', 0, b']'], now()).unwrap().entries, []);
    }

    #[test]
    fn a_cloud_incident_without_end_goes_on() {
        let text = r#"[{"id":"a","begin":"2026-03-09T00:00:00+00:00","end":null,"external_desc":"Errors","service_name":"Compute","most_recent_update":{"status":"SERVICE_OUTAGE","text":"**Summary** x","when":"2026-03-09T00:14:00+00:00"},"uri":"incidents/a","currently_affected_locations":[{"title":"Seoul","id":"asia-northeast3"}]},
            {"id":"b","end":"2026-03-08T00:00:00+00:00","modified":"2026-03-08T00:00:00+00:00"}]"#;
        let found = gcp(text.as_bytes(), now()).unwrap().entries;
        assert!(found[0].title.contains("장애 발생") && found[1].title.contains("복구"));
        assert!(found[0].text.ends_with("asia-northeast3"));
    }
}
