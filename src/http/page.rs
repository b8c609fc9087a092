//! The dashboard, the incident feed and the metrics.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use meoktong_index::{Request, Sort};

use super::api::blocking;
use super::{Problem, Shared};
use crate::demo::sites::escape;
use crate::store::{Exposure, IncidentRow};

pub(super) async fn dashboard(State(shared): State<Shared>) -> Result<Response, Problem> {
    let page = blocking(move || {
        let pipeline = &shared.pipeline;
        let now = (pipeline.clock)();
        let incidents = pipeline.store.incidents(false, 50)?;
        let request = Request { query: "outage:true".into(), sort: Sort::Time, limit: 30, cursor: None, now };
        let found = pipeline.index.search(&request)?;
        let mut body = String::new();
        for incident in incidents.iter().filter(|incident| incident.state != "retracted") {
            incident_card(&mut body, incident);
        }
        if body.is_empty() {
            body.push_str("<p>지금 알려진 장애가 없습니다. <small>No known outage.</small></p>");
        }
        let mut rows = String::new();
        for hit in &found.hits {
            let _ = write!(
                rows,
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                escape(hit.published_at.as_deref().map_or("", |at| at.get(5..16).unwrap_or(at))),
                escape(&hit.kind),
                escape(hit.source.as_deref().unwrap_or_default()),
                escape(if hit.title.is_empty() { &hit.snippet.text } else { &hit.title }),
                escape(&hit.services.join(", ")),
            );
        }
        Ok(format!(
            "<!DOCTYPE html><html lang=\"ko\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <meta http-equiv=\"refresh\" content=\"30\"><title>먹통 — meoktong</title><style>{STYLE}</style></head><body>\
             <h1>먹통 <small>meoktong · {}</small></h1><main>{body}</main><h2>보고 <small>reports</small></h2>\
             <table><tr><th>시각<th>종류<th>출처<th>제목<th>서비스</tr>{rows}</table></body></html>",
            now.format("%Y-%m-%d %H:%M KST")
        ))
    });
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page.await?)).into_response())
}

const STYLE: &str = "body{font-family:system-ui,sans-serif;margin:1.5rem auto;max-width:60rem;padding:0 1rem;color:#222;background:#fff}\
article{border-left:.5rem solid #b00020;padding:.2rem 1rem;margin:1rem 0;background:#f6f6f6}article.resolved,article.restored{border-color:#2e7d32}\
small{color:#666;font-weight:normal}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #ddd}";

fn incident_card(body: &mut String, incident: &IncidentRow) {
    let names = |list: &[Exposure]| list.iter().map(|one| escape(&one.name)).collect::<Vec<_>>().join(", ");
    let failed: Vec<String> = incident.failed.iter().map(|feature| escape(&feature.name)).collect();
    let _ = write!(
        body,
        "<article class=\"{}\"><h3>{} <small>{} · {}</small></h3><p>{} ~ {}</p><p><b>장애</b> <small>failed</small> {}</p>",
        escape(&incident.state),
        escape(&incident.name),
        escape(&incident.impact),
        escape(&incident.state),
        escape(&incident.opened_at),
        escape(incident.closed_at.as_deref().unwrap_or("진행 중")),
        if failed.is_empty() { "서비스 전체".to_owned() } else { failed.join(", ") },
    );
    for (title, list) in
        [("영향권</b> <small>exposed", &incident.exposed), ("정상</b> <small>unaffected", &incident.unaffected)]
    {
        if !list.is_empty() {
            let _ = write!(body, "<p><b>{title}</small> {}</p>", names(list));
        }
    }
    body.push_str("</article>");
}

pub(super) async fn feed(State(shared): State<Shared>) -> Result<Response, Problem> {
    let feed = blocking(move || {
        let incidents = shared.pipeline.store.incidents(false, 100)?;
        let updated = incidents.iter().map(|incident| incident.updated_at.as_str()).max();
        let now = (shared.pipeline.clock)().to_rfc3339();
        let mut entries = String::new();
        for incident in &incidents {
            let failed: Vec<&str> = incident.failed.iter().map(|feature| feature.name.as_str()).collect();
            let _ = writeln!(
                entries,
                "<entry><id>urn:meoktong:{id}</id><title>{title}</title><updated>{at}</updated><published>{opened}</published>\
                 <category term=\"{service}\"/><summary>{state} · {impact}</summary></entry>",
                id = escape(&incident.id),
                title = escape(&format!("{} 장애 {}", incident.name, failed.join(", "))),
                at = escape(&incident.updated_at),
                opened = escape(&incident.opened_at),
                service = escape(&incident.service),
                state = escape(&incident.state),
                impact = escape(&incident.impact),
            );
        }
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:meoktong:incidents</id>\
             <title>먹통 (meoktong): 장애</title><author><name>meoktong</name></author><updated>{}</updated>\n{entries}</feed>\n",
            escape(updated.unwrap_or(&now))
        ))
    });
    Ok(([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed.await?).into_response())
}

pub(super) async fn metrics(State(shared): State<Shared>) -> Result<Response, Problem> {
    let text = blocking(move || {
        let pipeline = &shared.pipeline;
        let mut text = String::new();
        let mut gauge = |name: &str, help: &str, value: i64| {
            let _ =
                writeln!(text, "# HELP meoktong_{name} {help}\n# TYPE meoktong_{name} gauge\nmeoktong_{name} {value}");
        };
        let (documents, last_row) = pipeline.store.document_count()?;
        gauge("documents", "Documents in the store", documents);
        gauge("index_lag_rows", "Stored rows that the index lacks", last_row - pipeline.index.last_row()?);
        gauge("incidents_open", "Incidents that go on", pipeline.store.incidents(true, 1000)?.len() as i64);
        let deliveries = pipeline.store.deliveries(1000)?;
        gauge(
            "deliveries_pending",
            "Messages not delivered yet",
            deliveries.iter().filter(|d| d.state == "pending").count() as i64,
        );
        gauge("deliveries_dead", "Messages given up", deliveries.iter().filter(|d| d.state == "dead").count() as i64);
        text.push_str("# HELP meoktong_source_errors Failures in a row\n# TYPE meoktong_source_errors gauge\n");
        for source in &pipeline.config.source {
            let state = pipeline.store.fetch_state(&source.name)?;
            let name = source.name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = writeln!(text, "meoktong_source_errors{{source=\"{name}\"}} {}", state.error_count);
        }
        Ok(text)
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text.await?).into_response())
}
