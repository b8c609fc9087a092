//! Trends: who is reported on how much, against the usual; what people search for.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::words;
use crate::http::Shared;
use crate::http::api::{blocking, given, trends};
use crate::http::chart::{Bar, bars, both, spark};
use crate::http::outside::said;
use crate::http::problem::Problem;
use crate::http::view::View;

const ROWS: usize = 40;

#[derive(Deserialize)]
pub(super) struct Asked {
    hours: Option<i64>,
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    let hours = given(query)?.hours.unwrap_or(24).clamp(1, trends::LONGEST);
    let (reading, now) = (shared.clone(), view.now);
    let seen = blocking(move || trends::count(&reading, hours, None, now)).await?;
    let title = view.pick("추이", "Trends");
    let stretches = [
        (6, "6시간", "6 h"),
        (24, "24시간", "24 h"),
        (168, "7일", "7 d"),
        (720, "30일", "30 d"),
        (2160, "90일", "90 d"),
    ];
    let body = html! {
        (super::head(title, &html! { (view.pick("서비스마다 장애를 알린 글의 수를 평소와 견줍니다.", "Texts that report an outage, per service, against the usual.")) }))
        nav.stretch aria-label=(view.pick("기간", "Stretch")) {
            @for (of, ko, en) in stretches { a.button href=(format!("/trends?hours={of}")) aria-current=[(of == hours).then_some("true")] { (view.pick(ko, en)) } }
        }
        section.panel aria-labelledby="all" {
            h2 #all { (view.pick("모든 서비스", "All services")) }
            (together(&view, &seen))
        }
        section.panel aria-labelledby="by" {
            h2 #by { (view.pick("서비스별", "By service")) span.count { (seen.services.len()) } }
            @if seen.services.is_empty() { (super::nothing(&view, "이 기간에 장애 보고가 없습니다.", "No report in this stretch.")) }
            @else { (table(&shared, &view, &seen)) }
        }
        section.panel aria-labelledby="searched" {
            h2 #searched { (view.pick("장애를 찾는 인기 검색어", "Trending searches for a failure")) }
            @if seen.searches.is_empty() { (super::nothing(&view, "없습니다.", "None.")) }
            ul.plain { @for one in &seen.searches { li data-row { (view.stored(one.at.as_deref())) " " b { (said(&one.query)) } @for service in &one.services { " " span.chip { (words::service_link(&shared, &view, service)) } } } } }
        }
    };
    Ok(view.page(title, true, &body))
}

fn together(view: &View, seen: &trends::Trends) -> Markup {
    let length = seen.services.iter().map(|trend| trend.points.len()).max().unwrap_or(0);
    let drawn: Vec<Bar> = (0..length)
        .map(|at| {
            let points = seen.services.iter().filter_map(|trend| trend.points.get(at));
            let count: i64 = points.clone().map(|point| point.documents).sum();
            let second = points.map(|point| point.at).next().unwrap_or(0) + 9 * 3600;
            let time = chrono::DateTime::from_timestamp(second, 0).unwrap_or_default();
            let form = if seen.step < 86_400 { "%H:%M" } else { "%m-%d" };
            Bar {
                label: time.format(form).to_string(),
                title: format!("{}: {count}", time.format("%m-%d %H:%M")),
                value: count as f64,
                href: None,
            }
        })
        .collect();
    let name = view.pick(
        "장애 보고 수. 아래 표에 서비스별 수가 있습니다.",
        "Outage reports. The table below has the numbers by service.",
    );
    html! {
        @if drawn.is_empty() { (super::nothing(view, "이 기간에 장애 보고가 없습니다.", "No report in this stretch.")) }
        @else { (both(|width| bars(name, &drawn, width))) }
    }
}

fn table(shared: &Shared, view: &View, seen: &trends::Trends) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(view.pick("서비스별 보고", "Reports by service")) {
            table.rows {
                thead { tr {
                    th scope="col" { (view.pick("서비스", "Service")) }
                    th.number scope="col" { (view.pick("보고", "Reports")) }
                    th.number scope="col" { (view.pick("평소", "Usual")) }
                    th scope="col" { (view.pick("흐름", "Course")) }
                } }
                tbody {
                    @for trend in seen.services.iter().take(ROWS) {
                        tr data-row {
                            th scope="row" { (words::service_link(shared, view, &trend.service)) }
                            td.number { b { (trend.total) } }
                            td.number { @match trend.usual { Some(usual) => { (format!("{usual:.1}")) }, None => { span.none { "–" } } } }
                            td { (spark(&trend.points.iter().map(|point| point.documents).collect::<Vec<_>>())) }
                        }
                    }
                }
            }
        }
        p.small { (view.pick("평소: 이 시간대에 보통 올라오는 장애 보고의 수로, 탐지기가 배운 값입니다.", "Usual: reports that these hours bring, as the detector has learned.")) }
    }
}
