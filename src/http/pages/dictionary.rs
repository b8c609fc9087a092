//! Dictionary: try a text and see what the analysis sees.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use maud::{Markup, html};
use serde::Deserialize;

use meoktong_index::{Document, Kind, Published};

use super::words;
use crate::analyse::{Analysis, Role};
use crate::http::Shared;
use crate::http::api::analyze;
use crate::http::outside::{marked, said, tame};
use crate::http::problem::Problem;
use crate::http::view::View;

/// Tokens shown.
const TOKENS: usize = 400;

#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    published_at: String,
    #[serde(default)]
    about: String,
}

pub(super) async fn page(State(shared): State<Shared>, view: View) -> Markup {
    let asked = Asked { published_at: view.now.format("%Y-%m-%dT%H:%M").to_string(), ..Asked::default() };
    whole(&shared, &view, &asked, &html! {})
}

pub(super) async fn read(
    State(shared): State<Shared>,
    view: View,
    form: Result<Form<Asked>, FormRejection>,
) -> Result<Markup, Problem> {
    let Form(asked) = form?;
    let published_at = match asked.published_at.trim() {
        "" => None,
        written => Some(Published::parse(written).map_err(Problem::bad)?),
    };
    let document = Document {
        id: "text".into(),
        kind: serde_json::from_value::<Kind>(asked.kind.clone().into()).unwrap_or_default(),
        title: asked.title.replace("\r\n", "\n"),
        text: asked.text.replace("\r\n", "\n"),
        about: Some(asked.about.trim().to_owned()).filter(|about| !about.is_empty()),
        published_at,
        ..Document::default()
    };
    let (document, analysis) = analyze::read(&shared, document).await?;
    let answer = told(&shared, &view, &document, &analysis);
    Ok(whole(&shared, &view, &asked, &answer))
}

fn whole(shared: &Shared, view: &View, asked: &Asked, answer: &Markup) -> Markup {
    let title = view.pick("사전", "Dictionary");
    let lexicon = &shared.brain.lexicon;
    let body = html! {
        (super::head(title, &html! { (view.pick("글을 넣으면 분석기가 읽은 대로 보여 줍니다. 저장하지 않습니다.", "Try a text and see what the analysis sees. Nothing is stored.")) }))
        form.panel.stack.try action="/dictionary" method="post" {
            div.row {
                div { label for="kind" { (view.pick("종류", "Kind")) }
                    select #kind name="kind" { @for kind in ["news", "notice", "post", "review", "trend", "status"] { option value=(kind) selected[asked.kind == kind] { (words::kind(view, kind)) } } } }
                div { label for="at" { (view.pick("발행 시각", "Published")) } input #at type="datetime-local" name="published_at" value=(asked.published_at); }
                div { label for="about" { (view.pick("무엇에 대한 글", "About")) } input #about name="about" value=(asked.about) placeholder="카카오뱅크" autocomplete="off"; }
            }
            label for="title" { (view.pick("제목", "Title")) }
            input #title name="title" value=(asked.title) placeholder="카카오톡 먹통… 메시지 전송 안 돼" autocomplete="off";
            label for="text" { (view.pick("본문", "Text")) }
            textarea #text name="text" rows="5" placeholder=(view.pick("오늘 오전 9시 10분쯤부터 카카오톡 메시지가 보내지지 않고 있다.", "오늘 오전 9시 10분쯤부터 카카오톡 메시지가 보내지지 않고 있다.")) { (asked.text) }
            button { (view.pick("읽어 보기", "Read it")) }
        }
        (answer)
        section.panel aria-labelledby="known" {
            h2 #known { (view.pick("알고 있는 것", "What is known")) }
            dl.facts.glance {
                div { dt { (view.pick("서비스", "Services")) } dd { (shared.brain.catalogue.services().len()) } }
                div { dt { (view.pick("관계", "Dependencies")) } dd { (shared.brain.catalogue.edges().len()) } }
                div { dt { (view.pick("증상", "Symptoms")) } dd { (lexicon.symptoms().len()) } }
                div { dt { (view.pick("장애 표현", "Outage expressions")) } dd { (lexicon.entries().len()) } }
            }
            ul.chips { @for symptom in lexicon.symptoms() { li { (view.pick(&symptom.name, &symptom.name_en)) } } }
        }
    };
    view.page(title, false, &body)
}

fn told(shared: &Shared, view: &View, document: &Document, analysis: &Analysis) -> Markup {
    let whole = format!("{}\n{}", document.title, document.text);
    let spans: Vec<(usize, usize)> = analysis.signals.iter().map(|signal| (signal.start, signal.end)).collect();
    let explanation = analysis.explanation.clone().unwrap_or_default();
    html! {
        section.panel aria-labelledby="read" {
            h2 #read {
                @if analysis.is_outage_report { (view.pick("장애 보고입니다", "An outage report")) } @else { (view.pick("장애 보고가 아닙니다", "No outage report")) }
                span.count { (format!("{:.0} %", analysis.probability * 100.0)) }
                @if analysis.is_outage_report { span.tag.(if analysis.is_current { "failed" } else { "over" }) { @if analysis.is_current { (view.pick("현재", "current")) } @else { (view.pick("지난 일", "past")) } } }
            }
            p.reading lang="ko" { (marked(&whole, &spans, 4000)) }
            @if !analysis.services.is_empty() {
                h3 { (view.pick("서비스", "Services")) }
                ul.words {
                    @for service in &analysis.services {
                        @let (class, word) = match service.role {
                            Role::Failed => ("affirmed", view.pick("장애", "failed")),
                            Role::Exposed => ("other", view.pick("영향권", "exposed")),
                            Role::Unaffected => ("other", view.pick("정상", "unaffected")),
                            Role::Mentioned => ("other", view.pick("언급", "mentioned")),
                        };
                        li.(class) { b { (said(&service.name)) } " " (word) @if !service.features.is_empty() { " · " (service.features.iter().map(|feature| tame(&feature.name, 40)).collect::<Vec<_>>().join(", ")) } }
                    }
                }
            }
            @if !analysis.signals.is_empty() {
                h3 { (view.pick("표현", "Expressions")) }
                ul.words { @for signal in &analysis.signals { li.(if signal.assertion.as_str() == "affirmed" { "affirmed" } else { "other" }) { b { (said(&signal.text)) } " " (words::symptom(shared, view, &signal.symptom)) " · " (words::assertion(view, signal.assertion.as_str())) @if let Some(of) = &signal.service { " · " (words::service_name(shared, view, of)) } } } }
            }
            @if !analysis.events.is_empty() {
                h3 { (view.pick("사건", "Events")) }
                ul.plain {
                    @for event in &analysis.events {
                        li {
                            b { (said(&event.name)) } " "
                            @if let Some(start) = event.start { (view.time(start)) } @if let Some(end) = event.end { " ~ " (view.time(end)) }
                            @if let Some(minutes) = event.duration_minutes { " · " (view.length(minutes)) }
                            @if let Some(cause) = &event.cause { " · " (view.pick("원인", "cause")) ": " (said(cause)) }
                            @if event.historical { " " span.tag.over { (view.pick("과거", "past")) } }
                        }
                    }
                }
            }
            @if !explanation.times.is_empty() {
                h3 { (view.pick("시간 표현", "Times")) }
                ul.plain { @for time in &explanation.times { li { b { (said(&time.text)) } " → " @match time.value { Some(value) => { (view.time(value)) }, None => { span.none { (view.pick("길이", "a length")) } } } @if let Some(until) = time.until { " ~ " (view.time(until)) } @if let Some(minutes) = time.duration_minutes { " " (view.length(minutes)) } } } }
            }
            @if !explanation.why.is_empty() {
                h3 { (view.pick("판단을 이끈 것", "What decided")) }
                ul.plain.dense { @for why in explanation.why.iter().take(12) { li { code { (said(why)) } } } }
            }
            details {
                summary { (view.pick("형태소", "Morphemes")) " " (explanation.tokens.len()) }
                ul.tokens { @for token in explanation.tokens.iter().take(TOKENS) { li { b { (said(&token.surface)) } small { (token.pos) } } } }
            }
        }
    }
}
