//! Search: query, suggestions of the language, facets, days to narrow by, results with what matched.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use meoktong_index::{Answer, Hit, Request, SearchError, Sort};

use super::{now, words};
use crate::http::Shared;
use crate::http::api::{blocking, given};
use crate::http::chart::{Bar, bars, both};
use crate::http::outside::{marked, said, tame, titled};
use crate::http::problem::Problem;
use crate::http::view::View;

const HITS: usize = 20;
/// Values of a facet on the page.
const VALUES: usize = 8;
/// Bars of the histogram; longer stretches are drawn by the month.
const DAYS: usize = 62;

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    sort: Option<Sort>,
    cursor: Option<String>,
}

impl Asked {
    /// The order that was asked for; without words nothing is more relevant than the newest.
    fn order(&self) -> Sort {
        self.sort.unwrap_or(if self.q.trim().is_empty() { Sort::Time } else { Sort::Relevance })
    }
}

pub(super) async fn page(
    State(shared): State<Shared>,
    view: View,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Markup, Problem> {
    let asked = given(query)?;
    let request = Request {
        query: asked.q.clone(),
        sort: asked.order(),
        limit: HITS,
        cursor: asked.cursor.clone(),
        now: view.now,
    };
    let pipeline = shared.pipeline.clone();
    let found = blocking(move || Ok(pipeline.index.search(&request))).await?;
    let (answer, wrong) = match found {
        Ok(answer) => (Some(answer), None),
        Err(error @ (SearchError::Query(_) | SearchError::Cursor(_))) => (None, Some(error.to_string())),
        Err(other) => return Err(anyhow::Error::from(other).into()),
    };
    let title = if asked.q.is_empty() {
        view.pick("검색", "Search").to_owned()
    } else {
        format!("{} · {}", tame(&asked.q, 60), view.pick("검색", "Search"))
    };
    let body = html! {
        (super::head(view.pick("검색", "Search"), &html! {}))
        (form(&view, &asked, wrong.as_deref()))
        @if let Some(answer) = &answer { (results(&shared, &view, &asked, answer)) }
    };
    Ok(view.page(&title, false, &body))
}

fn form(view: &View, asked: &Asked, wrong: Option<&str>) -> Markup {
    html! {
        form.search role="search" action="/search" method="get" {
            label.sr for="q" { (view.pick("검색어", "Query")) }
            input #q type="search" name="q" value=(asked.q) placeholder=(view.pick("카카오톡 먹통 service:kakaotalk since:2h", "카카오톡 먹통 service:kakaotalk since:2h"))
                autocomplete="off" spellcheck="false" enterkeyhint="search" data-query
                aria-invalid=[wrong.map(|_| "true")] aria-describedby=[wrong.map(|_| "wrong")];
            label.sr for="sort" { (view.pick("순서", "Order")) }
            select #sort name="sort" {
                option value="relevance" selected[asked.order() == Sort::Relevance] { (view.pick("관련도순", "Best match")) }
                option value="time" selected[asked.order() == Sort::Time] { (view.pick("최신순", "Newest")) }
            }
            button { (view.pick("검색", "Search")) }
        }
        @if let Some(wrong) = wrong { p.wrong #wrong role="alert" lang="en" { (said(wrong)) } }
        details.help {
            summary { (view.pick("검색 문법", "How to ask")) }
            dl {
                @for (example, ko, en) in [
                    ("카카오톡 오류", "두 낱말이 모두 있는 글 (활용형도 찾음)", "both words, in any form"),
                    ("\"로그인이 안\"", "이 순서 그대로", "in this order"),
                    ("토스 OR 카카오뱅크 -점검", "둘 중 하나, 점검은 빼고", "one of them, without 점검"),
                    ("service:kakaotalk feature:message", "서비스와 기능", "by service and feature"),
                    ("kind:review symptom:login_failure", "글의 종류와 증상", "by kind and symptom"),
                    ("outage:true current:true since:2h", "지난 2시간의 현재 장애 보고", "current reports of two hours"),
                    ("after:2022-10-15 before:2022-10-17", "기간", "between days"),
                ] {
                    div { dt { a href=(link(example, Sort::Relevance, None)) { code { (example) } } } dd { (view.pick(ko, en)) } }
                }
            }
        }
    }
}

fn link(query: &str, sort: Sort, cursor: Option<&str>) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.append_pair("q", query);
    if sort == Sort::Time {
        pairs.append_pair("sort", "time");
    }
    if let Some(cursor) = cursor {
        pairs.append_pair("cursor", cursor);
    }
    format!("/search?{}", pairs.finish())
}

/// The query with another condition.
fn with(query: &str, more: &str) -> String {
    if query.split_whitespace().any(|part| part == more) {
        query.to_owned()
    } else {
        format!("{query} {more}").trim().to_owned()
    }
}

/// A value as the query language takes it.
fn value(of: &str) -> String {
    if of.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        of.to_owned()
    } else {
        format!("\"{}\"", of.replace('"', ""))
    }
}

fn results(shared: &Shared, view: &View, asked: &Asked, answer: &Answer) -> Markup {
    html! {
        p.summary role="status" {
            b { (answer.total) } (view.pick("건", " documents"))
            @if answer.fallback { " · " (view.pick("형태소로는 없어 두 글자씩 찾았습니다", "found by pairs of syllables, as no word matched")) }
        }
        div.found {
            div.hits {
                @if answer.histogram.len() > 2 { (histogram(view, asked, answer)) }
                @if answer.hits.is_empty() { (super::nothing(view, "찾은 글이 없습니다. 낱말을 줄이거나 기간을 넓혀 보세요.", "Nothing was found. Try fewer words or a longer stretch.")) }
                ol.reports.full { @for told in folded(&answer.hits) { (result(shared, view, told[0], &told[1..])) } }
                (super::pager(view, asked.cursor.as_ref().map(|_| link(&asked.q, asked.order(), None)),
                    answer.next.as_deref().map(|next| link(&asked.q, asked.order(), Some(next)))))
            }
            aside.facets aria-label=(view.pick("좁히기", "Narrow down")) {
                @for name in ["service", "feature", "symptom", "kind", "source"] { (facet(shared, view, asked, answer, name)) }
                section {
                    h3 { (view.pick("내보내기", "Export")) }
                    p.links { a href=(link(&asked.q, asked.order(), None).replacen("/search?", "/api/v1/search?limit=200&", 1)) { "JSON" } }
                }
            }
        }
    }
}

fn histogram(view: &View, asked: &Asked, answer: &Answer) -> Markup {
    let days = answer.histogram.iter().filter_map(|day| Some((day.day.parse::<NaiveDate>().ok()?, day.count)));
    let mut counted: Vec<(NaiveDate, NaiveDate, u64)> = days.map(|(day, count)| (day, day, count)).collect();
    if counted.len() > DAYS {
        let mut months: Vec<(NaiveDate, NaiveDate, u64)> = Vec::new();
        for (day, _, count) in counted {
            match months.last_mut() {
                Some(last) if last.0.format("%Y-%m").to_string() == day.format("%Y-%m").to_string() => {
                    last.1 = day;
                    last.2 += count;
                }
                _ => months.push((day, day, count)),
            }
        }
        counted = months;
        let skip = counted.len().saturating_sub(120);
        counted.drain(..skip);
    }
    let drawn: Vec<Bar> = counted
        .iter()
        .map(|(from, until, count)| {
            let behind = until.succ_opt().unwrap_or(*until);
            let narrowed = with(&with(&asked.q, &format!("after:{from}")), &format!("before:{behind}"));
            Bar {
                label: from.format(if from == until { "%m-%d" } else { "%Y-%m" }).to_string(),
                title: if from == until { format!("{from}: {count}") } else { format!("{from} ~ {until}: {count}") },
                value: *count as f64,
                href: Some(link(&narrowed, asked.order(), None)),
            }
        })
        .collect();
    let name = view.pick(
        "날짜별 글 수. 막대를 누르면 그 날로 좁힙니다.",
        "Documents by day. A bar narrows the search to its day.",
    );
    html! { figure.histogram data-brush { (both(|width| bars(name, &drawn, width))) figcaption.sr { (name) } } }
}

/// Hits of one story together, in the order of the first of each.
fn folded(hits: &[Hit]) -> Vec<Vec<&Hit>> {
    let mut stories: Vec<Vec<&Hit>> = Vec::new();
    for hit in hits {
        match stories.iter_mut().find(|told| hit.story.is_some() && told[0].story == hit.story) {
            Some(told) => told.push(hit),
            None => stories.push(vec![hit]),
        }
    }
    stories
}

fn result(shared: &Shared, view: &View, hit: &Hit, copies: &[&Hit]) -> Markup {
    html! {
        li.proof data-row {
            div.meta {
                span.kind.(format!("k-{}", now::kind_class(&hit.kind))) { (words::kind(view, &hit.kind)) }
                span.source { (said(hit.source.as_deref().unwrap_or_default())) }
                (view.stored(hit.published_at.as_deref()))
                @if hit.outage { span.tag.(if hit.current { "failed" } else { "over" }) { @if hit.current { (view.pick("현재 장애", "current")) } @else { (view.pick("지난 장애", "past")) } } }
            }
            @if !hit.title.is_empty() { p.title { (titled(&hit.title, hit.url.as_deref())) } }
            @if !hit.snippet.text.trim().is_empty() { p.excerpt { (marked(&hit.snippet.text, &hit.snippet.highlights, 200)) } }
            @if !hit.services.is_empty() {
                ul.words { @for service in hit.services.iter().take(5) { li { (words::service_link(shared, view, service)) } } }
            }
            @if !copies.is_empty() {
                details {
                    summary { (view.pick(format!("같은 글 {}건", copies.len()), format!("{} copies of the story", copies.len()))) }
                    ul.plain.dense { @for copy in copies { li { (view.stored(copy.published_at.as_deref())) " " (titled(&copy.title, copy.url.as_deref())) small { (said(copy.source.as_deref().unwrap_or_default())) } } } }
                }
            }
        }
    }
}

fn facet(shared: &Shared, view: &View, asked: &Asked, answer: &Answer, name: &str) -> Markup {
    let counts = answer.facets.get(name).map(Vec::as_slice).unwrap_or_default();
    let title = match name {
        "service" => view.pick("서비스", "Service"),
        "feature" => view.pick("기능", "Feature"),
        "symptom" => view.pick("증상", "Symptom"),
        "kind" => view.pick("종류", "Kind"),
        _ => view.pick("출처", "Source"),
    };
    html! {
        @if !counts.is_empty() {
            section {
                h3 { (title) }
                ul.plain {
                    @for one in counts.iter().take(VALUES) {
                        @let word = match name {
                            "service" => words::service_name(shared, view, &one.value),
                            "feature" => words::any_feature(shared, view, &one.value),
                            "symptom" => words::symptom(shared, view, &one.value),
                            "kind" => words::kind(view, &one.value),
                            _ => one.value.clone(),
                        };
                        li { a href=(link(&with(&asked.q, &format!("{name}:{}", value(&one.value))), asked.order(), None)) { (said(&word)) } span.count { (one.count) } }
                    }
                }
            }
        }
    }
}

/// How a browser's search box asks us (OpenSearch 1.1).
pub(super) async fn describe(headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    let host: String =
        host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']')).collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\
         <ShortName>먹통</ShortName><Description>장애 보고 검색 (outage reports)</Description><InputEncoding>UTF-8</InputEncoding>\
         <Url type=\"text/html\" template=\"http://{host}/search?q={{searchTerms}}\"/></OpenSearchDescription>\n"
    );
    ([(header::CONTENT_TYPE, "application/opensearchdescription+xml; charset=utf-8")], text).into_response()
}
