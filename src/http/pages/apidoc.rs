//! The API for people: what the OpenAPI document says.

use axum::extract::State;
use maud::{Markup, html};

use crate::http::Shared;
use crate::http::api::describe::described;
use crate::http::view::View;

pub(super) async fn page(State(_shared): State<Shared>, view: View) -> Markup {
    let title = "API";
    let document = serde_json::to_value(described()).unwrap_or_default();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let lead =
        view.pick("모든 화면의 내용을 JSON으로 읽을 수 있습니다.", "All that the pages show can be read as JSON.");
    let body = html! {
        (super::head(title, &html! { (lead) " " a href="/api/openapi.json" { "OpenAPI" } }))
        section.panel {
            div.scroll tabindex="0" role="region" aria-label=(view.pick("주소 목록", "List of addresses")) {
                table.rows {
                    thead { tr { @for (ko, en) in [("방법", "Method"), ("주소", "Address"), ("하는 일", "Does"), ("매개변수", "Parameters")] { th scope="col" { (view.pick(ko, en)) } } } }
                    tbody {
                        @for (path, methods) in &paths {
                            @for (method, operation) in methods.as_object().into_iter().flatten() {
                                tr data-row {
                                    td { code { (method.to_uppercase()) } }
                                    th scope="row" { @if method == "get" && !path.contains('{') { a href=(path) { code { (path) } } } @else { code { (path) } } }
                                    td.text lang="en" { (operation["summary"].as_str().unwrap_or_default()) @if operation["security"].is_array() { " " span.tag.over { (view.pick("토큰 필요", "needs a token")) } } }
                                    td.text { @for parameter in operation["parameters"].as_array().into_iter().flatten() { code { (parameter["name"].as_str().unwrap_or_default()) } " " } }
                                }
                            }
                        }
                    }
                }
            }
        }
        section.panel aria-labelledby="other" {
            h2 #other { (view.pick("그 밖에", "Besides")) }
            ul.plain {
                li { a href="/feed.atom" { code { "/feed.atom" } } " " a href="/feed.json" { code { "/feed.json" } } " " a href="/feed.ics" { code { "/feed.ics" } } " " (view.pick("장애 피드", "incidents as feeds")) }
                li { a href="/metrics" { code { "/metrics" } } " " (view.pick("Prometheus 지표", "measurements for Prometheus")) }
                li { a href="/healthz" { code { "/healthz" } } " " a href="/readyz" { code { "/readyz" } } " " (view.pick("살아 있는지, 따라잡았는지", "alive, and caught up")) }
            }
        }
    };
    view.page(title, false, &body)
}
