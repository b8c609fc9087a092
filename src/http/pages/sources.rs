//! Sources: health, silence, next run, and asking one now.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use chrono::{DateTime, FixedOffset};
use maud::{Markup, html};

use meoktong_index::document::kst;

use super::words;
use crate::config::Scope;
use crate::http::Shared;
use crate::http::api::blocking;
use crate::http::api::operate::ask_now;
use crate::http::chart::spark;
use crate::http::health::{self, Health, Watched};
use crate::http::outside::said;
use crate::http::problem::Problem;
use crate::http::view::View;

/// Hours of the small charts.
const HOURS: i64 = 24;

pub(super) async fn page(State(shared): State<Shared>, view: View) -> Result<Markup, Problem> {
    let now = view.now.timestamp();
    let reading = shared.clone();
    let (watched, hours) = blocking(move || {
        let first = now.div_euclid(3600) * 3600 - (HOURS - 1) * 3600;
        let mut hours: HashMap<String, Vec<i64>> = HashMap::new();
        for (source, hour, count) in reading.pipeline.store.published_hours(first)? {
            let place = usize::try_from((hour - first) / 3600).unwrap_or(0);
            let row = hours.entry(source).or_insert_with(|| vec![0; HOURS as usize]);
            if let Some(slot) = row.get_mut(place) {
                *slot += count;
            }
        }
        Ok((health::sources(&reading)?, hours))
    })
    .await?;
    let (healthy, enabled) = health::tally(&watched);
    let title = view.pick("수집원", "Sources");
    let lead = view.pick(
        format!("켜진 {enabled}곳 가운데 {healthy}곳이 정상입니다."),
        format!("{healthy} of {enabled} enabled sources are healthy."),
    );
    let may = view.may(Scope::Sources);
    let body = html! {
        (super::head(title, &html! { (lead) }))
        section.panel {
            div.scroll tabindex="0" role="region" aria-label=(view.pick("수집원 목록", "List of sources")) {
                table.rows {
                    thead { tr {
                        @for (ko, en) in [("수집원", "Source"), ("상태", "Health"), ("종류", "Kind"), ("마지막 응답", "Last answer"), ("다음", "Next"), ("최신 글", "Newest"), ("저장", "Stored"), ("24시간", "24 hours")] { th scope="col" { (view.pick(ko, en)) } }
                        @if may { th scope="col" { span.sr { (view.pick("지금 수집", "Ask now")) } } }
                    } }
                    tbody { @for one in &watched { (row(&view, one, hours.get(&one.source.name), may)) } }
                }
            }
        }
    };
    Ok(view.page(title, true, &body))
}

fn at(seconds: i64) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().with_timezone(&kst())
}

fn row(view: &View, one: &Watched, hours: Option<&Vec<i64>>, may: bool) -> Markup {
    let state = &one.state;
    html! {
        tr data-row {
            th scope="row" {
                (said(&one.source.name))
                @if let Some(error) = &state.last_error {
                    p.small.wrong lang="en" { (said(error)) " " (view.pick(format!("({}번 연속)", state.error_count), format!("({} in a row)", state.error_count))) }
                }
            }
            td { (tag(view, one.health)) }
            td { (words::kind(view, one.source.kind.as_str())) }
            td { @match state.succeeded_at { Some(seconds) => { span title=(at(seconds).to_rfc3339()) { (view.ago(at(seconds))) } }, None => { span.none { "–" } } } }
            td { @if one.health == Health::Off { span.none { "–" } } @else if state.next_check_at <= view.now.timestamp() { (view.pick("곧", "soon")) } @else { (view.time(at(state.next_check_at))) } }
            td { @match state.newest_at { Some(seconds) => { (view.ago(at(seconds))) }, None => { span.none { "–" } } } }
            td { (state.stored) }
            td { @match hours { Some(hours) => { (spark(hours)) }, None => { span.none { "–" } } } }
            @if may {
                td {
                    @if one.health != Health::Off {
                        form method="post" action=(format!("/sources/{}/run", url::form_urlencoded::byte_serialize(one.source.name.as_bytes()).collect::<String>().replace('+', "%20"))) {
                            button.small aria-label=(view.pick(format!("{} 지금 수집", one.source.name), format!("Ask {} now", one.source.name))) { (view.pick("지금", "Now")) }
                        }
                    }
                }
            }
        }
    }
}

fn tag(view: &View, health: Health) -> Markup {
    let (class, word) = match health {
        Health::Healthy => ("spared", view.pick("정상", "Healthy")),
        Health::Failing => ("failed", view.pick("실패", "Failing")),
        Health::Silent => ("restored", view.pick("소식 없음", "Silent")),
        Health::Waiting => ("over", view.pick("대기", "Waiting")),
        Health::Off => ("over", view.pick("꺼짐", "Off")),
    };
    html! { span.tag.(class) { (word) } }
}

pub(super) async fn run(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Redirect, Problem> {
    let by = shared.access.require(&headers, Scope::Sources)?;
    ask_now(&shared, &name, &by).await?;
    Ok(Redirect::to("/sources"))
}
