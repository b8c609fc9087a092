//! One incident: its signals over time, its evidence and why each counts, whom it hits, who was told.

use std::collections::HashMap;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use chrono::Duration;
use maud::{Markup, html};
use serde::Deserialize;

use super::{now, words};
use crate::analyse::Assertion;
use crate::config::Scope;
use crate::detect::settings::FAMILIES;
use crate::detect::{Family, Transition};
use crate::http::Shared;
use crate::http::api::operate::see;
use crate::http::api::{blocking, given};
use crate::http::chart::{Mark, Slot, Timeline, both, timeline};
use crate::http::outside::{marked, said};
use crate::http::problem::Problem;
use crate::http::story::Story;
use crate::http::view::View;
use crate::store::{DeliveryRow, IncidentRow, StoredDocument};

/// Documents on a page.
const PROOFS: usize = 20;
/// Bars of the chart, about.
const SLOTS: i64 = 60;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    from: usize,
}

struct Seen {
    story: Story,
    chart: Timeline,
    proofs: Vec<StoredDocument>,
    total: i64,
    deliveries: Vec<DeliveryRow>,
    related: Vec<IncidentRow>,
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    Path(id): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    let from = given(query)?.from;
    let (reading, wanted, language) = (shared.clone(), id.clone(), view.language);
    let now = view.now;
    let seen = blocking(move || {
        let Some(story) = Story::read(&reading, &wanted)? else { return Ok(None) };
        let store = &reading.pipeline.store;
        let (proofs, total) = store.evidence_page(&wanted, from, PROOFS)?;
        let related = related(&reading, &story)?;
        Ok(Some(Seen {
            chart: chart(&reading, &story, now, language)?,
            deliveries: store.deliveries_where(Some(&wanted), None, 100)?,
            story,
            proofs,
            total,
            related,
        }))
    });
    let Some(seen) = seen.await? else { return Err(Problem::missing(format!("there is no incident {id:?}"))) };
    let row = &seen.story.row;
    let name = words::service_name(&shared, &view, &row.service);
    let title = format!("{name} · {}", words::state(&view, &row.state).1);
    let (class, _) = words::state(&view, &row.state);
    let body = html! {
        div.head {
            p.crumbs { a href="/incidents" { (view.pick("장애", "Incidents")) } " / " code { (row.id) } }
            h1 { (name) " " (words::state_tag(&view, &row.state)) " " span.impact { (words::impact(&view, &row.impact)) } }
            div.lead { (now::failed(&shared, &view, row)) }
        }
        article.incident.(class) {
            (now::facts(&view, &seen.story))
            @if let Some(cause) = seen.story.last().and_then(|last| last.cause.as_ref()) {
                p.cause { b { (view.pick("원인", "Cause")) } " " span lang="ko" { (said(&cause.text)) } small { @if cause.official { (view.pick("공식 공지", "the operator says so")) } @else { (view.pick("보도", "as reported")) } } }
            }
            (now::reach(&shared, &view, row))
            (now::duties(&view, &seen.story))
        }
        section.panel aria-labelledby="signals" {
            h2 #signals { (view.pick("신호와 평소", "Signals against the usual")) }
            (legend(&view))
            (both(|width| timeline(&seen.chart, width)))
            (numbers(&view, &seen.chart))
        }
        section.panel aria-labelledby="steps" {
            h2 #steps { (view.pick("경과", "What happened when")) }
            (steps(&shared, &view, &seen.story.changes))
        }
        section.panel aria-labelledby="proof" {
            h2 #proof { (view.pick("근거", "Evidence")) span.count { (seen.total) } }
            (evidence(&shared, &view, &seen))
            @let next = from + PROOFS;
            (super::pager(&view, (from > 0).then(|| format!("/incidents/{}#proof", row.id)),
                (i64::try_from(next).unwrap_or(i64::MAX) < seen.total).then(|| format!("/incidents/{}?from={next}#proof", row.id))))
        }
        div.columns {
            section.panel aria-labelledby="told" {
                h2 #told { (view.pick("알린 곳", "Who was told")) }
                @if seen.deliveries.is_empty() { (super::nothing(&view, "보낸 알림이 없습니다.", "No message was sent.")) }
                @else { (super::alerts::table(&view, &seen.deliveries, false)) }
            }
            div {
                section.panel aria-labelledby="related" {
                    h2 #related { (view.pick("관련 장애", "Related incidents")) }
                    @if seen.related.is_empty() { (super::nothing(&view, "없습니다.", "None.")) }
                    ul.plain { @for one in &seen.related { li { a href=(format!("/incidents/{}", one.id)) { (words::service_name(&shared, &view, &one.service)) } " " (words::state_tag(&view, &one.state)) small { (view.stored(Some(&one.opened_at))) } } } }
                }
                (operate(&view, &seen.story))
            }
        }
    };
    Ok(view.page(&title, row.state != "resolved", &body))
}

/// Incidents at the same time of services that hang on this one or on which it hangs, and the one that it follows.
fn related(shared: &Shared, story: &Story) -> anyhow::Result<Vec<IncidentRow>> {
    let own = &story.row;
    let follows = story.last().and_then(|last| last.follows.clone());
    let rows = shared.pipeline.store.incidents(false, 200)?;
    let near = |row: &IncidentRow| {
        let reached = |of: &IncidentRow, service: &str| of.exposed.iter().any(|one| one.service == service);
        let overlap = row.opened_at.get(..10) == own.opened_at.get(..10);
        row.id != own.id
            && row.state != "retracted"
            && (follows.as_deref() == Some(&row.id)
                || row.service == own.service
                || (overlap && (reached(own, &row.service) || reached(row, &own.service))))
    };
    Ok(rows.into_iter().filter(near).take(8).collect())
}

/// Counts around the incident, in slots of a round length.
fn chart(
    shared: &Shared,
    story: &Story,
    now: chrono::DateTime<chrono::FixedOffset>,
    language: crate::http::view::Language,
) -> anyhow::Result<Timeline> {
    let (onset, opened) = (story.onset(), story.opened());
    let ended = story.ended().unwrap_or(now).max(opened).min(now.max(opened));
    let length = (ended - onset).num_minutes().clamp(30, 14 * 1440);
    let around = Duration::minutes((length / 3).clamp(20, 1440));
    let minutes = [1, 2, 5, 10, 15, 30, 60, 180, 360, 720]
        .into_iter()
        .find(|minutes| (length + 2 * around.num_minutes()) / minutes <= SLOTS)
        .unwrap_or(1440);
    let step = minutes * 60;
    let from = (onset.min(opened) - around).timestamp().div_euclid(step) * step;
    let until = (ended + around).timestamp().div_euclid(step) * step + step;
    let counts = shared.pipeline.store.report_counts(Some(&story.row.service), from, until, step)?;
    let mut slots: Vec<Slot> = (from..until)
        .step_by(usize::try_from(step)?)
        .map(|at| {
            let at = chrono::DateTime::from_timestamp(at, 0).unwrap_or_default().with_timezone(&onset.timezone());
            Slot { at, counts: [0; FAMILIES], usual: None }
        })
        .collect();
    for count in counts {
        let place = usize::try_from((count.from - from) / step)?;
        let kind = serde_json::from_value(count.kind.into()).unwrap_or_default();
        if let Some(slot) = slots.get_mut(place) {
            slot.counts[crate::detect::signal::family(kind).index()] += count.documents;
        }
    }
    let times: Vec<_> = slots.iter().map(|slot| slot.at).collect();
    for (slot, usual) in slots.iter_mut().zip(shared.pipeline.usual(&story.row.service, &times)) {
        slot.usual = usual.map(|an_hour| an_hour * minutes as f64 / 60.0);
    }
    let mut marks = vec![Mark { at: onset, label: at(language.pick("시작", "Onset"), onset), class: "onset" }];
    let mut mark = |when: Option<chrono::DateTime<chrono::FixedOffset>>, word: &str, class| {
        if let Some(when) = when {
            marks.push(Mark { at: when, label: at(word, when), class });
        }
    };
    mark(Some(opened), language.pick("감지", "Detected"), "detected");
    mark(story.confirmed().filter(|at| *at != opened), language.pick("확인", "Confirmed"), "detected");
    mark(story.notice(), language.pick("공식 공지", "Notice"), "notice");
    mark(story.ended(), language.pick("복구", "Recovered"), "end");
    marks.sort_by_key(|mark| mark.at);
    let name = language.pick(
        format!("{} 장애 보고 수, {minutes}분 단위. 아래 표에 같은 수가 있습니다.", story.row.name),
        format!("Outage reports of {} by {minutes} minutes. The table below has the numbers.", story.row.service),
    );
    Ok(Timeline { slots, minutes, marks, name })
}

fn at(word: &str, at: chrono::DateTime<chrono::FixedOffset>) -> String {
    format!("{word} {}", at.format("%H:%M"))
}

fn legend(view: &View) -> Markup {
    html! {
        ul.legend {
            @for family in Family::ALL { li { span.swatch.(format!("s-{}", family.as_str())) aria-hidden="true" {} (words::family(view, family)) } }
            li { span.swatch.s-usual aria-hidden="true" {} (view.pick("평소 이 시간", "usual at this hour")) }
        }
    }
}

fn numbers(view: &View, chart: &Timeline) -> Markup {
    let filled: Vec<&Slot> = chart.slots.iter().filter(|slot| slot.counts.iter().any(|count| *count > 0)).collect();
    html! {
        details {
            summary { (view.pick("표로 보기", "The numbers")) }
            div.scroll tabindex="0" role="region" aria-label=(view.pick("신호 수", "Counts of signals")) {
                table.numbers {
                    thead { tr {
                        th scope="col" { (view.pick(format!("시각 ({}분)", chart.minutes), format!("Time ({} min)", chart.minutes))) }
                        @for family in Family::ALL { th scope="col" { (words::family(view, family)) } }
                        th scope="col" { (view.pick("평소", "Usual")) }
                    } }
                    tbody {
                        @for slot in filled {
                            tr {
                                th scope="row" { (view.time(slot.at)) }
                                @for count in slot.counts { td { @if count > 0 { (count) } } }
                                td { @if let Some(usual) = slot.usual { (format!("{usual:.2}")) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn steps(shared: &Shared, view: &View, changes: &[Transition]) -> Markup {
    html! {
        ol.steps {
            @for change in changes {
                li.(change.change.as_str()) {
                    span.when { (view.time(change.at)) }
                    div {
                        b { (words::change(view, change.change)) } " "
                        span.small { (words::impact(view, change.impact.as_str())) }
                        @if !change.features.is_empty() {
                            " " span.small { (change.features.iter().map(|feature| words::feature(shared, view, &change.service, feature)).collect::<Vec<_>>().join(", ")) }
                        }
                        p.small { (view.pick(&change.explanation.ko, &change.explanation.en)) }
                    }
                }
            }
        }
    }
}

fn evidence(shared: &Shared, view: &View, seen: &Seen) -> Markup {
    let last = seen.story.last();
    let weights: HashMap<&str, f64> = last
        .map(|last| last.evidence.iter().map(|one| (one.document.as_str(), one.weight)).collect())
        .unwrap_or_default();
    html! {
        @if !seen.story.tally().is_empty() {
            ul.legend.tallied {
                @for (family, count, nats) in seen.story.tally() {
                    li { span.swatch.(format!("s-{}", family.as_str())) aria-hidden="true" {} (words::family(view, family)) " " b { (count) } small { (format!("+{nats:.1}")) } }
                }
            }
        }
        ol.proofs {
            @for stored in &seen.proofs { (proof(shared, view, &seen.story.row.service, stored, weights.get(stored.document.id.as_str()).copied())) }
        }
    }
}

/// A document: headline, excerpt with what raised it marked, and what each word was read as.
fn proof(shared: &Shared, view: &View, service: &str, stored: &StoredDocument, weight: Option<f64>) -> Markup {
    let (document, analysis) = (&stored.document, &stored.analysis);
    let kind = document.kind.as_str();
    let head = document.title.len() + 1;
    // Spans count from the title on, then a line feed, then the text.
    let spans = |inside: &dyn Fn(usize, usize) -> Option<(usize, usize)>| {
        analysis.signals.iter().filter_map(|signal| inside(signal.start, signal.end)).collect::<Vec<_>>()
    };
    let title = spans(&|start, end| (end < head).then_some((start, end)));
    let text = spans(&|start, end| (start >= head).then(|| (start - head, end - head)));
    html! {
        li.proof data-row {
            div.meta {
                span.kind.(format!("k-{}", now::kind_class(kind))) { (words::kind(view, kind)) }
                span.source { (said(document.source.as_deref().unwrap_or_default())) }
                @if let Some(published) = document.published_at { (view.time(published.at)) }
                @match weight {
                    Some(weight) => { span.weight title=(view.pick("근거의 무게(내트)", "weight of the evidence, in nats")) { (format!("+{weight:.1}")) } },
                    None => { span.none { (view.pick("세지 않음", "not counted")) } },
                }
            }
            @let href = crate::http::outside::link(document.url.as_deref());
            @if !document.title.trim().is_empty() { p.title { (linked(&href, &marked(&document.title, &title, 200))) } }
            @if !document.text.trim().is_empty() {
                // A text without a headline leads outside itself.
                @let alone = if document.title.trim().is_empty() { &href } else { &None };
                p.excerpt { (linked(alone, &marked(&document.text, &text, 160))) }
            }
            @if !analysis.signals.is_empty() {
                ul.words {
                    @for signal in analysis.signals.iter().take(6) {
                        li.(if signal.assertion == Assertion::Affirmed { "affirmed" } else { "other" }) {
                            b { (said(&signal.text)) } " " (words::symptom(shared, view, &signal.symptom)) " · " (words::assertion(view, signal.assertion.as_str()))
                            @if let Some(of) = signal.service.as_deref().filter(|of| *of != service) { " · " (words::service_name(shared, view, of)) }
                        }
                    }
                    li.other { (view.pick("장애 보고일 확률", "probability of a report")) " " (format!("{:.0} %", analysis.probability * 100.0)) }
                }
            }
        }
    }
}

fn linked(href: &Option<String>, text: &Markup) -> Markup {
    html! { @match href { Some(href) => { a href=(href) rel="noopener noreferrer nofollow external" { (text) } }, None => { (text) } } }
}

fn operate(view: &View, story: &Story) -> Markup {
    let id = &story.row.id;
    html! {
        section.panel aria-labelledby="operate" {
            h2 #operate { (view.pick("처리", "Handling")) }
            @if let Some(seen) = &story.seen {
                p { b { (said(&seen.by)) } " " (view.pick("확인함", "has seen it")) @if !seen.note.is_empty() { ": " (said(&seen.note)) } }
            }
            @if view.may(Scope::Incidents) {
                form.stack method="post" action=(format!("/incidents/{id}/acknowledge")) {
                    label for="note" { (view.pick("메모", "Note")) }
                    input #note name="note" maxlength="1000" autocomplete="off";
                    button { (view.pick("확인했음", "Acknowledge")) }
                }
            } @else {
                p.small { a href="/login" { (view.pick("로그인", "Sign in")) } (view.pick("하면 확인했음을 남길 수 있습니다.", " to acknowledge it.")) }
            }
            p.links {
                a href=(format!("/api/v1/incidents/{id}")) { "JSON" }
                a href=(format!("/api/v1/incidents/{id}/evidence?limit=1000")) { (view.pick("근거 JSON", "Evidence JSON")) }
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Note {
    #[serde(default)]
    note: String,
}

pub(super) async fn acknowledge(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Note>, FormRejection>,
) -> Result<Redirect, Problem> {
    let by = shared.access.require(&headers, Scope::Incidents)?;
    let Form(note) = form?;
    see(&shared, &id, by, &note.note).await?;
    Ok(Redirect::to(&format!("/incidents/{}", url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>())))
}
