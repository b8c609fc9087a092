//! What is polled, and how it goes.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{blocking, time};
use crate::http::Shared;
use crate::http::health::{self, Health};
use crate::http::problem::{Body, Problem};

/// A source.
#[derive(Serialize, ToSchema)]
pub(super) struct Source {
    /// Its name.
    source: String,
    /// What its documents are.
    kind: &'static str,
    /// Its address.
    url: String,
    /// Cron expression, Korean time.
    schedule: String,
    /// How it is.
    health: Health,
    /// When it is asked next, RFC 3339.
    next_at: Option<String>,
    /// Last try.
    checked_at: Option<String>,
    /// Last answer.
    succeeded_at: Option<String>,
    /// Publication of the newest entry ever seen.
    newest_at: Option<String>,
    /// Failures in a row.
    error_count: i64,
    /// The last failure.
    last_error: Option<String>,
    /// Documents stored from it in all.
    stored: i64,
}

/// All sources.
#[derive(Serialize, ToSchema)]
pub(super) struct Sources {
    /// Those that need a look first.
    sources: Vec<Source>,
}

/// Each source and how it is
#[utoipa::path(get, path = "/api/v1/sources", tag = "operation",
    responses((status = 200, body = Sources), (status = 304, description = "Not changed")))]
pub(super) async fn sources(State(shared): State<Shared>) -> Result<Json<Sources>, Problem> {
    let watched = blocking(move || health::sources(&shared)).await?;
    let written = |seconds: Option<i64>| seconds.map(|seconds| time(seconds).to_rfc3339());
    let sources = watched.into_iter().map(|one| Source {
        kind: one.source.kind.as_str(),
        next_at: (one.health != Health::Off && one.state.next_check_at > 0)
            .then(|| time(one.state.next_check_at).to_rfc3339()),
        checked_at: written(one.state.checked_at),
        succeeded_at: written(one.state.succeeded_at),
        newest_at: written(one.state.newest_at),
        error_count: one.state.error_count,
        last_error: one.state.last_error,
        stored: one.state.stored,
        health: one.health,
        source: one.source.name,
        url: one.source.url,
        schedule: one.source.schedule,
    });
    Ok(Json(Sources { sources: sources.collect() }))
}

/// Whether everything stored can be found
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, content_type = "text/plain", body = String),
        (status = 503, description = "The index is behind the store", content_type = "application/problem+json", body = Body)))]
pub(super) async fn ready(State(shared): State<Shared>) -> Result<&'static str, Problem> {
    let ready = blocking(move || {
        let pipeline = &shared.pipeline;
        Ok(pipeline.store.document_count()?.1 == pipeline.index.last_row()?)
    });
    if ready.await? {
        Ok("ready\n")
    } else {
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the index is behind the store; it catches up by itself"))
    }
}
