//! Now: what is down, since when, whom it hits; or what the calm is based on.

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::{DateTime, Duration, FixedOffset};
use maud::{Markup, html};

use meoktong_dictionaries::{Catalogue, EdgeKind};
use meoktong_index::{Hit, Request, Sort};

use super::words;
use crate::detect::{Family, State as Standing};
use crate::http::api::blocking;
use crate::http::chart::{Node, map};
use crate::http::health::{self, Health, Watched};
use crate::http::outside::{said, titled};
use crate::http::problem::Problem;
use crate::http::story::Story;
use crate::http::view::View;
use crate::http::{Shared, outside};
use crate::store::{Exposure, Harvest, IncidentRow, Which};

/// Most incidents that are told in full; more are listed.
const FULL: usize = 4;
/// Reports listed beneath.
const REPORTS: usize = 12;
/// Names in a column of the reach.
const REACH: usize = 8;

struct Seen {
    live: Vec<Story>,
    more: Vec<IncidentRow>,
    over: Vec<IncidentRow>,
    reports: Vec<Hit>,
    sources: Vec<Watched>,
    harvest: Harvest,
}

pub(super) async fn page(State(shared): State<Shared>, view: View) -> Result<Markup, Problem> {
    let now = view.now;
    let reading = shared.clone();
    let seen = blocking(move || look(&reading, now)).await?;
    let title = match seen.live.first() {
        Some(story) => format!("{} {}", story.row.name, words::state(&view, &story.row.state).1),
        None => view.pick("감지된 장애 없음", "No outage detected").to_owned(),
    };
    let body = html! {
        (banner(&shared, &view, &seen))
        @for story in &seen.live { (card(&shared, &view, story)) }
        @if !seen.more.is_empty() {
            section.panel aria-labelledby="more" {
                h2 #more { (view.pick("그 밖의 장애", "More outages")) }
                (super::incidents::table(&shared, &view, &seen.more))
            }
        }
        @if seen.live.is_empty() {
            section.panel aria-labelledby="map" {
                h2 #map { (view.pick("무엇이 무엇에 달려 있나", "What hangs on what")) }
                (calm_map(&shared, &view))
            }
        }
        div.columns {
            section.panel aria-labelledby="reports" {
                h2 #reports { (view.pick("최근 장애 보고", "Latest reports")) a.more href="/search?q=outage:true&sort=time" { (view.pick("모두", "All")) } }
                (reports(&shared, &view, &seen.reports))
            }
            div {
                section.panel aria-labelledby="sources" {
                    h2 #sources { (view.pick("수집 상태", "Sources")) a.more href="/sources" { (view.pick("모두", "All")) } }
                    (feeding(&view, &seen))
                }
                section.panel aria-labelledby="over" {
                    h2 #over { (view.pick("끝난 장애", "Resolved")) a.more href="/incidents" { (view.pick("모두", "All")) } }
                    (resolved(&view, &seen.over))
                }
            }
        }
    };
    Ok(view.page(&title, true, &body))
}

fn look(shared: &Shared, now: DateTime<FixedOffset>) -> anyhow::Result<Seen> {
    let store = &shared.pipeline.store;
    let mut rows = store.incidents_page(Which::Live, None, None, 50)?;
    // What is certain comes before what is suspected; then the newest.
    rows.sort_by_key(|row| (row.state == "suspected", row.state == "restored"));
    let more = rows.split_off(rows.len().min(FULL));
    let live = rows.into_iter().map(|row| Story::of(shared, row)).collect::<anyhow::Result<_>>()?;
    let request = Request { query: "outage:true".into(), sort: Sort::Time, limit: REPORTS, cursor: None, now };
    Ok(Seen {
        live,
        more,
        over: store.incidents_page(Which::Over, None, None, 6)?,
        reports: shared.pipeline.index.search(&request)?.hits,
        sources: health::sources(shared)?,
        harvest: store.harvest((now - Duration::hours(24)).timestamp())?,
    })
}

fn banner(shared: &Shared, view: &View, seen: &Seen) -> Markup {
    let (healthy, enabled) = health::tally(&seen.sources);
    let last = seen.harvest.last_crawl.and_then(|at| DateTime::from_timestamp(at, 0)).map(|at| view.ago(at.into()));
    let based = html! {
        p.based {
            (view.pick("지난 24시간 문서", "Last 24 hours:")) " " b { (seen.harvest.documents) } (view.pick("건", " documents"))
            ", " (view.pick("장애 보고", "outage reports")) " " b { (seen.harvest.reports) } (view.pick("건", ""))
            " · " (view.pick("수집원", "sources healthy")) " " b { (healthy) "/" (enabled) } (view.pick(" 정상", ""))
            @if let Some(last) = last { " · " (view.pick("마지막 수집", "last crawl")) " " b { (last) } }
        }
    };
    let certain = seen.live.iter().filter(|story| story.row.state != "suspected").count();
    html! {
        @if seen.live.is_empty() {
            div.banner.calm {
                h1 { span.light aria-hidden="true" {} (view.pick("감지된 장애가 없습니다", "No outage detected")) }
                (based)
                @if enabled == 0 {
                    p.based { (view.pick("켜진 수집원이 없어 판단할 근거가 없습니다.", "No source is enabled: there is nothing to judge by.")) }
                } @else if healthy * 2 < enabled {
                    p.based { (view.pick("수집원 절반 이상이 응답하지 않아 이 판단은 약합니다.", "More than half of the sources do not answer: this rests on little.")) }
                }
            }
        } @else {
            div.banner.(if certain > 0 { "down" } else { "watch" }) {
                h1 {
                    span.light aria-hidden="true" {}
                    @if certain > 0 {
                        @let names = seen.live.iter().filter(|story| story.row.state != "suspected").map(|story| words::service_name(shared, view, &story.row.service)).collect::<Vec<_>>().join(", ");
                        (outside::tame(&names, 80)) " " (view.pick("장애", "is down"))
                    } @else {
                        (view.pick("장애 의심 신호가 있습니다", "Signs of an outage"))
                    }
                }
                (based)
            }
        }
    }
}

fn card(shared: &Shared, view: &View, story: &Story) -> Markup {
    let row = &story.row;
    let (class, _) = words::state(view, &row.state);
    html! {
        article.incident.(class) aria-labelledby=(row.id) data-row {
            div.what {
                h2 #(row.id) { a href=(format!("/incidents/{}", row.id)) { (words::service_name(shared, view, &row.service)) } }
                (words::state_tag(view, &row.state))
                span.impact { (words::impact(view, &row.impact)) }
                p { (failed(shared, view, row)) }
            }
            (facts(view, story))
            (reach(shared, view, row))
            @if !row.exposed.is_empty() { (incident_map(shared, view, row)) }
            (duties(view, story))
        }
    }
}

/// Names of what failed.
pub(super) fn failed(shared: &Shared, view: &View, row: &IncidentRow) -> String {
    if row.failed.is_empty() {
        return view.pick("서비스 전체", "the whole service").to_owned();
    }
    let names = row.failed.iter().map(|one| words::feature(shared, view, &row.service, &one.feature));
    names.collect::<Vec<_>>().join(", ")
}

/// The clocks: onset, first evidence, detection, notice, lead, confidence.
pub(super) fn facts(view: &View, story: &Story) -> Markup {
    let last = story.last();
    let over = matches!(story.row.state.as_str(), "resolved" | "retracted");
    html! {
        dl.facts {
            div {
                dt { (view.pick("시작", "Since")) }
                dd { (view.time(story.onset())) @if let Some(last) = last { small { (words::onset(view, last.onset.source)) } } }
            }
            div {
                dt { @if over || story.ended().is_some() { (view.pick("지속", "Lasted")) } @else { (view.pick("경과", "For")) } }
                dd {
                    (view.length(story.lasted(view.now)))
                    @if let Some(ended) = story.ended() { small { "~ " (view.time(ended)) } }
                }
            }
            div { dt { (view.pick("첫 근거", "First evidence")) } dd { (view.stored(story.row.first_evidence_at.as_deref())) } }
            div {
                dt { (view.pick("감지", "Detected")) }
                dd {
                    (view.time(story.opened()))
                    @match story.confirmed() {
                        Some(at) => { small { (view.pick("확인", "confirmed")) " " (view.time(at)) } },
                        None => { small { (view.pick("확인 전", "not confirmed yet")) } },
                    }
                }
            }
            div {
                dt { (view.pick("공식 공지", "Official notice")) }
                dd {
                    @match story.notice() {
                        Some(at) => { (view.time(at)) },
                        None => { span.none { (view.pick("아직 없음", "none yet")) } },
                    }
                    @match story.lead() {
                        Some(lead) if lead > 0 => { small.ahead { (view.pick(format!("{lead}분 먼저 확인"), format!("we were {lead} min ahead"))) } },
                        Some(lead) if lead < 0 => { small { (view.pick(format!("확인이 {}분 늦음", -lead), format!("we were {} min behind", -lead))) } },
                        Some(_) => { small { (view.pick("확인과 동시", "at the same minute")) } },
                        None => {},
                    }
                }
            }
            @if let Some(last) = last {
                div {
                    dt { (view.pick("확신", "Confidence")) }
                    dd {
                        // The weight of the evidence that opened it; later changes may ask for less.
                        @let most = story.changes.iter().map(|change| change.score).fold(last.score, f64::max);
                        @let share = (most / (last.threshold.max(1.0) * 2.0)).clamp(0.0, 1.0);
                        meter min="0" max="1" low="0.34" high="0.5" optimum="1" value=(format!("{share:.2}")) { (format!("{:.0} %", share * 100.0)) }
                        small { (sure(view, last.state, share)) }
                    }
                }
            }
        }
    }
}

fn sure(view: &View, state: Standing, share: f64) -> &'static str {
    match (state, share) {
        (Standing::Suspected, _) => view.pick("한 종류의 출처", "one kind of source"),
        (_, share) if share >= 0.75 => view.pick("높음", "high"),
        _ => view.pick("보통", "fair"),
    }
}

/// Failed, exposed, unaffected.
pub(super) fn reach(shared: &Shared, view: &View, row: &IncidentRow) -> Markup {
    let own: Vec<String> = if row.failed.is_empty() {
        vec![view.pick("서비스 전체", "the whole service").to_owned()]
    } else {
        row.failed.iter().map(|one| words::feature(shared, view, &row.service, &one.feature)).collect()
    };
    html! {
        div.reach {
            section {
                h3.failed { (view.pick("장애", "Failed")) span.count { (own.len()) } }
                ul { @for name in &own { li { (name) } } }
            }
            section {
                @let services = by_service(&row.exposed);
                h3.exposed { (view.pick("영향권", "Exposed")) span.count { (row.exposed.len()) } }
                @if services.is_empty() { p.none { (view.pick("달린 서비스 없음", "nothing hangs on it")) } }
                ul {
                    @for (service, features) in services.iter().take(REACH) {
                        li {
                            (words::service_link(shared, view, service))
                            small { (features.iter().map(|one| part(shared, view, one)).collect::<Vec<_>>().join(", ")) }
                        }
                    }
                    @if services.len() > REACH { li.rest { (view.pick(format!("외 {}곳", services.len() - REACH), format!("and {} more", services.len() - REACH))) } }
                }
            }
            section {
                h3.spared { (view.pick("정상", "Unaffected")) span.count { (row.unaffected.len()) } }
                @if row.unaffected.is_empty() { p.none { (view.pick("따로 확인된 것 없음", "nothing known apart")) } }
                ul {
                    @for one in row.unaffected.iter().take(REACH) {
                        li { (words::service_link(shared, view, &one.service)) small { (words::via(shared, view, &one.via)) } }
                    }
                }
            }
        }
    }
}

fn part(shared: &Shared, view: &View, one: &Exposure) -> String {
    match &one.feature {
        Some(feature) => words::feature(shared, view, &one.service, feature),
        None => view.pick("전체", "all of it").to_owned(),
    }
}

fn by_service(list: &[Exposure]) -> Vec<(&str, Vec<&Exposure>)> {
    let mut services: Vec<(&str, Vec<&Exposure>)> = Vec::new();
    for one in list {
        match services.iter_mut().find(|(service, _)| *service == one.service) {
            Some((_, features)) => features.push(one),
            None => services.push((&one.service, vec![one])),
        }
    }
    services
}

/// What hangs on a failed service, as a picture.
fn incident_map(shared: &Shared, view: &View, row: &IncidentRow) -> Markup {
    let mut nodes: Vec<Node> = Vec::new();
    for (service, features) in by_service(&row.exposed).into_iter().take(12) {
        let parts: Vec<String> = features.iter().map(|one| part(shared, view, one)).collect();
        nodes.push(Node {
            name: words::service_name(shared, view, service),
            note: outside::tame(&parts.join(", "), 26),
            class: "exposed",
        });
    }
    for one in row.unaffected.iter().take(6) {
        let name = words::service_name(shared, view, &one.service);
        let known = nodes.iter_mut().find(|node| node.name == name);
        match known {
            // A service whose own app goes on while what runs inside the failed one does not.
            Some(node) => node.note = format!("{} · {}", view.pick("앱은 정상", "its app works"), node.note),
            None => nodes.push(Node { name, note: words::via(shared, view, &one.via), class: "spared" }),
        }
    }
    let name = words::service_name(shared, view, &row.service);
    let label = view.pick(
        format!("{name}에 달린 서비스 {}곳의 그림. 같은 내용이 위 목록에 있습니다.", nodes.len()),
        format!("Picture of {} services around {name}. The lists above say the same.", nodes.len()),
    );
    html! { div.chart.wide { (map(&label, (&name, "failed"), &nodes)) } }
}

/// The messenger in the middle, and what hangs on it: the picture of a calm day.
fn calm_map(shared: &Shared, view: &View) -> Markup {
    let catalogue: &Catalogue = &shared.brain.catalogue;
    let centre = "kakaotalk";
    let mut around: BTreeMap<&str, Vec<EdgeKind>> = BTreeMap::new();
    for edge in catalogue.dependents(centre) {
        if edge.dependent.service != centre {
            let kinds = around.entry(edge.dependent.service.as_str()).or_default();
            if !kinds.contains(&edge.kind) {
                kinds.push(edge.kind);
            }
        }
    }
    // What runs inside comes before what is told or signs in through it, and large services before small ones.
    let mut around: Vec<(&str, Vec<EdgeKind>)> = around.into_iter().collect();
    around.sort_by_key(|(service, kinds)| {
        let nearest = kinds
            .iter()
            .map(|kind| kind.as_str())
            .map(|kind| ["hosted", "notify", "auth"].iter().position(|one| *one == kind))
            .min();
        (nearest.flatten().unwrap_or(3), catalogue.service(service).map(|service| service.tier))
    });
    let name = words::service_name(shared, view, centre);
    let nodes: Vec<Node> = around
        .iter()
        .take(14)
        .map(|(service, kinds)| Node {
            name: words::service_name(shared, view, service),
            note: kinds.iter().map(|kind| words::edge(view, *kind)).collect::<Vec<_>>().join(", "),
            class: "calm",
        })
        .collect();
    let label = view.pick(
        format!("{name}에 달린 서비스들의 그림. 지금은 모두 조용합니다."),
        format!("Picture of the services that hang on {name}. All are quiet."),
    );
    html! {
        div.chart.wide { (map(&label, (&name, "calm"), &nodes)) }
        div.chart.narrow {
            ul.plain.dense { @for node in &nodes { li { b { (node.name) } " " small { (node.note) } } } }
        }
    }
}

/// Statutory clocks. A reminder with its source, no legal advice.
pub(super) fn duties(view: &View, story: &Story) -> Markup {
    if story.clocks.is_empty() {
        return html! {};
    }
    html! {
        details.duties open[story.row.state == "open"] {
            summary { (view.pick("법정 기한 (시작 시각 기준)", "Statutory clocks (from the onset)")) }
            div.scroll tabindex="0" role="region" aria-label=(view.pick("법정 기한", "Statutory clocks")) {
                table {
                    thead { tr { th scope="col" { (view.pick("의무", "Duty")) } th scope="col" { (view.pick("기한", "Due")) } th scope="col" { (view.pick("남은 시간", "Left")) } th scope="col" { (view.pick("근거", "Rule")) } } }
                    tbody {
                        @for clock in &story.clocks {
                            @let left = clock.minutes_left(view.now);
                            tr {
                                th scope="row" { (view.pick(clock.duty_ko, clock.duty_en)) }
                                td { (view.time(clock.due)) }
                                td {
                                    @if story.row.state == "resolved" { span.none { (view.pick("종료됨", "over")) } }
                                    @else if left >= 0 { (view.length(left)) }
                                    @else { span.late { (view.pick(format!("{} 지남", view.length(-left)), format!("{} past", view.length(-left)))) } }
                                }
                                td lang="ko" { small { (clock.law) } }
                            }
                        }
                    }
                }
            }
            p.small { (view.pick("적용 여부는 매출과 이용자 수에 따르며, 사업자만 압니다. 법률 자문이 아닙니다.", "Whether a duty applies depends on revenue and users, which only the operator knows. No legal advice.")) }
        }
    }
}

fn reports(shared: &Shared, view: &View, hits: &[Hit]) -> Markup {
    html! {
        @if hits.is_empty() { (super::nothing(view, "장애를 알리는 글이 아직 없습니다.", "No text reports an outage yet.")) }
        ol.reports {
            @for hit in hits {
                li data-row {
                    span.when { (view.stored(hit.published_at.as_deref())) }
                    span.kind.(format!("k-{}", kind_class(&hit.kind))) { (words::kind(view, &hit.kind)) }
                    span.title {
                        (titled(if hit.title.is_empty() { &hit.snippet.text } else { &hit.title }, hit.url.as_deref()))
                        @for service in hit.services.iter().take(3) { " " span.chip { (words::service_link(shared, view, service)) } }
                    }
                    span.source { (said(hit.source.as_deref().unwrap_or_default())) }
                }
            }
        }
    }
}

/// The family whose colour a kind of document has.
pub(super) fn kind_class(kind: &str) -> &'static str {
    match kind {
        "post" => Family::Social.as_str(),
        "review" => Family::Reviews.as_str(),
        "news" => Family::News.as_str(),
        "trend" => Family::Trends.as_str(),
        _ => Family::Official.as_str(),
    }
}

fn feeding(view: &View, seen: &Seen) -> Markup {
    let of = |health: Health| seen.sources.iter().filter(|one| one.health == health).count();
    html! {
        dl.tally {
            @for (health, class, ko, en) in [(Health::Healthy, "ok", "정상", "Healthy"), (Health::Failing, "bad", "실패", "Failing"),
                (Health::Silent, "warn", "소식 없음", "Silent"), (Health::Waiting, "idle", "대기", "Waiting")] {
                @let count = of(health);
                @if count > 0 || health == Health::Healthy { div { dt { (view.pick(ko, en)) } dd.(class) { (count) } } }
            }
        }
        @for one in seen.sources.iter().filter(|one| one.health == Health::Failing).take(3) {
            p.small { b { (said(&one.source.name)) } " " (said(one.state.last_error.as_deref().unwrap_or_default())) }
        }
    }
}

fn resolved(view: &View, rows: &[IncidentRow]) -> Markup {
    html! {
        @if rows.is_empty() { (super::nothing(view, "아직 없습니다.", "None yet.")) }
        ul.plain {
            @for row in rows {
                li data-row {
                    a href=(format!("/incidents/{}", row.id)) { (said(&row.name)) }
                    small { (view.stored(Some(&row.opened_at))) " ~ " (view.stored(row.closed_at.as_deref())) }
                }
            }
        }
    }
}
