//! Alerts: what was sent to whom, what was given up, who would be told.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;

use crate::config::{Endpoint, Scope};
use crate::http::Shared;
use crate::http::api::operate::send_again;
use crate::http::api::{blocking, given};
use crate::http::outside::said;
use crate::http::problem::Problem;
use crate::http::view::View;
use crate::store::DeliveryRow;

const ROWS: usize = 100;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    let state = given(query)?.state;
    let wanted = ["pending", "delivered", "dead"].into_iter().find(|known| *known == state);
    let reading = shared.clone();
    let (rows, counts, disabled) = blocking(move || {
        let store = &reading.pipeline.store;
        Ok((store.deliveries_where(None, wanted, ROWS)?, store.delivery_counts()?, store.disabled_endpoints()?))
    })
    .await?;
    let count = |of: &str| counts.iter().find(|(state, _)| state == of).map_or(0, |(_, count)| *count);
    let title = view.pick("알림", "Alerts");
    let endpoints = &shared.pipeline.config.endpoint;
    let body = html! {
        (super::head(title, &html! { (view.pick("무엇을 누구에게 보냈고, 무엇을 포기했는지.", "What was sent to whom, and what was given up.")) }))
        section.panel aria-labelledby="routes" {
            h2 #routes { (view.pick("받는 곳", "Endpoints")) span.count { (endpoints.len()) } }
            @if endpoints.is_empty() { (super::nothing(&view, "받는 곳이 없어 아무에게도 알리지 않습니다. 설정에 [[endpoint]]를 더하세요.", "Nobody is told: add an [[endpoint]] to the configuration.")) }
            @else { (routes(&view, endpoints, &disabled)) }
        }
        section.panel aria-labelledby="sent" {
            h2 #sent { (view.pick("보낸 알림", "Deliveries")) }
            nav.stretch aria-label=(view.pick("상태", "State")) {
                a.button href="/alerts" aria-current=[wanted.is_none().then_some("true")] { (view.pick("모두", "All")) }
                @for (of, ko, en) in [("pending", "대기", "Pending"), ("delivered", "전달됨", "Delivered"), ("dead", "포기", "Given up")] {
                    a.button href=(format!("/alerts?state={of}")) aria-current=[(wanted == Some(of)).then_some("true")] { (view.pick(ko, en)) " " (count(of)) }
                }
            }
            @if rows.is_empty() { (super::nothing(&view, "없습니다.", "None.")) } @else { (table(&view, &rows, true)) }
        }
    };
    Ok(view.page(title, true, &body))
}

fn routes(view: &View, endpoints: &[Endpoint], disabled: &[(String, Option<String>)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(view.pick("받는 곳", "Endpoints")) {
            table.rows {
                thead { tr { @for (ko, en) in [("이름", "Name"), ("형식", "Format"), ("서비스", "Services"), ("최소 영향", "Least impact"), ("상태", "State")] { th scope="col" { (view.pick(ko, en)) } } } }
                tbody {
                    @for endpoint in endpoints {
                        @let off = disabled.iter().find(|(name, _)| *name == endpoint.name);
                        tr {
                            th scope="row" { (said(&endpoint.name)) }
                            td { (format!("{:?}", endpoint.format).to_lowercase()) }
                            td.text { @if endpoint.services.is_empty() { (view.pick("모두", "all")) } @else { (said(&endpoint.services.join(", "))) } }
                            td { (super::words::impact(view, endpoint.min_impact.map_or("minor", |impact| impact.as_str()))) }
                            td { @match off { Some((_, why)) => { span.tag.failed { (view.pick("꺼짐", "Off")) } " " small { (said(why.as_deref().unwrap_or_default())) } }, None => { span.tag.spared { (view.pick("사용", "In use")) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// Messages as rows.
pub(super) fn table(view: &View, rows: &[DeliveryRow], with_incident: bool) -> Markup {
    let may = view.may(Scope::Alerts);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(view.pick("보낸 알림", "Deliveries")) {
            table.rows {
                thead { tr {
                    @for (ko, en) in [("만든 때", "Made"), ("받는 곳", "Endpoint"), ("상태", "State"), ("시도", "Tries"), ("응답", "Answer")] { th scope="col" { (view.pick(ko, en)) } }
                    @if with_incident { th scope="col" { (view.pick("장애", "Incident")) } }
                    @if may { th scope="col" { span.sr { (view.pick("다시 보내기", "Send again")) } } }
                } }
                tbody {
                    @for row in rows {
                        @let (class, word) = match row.state.as_str() {
                            "delivered" => ("spared", view.pick("전달됨", "Delivered")),
                            "dead" => ("failed", view.pick("포기", "Given up")),
                            _ => ("restored", view.pick("대기", "Pending")),
                        };
                        tr data-row {
                            th scope="row" { (view.stored(Some(&row.created_at))) }
                            td { (said(&row.endpoint)) }
                            td { span.tag.(class) { (word) } @if let Some(due) = &row.due_at { " " small { (view.pick("다음", "next")) " " (view.stored(Some(due))) } } }
                            td { (row.tries) }
                            td.text { @if let Some(status) = row.status { (status) } @if let Some(error) = &row.error { " " small { (said(error)) } } }
                            @if with_incident { td { @if let Some(incident) = &row.incident { a href=(format!("/incidents/{incident}")) { code { (incident) } } } } }
                            @if may { td { form method="post" action=(format!("/alerts/{}/retry", row.id)) { button.small aria-label=(format!("{} {}", view.pick("다시 보내기", "Send again"), row.id)) { (view.pick("다시", "Again")) } } } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) async fn retry(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Redirect, Problem> {
    let by = shared.access.require(&headers, Scope::Alerts)?;
    send_again(&shared, &id, &by).await?;
    Ok(Redirect::to("/alerts"))
}
