//! Services: the catalogue, and one service with its past and its dependencies.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use maud::{Markup, html};

use meoktong_dictionaries::Edge;
use meoktong_dictionaries::catalogue::{CLASSES, FeatureRef, Service};

use super::words;
use crate::analyse::Precision;
use crate::detect::history::{Past, merge};
use crate::http::Shared;
use crate::http::api::services::standing;
use crate::http::api::{blocking, trends};
use crate::http::chart::{Bar, bars, both};
use crate::http::outside::{link, said};
use crate::http::problem::Problem;
use crate::http::story::Story;
use crate::http::view::View;
use crate::store::{IncidentRow, Which};

/// Outages listed.
const PAST: usize = 40;

pub(super) async fn list(State(shared): State<Shared>, view: View) -> Result<Markup, Problem> {
    let pipeline = shared.pipeline.clone();
    let live = blocking(move || Ok(pipeline.store.incidents_page(Which::Live, None, None, 1000)?)).await?;
    let services = shared.brain.catalogue.services();
    let title = view.pick("서비스", "Services");
    let lead = view.pick(
        format!("{}개 서비스를 지켜봅니다.", services.len()),
        format!("{} services are watched.", services.len()),
    );
    let classes = CLASSES.iter().copied().chain(["group"]);
    let body = html! {
        (super::head(title, &html! { (lead) }))
        @for class in classes {
            @let own: Vec<&Service> = services.iter().filter(|service| service.class == class).collect();
            @if !own.is_empty() {
                section.panel.class-of aria-labelledby=(format!("c-{class}")) {
                    h2 id=(format!("c-{class}")) { (words::class(&view, class)) span.count { (own.len()) } }
                    ul.tiles {
                        @for service in own {
                            @let (state, _) = standing(&live, &service.id);
                            li.(state.replace(' ', "-")) data-row {
                                a href=(format!("/services/{}", service.id)) { (view.pick(&service.name, &service.name_en)) }
                                @if state != "no report" { " " (standing_tag(&view, state)) }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(view.page(title, true, &body))
}

fn standing_tag(view: &View, state: &str) -> Markup {
    let (class, word) = match state {
        "failed" => ("failed", view.pick("장애", "Down")),
        "suspected" => ("suspected", view.pick("의심", "Suspected")),
        "exposed" => ("restored", view.pick("영향권", "Exposed")),
        _ => ("over", view.pick("보고 없음", "No report")),
    };
    html! { span.tag.(class) { (word) } }
}

struct Seen {
    live: Vec<IncidentRow>,
    incidents: Vec<Story>,
    past: Vec<Past>,
    month: trends::Trends,
}

pub(super) async fn page(State(shared): State<Shared>, view: View, Path(id): Path<String>) -> Result<Markup, Problem> {
    let catalogue = shared.brain.catalogue.clone();
    let Some(service) = catalogue.service(&id) else {
        return Err(Problem::missing(format!("there is no service {id:?} in the catalogue")));
    };
    let (reading, now) = (shared.clone(), view.now);
    let seen = blocking(move || {
        let store = &reading.pipeline.store;
        let rows = store.incidents_page(Which::All, Some(&id), None, 20)?;
        Ok(Seen {
            live: store.incidents_page(Which::Live, None, None, 1000)?,
            incidents: rows.into_iter().map(|row| Story::of(&reading, row)).collect::<anyhow::Result<_>>()?,
            past: merge(&store.told_outages(Some(&id))?).into_iter().filter(|past| past.service == id).collect(),
            month: trends::count(&reading, 24 * 30, Some(&id), now)?,
        })
    })
    .await?;
    let (state, incident) = standing(&seen.live, &service.id);
    let name = view.pick(&service.name, &service.name_en);
    let body = html! {
        div.head {
            p.crumbs { a href="/services" { (view.pick("서비스", "Services")) } " / " (words::class(&view, &service.class)) }
            h1 { (name) " " (standing_tag(&view, state)) }
            div.lead { (view.pick(&service.name_en, &service.name)) " · " (service.operator) @if let Some(incident) = incident { " · " a href=(format!("/incidents/{}", incident.id)) { (view.pick("장애 보기", "see the incident")) } } }
        }
        (at_a_glance(&view, &seen))
        section.panel aria-labelledby="month" {
            h2 #month { (view.pick("지난 30일의 장애 보고", "Outage reports of 30 days")) }
            (month(&view, &seen.month))
        }
        div.columns {
            section.panel aria-labelledby="incidents" {
                h2 #incidents { (view.pick("감지한 장애", "Detected incidents")) a.more href=(format!("/incidents?service={}", service.id)) { (view.pick("모두", "All")) } }
                @if seen.incidents.is_empty() { (super::nothing(&view, "감지한 장애가 없습니다.", "None was detected.")) }
                @else { (incidents(&shared, &view, &seen.incidents)) }
            }
            section.panel aria-labelledby="features" {
                h2 #features { (view.pick("기능", "Features")) span.count { (service.features.len()) } }
                ul.chips { @for feature in &service.features { li { (view.pick(&feature.name, &feature.name_en)) } } }
                @if !service.channels.is_empty() {
                    h3 { (view.pick("공식 채널", "Official channels")) }
                    ul.plain { @for channel in &service.channels { li { @match link(Some(channel)) { Some(href) => { a href=(href) rel="noopener noreferrer external" { (said(channel)) } }, None => { (said(channel)) } } } } }
                }
            }
        }
        section.panel aria-labelledby="past" {
            h2 #past { (view.pick("보도로 본 장애 이력", "Past outages, as reported")) span.count { (seen.past.len()) } }
            (past(&view, &seen.past))
        }
        (dependencies(&shared, &view, service))
    };
    Ok(view.page(name, true, &body))
}

/// Notice lag and what the past amounts to.
fn at_a_glance(view: &View, seen: &Seen) -> Markup {
    let year = view.now.format("%Y").to_string();
    let this: Vec<&Past> = seen.past.iter().filter(|one| one.year.to_string() == year).collect();
    let minutes: i64 = this.iter().filter_map(|one| one.minutes).sum();
    let mut lags: Vec<i64> =
        seen.incidents.iter().filter_map(|story| Some((story.notice()? - story.onset()).num_minutes())).collect();
    lags.sort_unstable();
    let lag = lags.get(lags.len() / 2).copied();
    html! {
        dl.facts.glance {
            div { dt { (view.pick("올해 보도된 장애", "Outages reported this year")) } dd { (this.len()) } }
            div { dt { (view.pick("올해 장애 시간", "Time down this year")) } dd { @if minutes > 0 { (view.length(minutes)) small { (view.pick("보도 기준", "as reported")) } } @else { span.none { (view.pick("보도 없음", "none reported")) } } } }
            div {
                dt { (view.pick("공지까지 걸린 시간", "Onset to notice")) }
                dd {
                    @match lag {
                        Some(lag) => { (view.length(lag.max(0))) small { (grade(view, lag)) " · " (view.pick(format!("장애 {}건의 중앙값", lags.len()), format!("median of {}", lags.len()))) } },
                        None => { span.none { (view.pick("자료 없음", "no data")) } },
                    }
                }
            }
            div { dt { (view.pick("감지한 장애", "Incidents detected")) } dd { (seen.incidents.len()) } }
        }
    }
}

/// How promptly an operator speaks: within 10 minutes A, 20 B, 40 C, later D. The first report to the ministry is due after 10.
fn grade(view: &View, minutes: i64) -> &'static str {
    match minutes {
        ..=10 => view.pick("A 등급", "grade A"),
        11..=20 => view.pick("B 등급", "grade B"),
        21..=40 => view.pick("C 등급", "grade C"),
        _ => view.pick("D 등급", "grade D"),
    }
}

fn month(view: &View, month: &trends::Trends) -> Markup {
    let points = month.services.first().map(|trend| trend.points.as_slice()).unwrap_or_default();
    let day = |at: i64| chrono::DateTime::from_timestamp(at + 9 * 3600, 0).unwrap_or_default();
    let drawn: Vec<Bar> = points
        .iter()
        .map(|point| Bar {
            label: day(point.at).format("%m-%d").to_string(),
            title: format!("{}: {}", day(point.at).format("%Y-%m-%d"), point.documents),
            value: point.documents as f64,
            href: None,
        })
        .collect();
    let name = view.pick("날짜별 장애 보고 수", "Outage reports by day");
    html! {
        (both(|width| bars(name, &drawn, width)))
        details {
            summary { (view.pick("표로 보기", "The numbers")) }
            table.numbers {
                thead { tr { th scope="col" { (view.pick("날짜", "Day")) } th scope="col" { (view.pick("보고", "Reports")) } } }
                tbody { @for bar in drawn.iter().filter(|bar| bar.value > 0.0) { tr { th scope="row" { (bar.label) } td { (bar.value) } } } }
            }
        }
    }
}

fn incidents(shared: &Shared, view: &View, stories: &[Story]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(view.pick("감지한 장애", "Detected incidents")) {
            table.rows {
                thead { tr { @for (ko, en) in [("시작", "Since"), ("상태", "State"), ("지속", "Lasted"), ("기능", "Features"), ("공지보다", "Lead")] { th scope="col" { (view.pick(ko, en)) } } } }
                tbody {
                    @for story in stories {
                        tr data-row {
                            th scope="row" { a href=(format!("/incidents/{}", story.row.id)) { (view.time(story.onset())) } }
                            td { (words::state_tag(view, &story.row.state)) }
                            td { (view.length(story.lasted(view.now))) }
                            td.text { (super::now::failed(shared, view, &story.row)) }
                            td { @match story.lead() { Some(lead) => { (view.pick(format!("{lead:+}분"), format!("{lead:+} min"))) }, None => { span.none { "–" } } } }
                        }
                    }
                }
            }
        }
    }
}

/// A start as exactly as texts tell it.
fn begun(past: &Past) -> String {
    let form = match past.precision {
        Precision::Minute | Precision::Hour => "%Y-%m-%d %H:%M",
        Precision::Day => "%Y-%m-%d",
        Precision::Month => "%Y-%m",
        Precision::Year => "%Y",
    };
    past.start.format(form).to_string()
}

fn past(view: &View, rows: &[Past]) -> Markup {
    let mut years: BTreeMap<i32, (usize, i64)> = BTreeMap::new();
    for row in rows {
        let year = years.entry(row.year).or_default();
        year.0 += 1;
        year.1 += row.minutes.unwrap_or(0);
    }
    html! {
        @if rows.is_empty() { (super::nothing(view, "보도에서 읽은 과거 장애가 없습니다.", "No past outage was read out of reports.")) }
        @else {
            ul.legend {
                @for (year, (count, minutes)) in years.iter().rev() {
                    li { b { (year) } " " (view.pick(format!("{count}건"), format!("{count} outages"))) @if *minutes > 0 { small { (view.length(*minutes)) } } }
                }
            }
            div.scroll tabindex="0" role="region" aria-label=(view.pick("장애 이력", "Past outages")) {
                table.rows {
                    thead { tr { @for (ko, en) in [("시작", "Start"), ("길이", "Length"), ("원인", "Cause"), ("글", "Documents")] { th scope="col" { (view.pick(ko, en)) } } } }
                    tbody {
                        @for row in rows.iter().take(PAST) {
                            tr {
                                th scope="row" { (begun(row)) }
                                td { @match row.minutes { Some(minutes) => { (view.length(minutes)) }, None => { span.none { "–" } } } }
                                td.text lang="ko" { (said(row.cause.as_deref().unwrap_or_default())) }
                                td { (row.documents) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn dependencies(shared: &Shared, view: &View, service: &Service) -> Markup {
    let catalogue = &shared.brain.catalogue;
    let on: Vec<&Edge> = catalogue.providers(&service.id).collect();
    let under: Vec<&Edge> = catalogue.dependents(&service.id).collect();
    let of = |one: &FeatureRef| match &one.feature {
        Some(feature) => words::feature(shared, view, &one.service, feature),
        None => view.pick("전체", "all of it").to_owned(),
    };
    let table = |edges: &[&Edge],
                 other: &dyn Fn(&Edge) -> FeatureRef,
                 own: &dyn Fn(&Edge) -> FeatureRef,
                 label: &str| {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(label) {
                table.rows {
                    thead { tr { @for (ko, en) in [("서비스", "Service"), ("기능", "Feature"), ("관계", "How"), ("이 서비스의 기능", "Feature of this one"), ("근거", "Evidence")] { th scope="col" { (view.pick(ko, en)) } } } }
                    tbody {
                        @for edge in edges {
                            @let other = other(edge);
                            tr {
                                th scope="row" { (words::service_link(shared, view, &other.service)) }
                                td { (of(&other)) }
                                td { (words::edge(view, edge.kind)) }
                                td { (of(&own(edge))) }
                                td.text { @match link(Some(&edge.source)) { Some(href) => { a href=(href) rel="noopener noreferrer external" { (said(&edge.evidence)) } }, None => { (said(&edge.evidence)) } } }
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        @if !under.is_empty() {
            section.panel aria-labelledby="under" {
                h2 #under { (view.pick("이 서비스에 달린 것", "What hangs on it")) span.count { (under.len()) } }
                (table(&under, &|edge| edge.dependent.clone(), &|edge| edge.provider.clone(), view.pick("이 서비스에 달린 것", "What hangs on it")))
            }
        }
        @if !on.is_empty() {
            section.panel aria-labelledby="on" {
                h2 #on { (view.pick("이 서비스가 기대는 것", "What it hangs on")) span.count { (on.len()) } }
                (table(&on, &|edge| edge.provider.clone(), &|edge| edge.dependent.clone(), view.pick("이 서비스가 기대는 것", "What it hangs on")))
            }
        }
    }
}
