//! All incidents, newest first.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::words;
use crate::http::Shared;
use crate::http::api::{blocking, given};
use crate::http::problem::Problem;
use crate::http::view::View;
use crate::store::{IncidentRow, Which};

const ROWS: usize = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
    #[serde(default)]
    service: String,
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    let asked = given(query)?;
    let after = asked.after.as_deref().and_then(|after| {
        let (at, id) = after.split_once('.')?;
        Some((at.parse::<i64>().ok()?, id.to_owned()))
    });
    let first = after.is_some();
    let reading = shared.clone();
    let service = Some(asked.service.clone()).filter(|service| !service.is_empty());
    let mut rows = blocking(move || {
        let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        Ok(reading.pipeline.store.incidents_page(Which::All, service.as_deref(), after, ROWS + 1)?)
    })
    .await?;
    let next = (rows.len() > ROWS).then(|| {
        rows.truncate(ROWS);
        let last = &rows[ROWS - 1];
        let at = chrono::DateTime::parse_from_rfc3339(&last.opened_at).map_or(0, |at| at.timestamp());
        format!("/incidents?after={at}.{}", last.id)
    });
    let title = view.pick("장애", "Incidents");
    let body = html! {
        (super::head(title, &html! { (view.pick("새것부터. 철회된 의심은 빠져 있습니다.", "Newest first, without suspicions that faded.")) }))
        section.panel {
            @if rows.is_empty() { (super::nothing(&view, "아직 장애가 없었습니다.", "There has been no outage yet.")) }
            @else { (table(&shared, &view, &rows)) }
            (super::pager(&view, first.then(|| "/incidents".to_owned()), next))
        }
    };
    Ok(view.page(title, true, &body))
}

/// Incidents as rows.
pub(super) fn table(shared: &Shared, view: &View, rows: &[IncidentRow]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(view.pick("장애 목록", "List of incidents")) {
            table.rows {
                thead { tr {
                    @for (ko, en) in [("서비스", "Service"), ("상태", "State"), ("영향", "Impact"), ("기능", "Features"), ("감지", "Detected"), ("끝", "End"), ("공지", "Notice")] {
                        th scope="col" { (view.pick(ko, en)) }
                    }
                } }
                tbody {
                    @for row in rows {
                        tr data-row {
                            th scope="row" { a href=(format!("/incidents/{}", row.id)) { (words::service_name(shared, view, &row.service)) } }
                            td { (words::state_tag(view, &row.state)) }
                            td { (words::impact(view, &row.impact)) }
                            td.text { (super::now::failed(shared, view, row)) }
                            td { (view.stored(Some(&row.opened_at))) }
                            td { (view.stored(row.closed_at.as_deref())) }
                            td { (view.stored(row.first_notice_at.as_deref())) }
                        }
                    }
                }
            }
        }
    }
}
