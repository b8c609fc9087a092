//! The pages of the dashboard: right without script, which adds only liveness and keys.

mod alerts;
mod apidoc;
mod dictionary;
mod incident;
mod incidents;
mod now;
mod search;
mod service;
mod session;
mod sources;
mod trends;
mod words;

use axum::Router;
use axum::routing::{get, post};
use maud::{Markup, html};

use super::Shared;
use super::view::View;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(now::page))
        .route("/incidents", get(incidents::page))
        .route("/incidents/{id}", get(incident::page))
        .route("/incidents/{id}/acknowledge", post(incident::acknowledge))
        .route("/search", get(search::page))
        .route("/opensearch.xml", get(search::describe))
        .route("/services", get(service::list))
        .route("/services/{id}", get(service::page))
        .route("/trends", get(trends::page))
        .route("/sources", get(sources::page))
        .route("/sources/{name}/run", post(sources::run))
        .route("/alerts", get(alerts::page))
        .route("/alerts/{id}/retry", post(alerts::retry))
        .route("/dictionary", get(dictionary::page).post(dictionary::read))
        .route("/api", get(apidoc::page))
        .route("/login", get(session::page).post(session::enter))
        .route("/logout", post(session::leave))
        .route("/set", get(session::set))
}

/// The head of a page.
fn head(title: &str, lead: &Markup) -> Markup {
    html! { div.head { h1 { (title) } div.lead { (lead) } } }
}

/// Nothing to show, and why that is fine.
fn nothing(view: &View, ko: &str, en: &str) -> Markup {
    html! { p.nothing { (view.pick(ko, en)) } }
}

/// A link to the next page of rows, and to the first.
fn pager(view: &View, first: Option<String>, next: Option<String>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label=(view.pick("쪽", "Pages")) {
                @if let Some(first) = first { a.button href=(first) { "« " (view.pick("처음", "First")) } }
                @if let Some(next) = next { a.button rel="next" href=(next) { (view.pick("다음", "Next")) " ›" } }
            }
        }
    }
}
