//! `/api/v1`: shapes of their own, so that what the store holds may change without them.

pub(super) mod analyze;
pub(super) mod describe;
pub(super) mod history;
mod incidents;
pub(super) mod operate;
pub(super) mod search;
pub(super) mod services;
mod sources;
pub(super) mod trends;

use axum::Router;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::routing::{get, post};
use chrono::{DateTime, FixedOffset};

use meoktong_index::document::kst;

use super::problem::Problem;
use super::{Shared, live};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/incidents", get(incidents::incidents))
        .route("/api/v1/incidents/{id}", get(incidents::incident))
        .route("/api/v1/incidents/{id}/evidence", get(incidents::evidence))
        .route("/api/v1/incidents/{id}/acknowledgement", post(operate::acknowledge))
        .route("/api/v1/services", get(services::services))
        .route("/api/v1/services/{id}", get(services::service))
        .route("/api/v1/sources", get(sources::sources))
        .route("/api/v1/sources/{name}/run", post(operate::run))
        .route("/api/v1/trends", get(trends::trends))
        .route("/api/v1/history", get(history::history))
        .route("/api/v1/deliveries", get(operate::deliveries))
        .route("/api/v1/deliveries/{id}/retry", post(operate::retry))
        .route("/api/v1/analyze", post(analyze::analyze))
        .route("/api/v1/events", get(live::events))
        .route("/api/openapi.json", get(describe::openapi))
        .route("/readyz", get(sources::ready))
}

/// Runs blocking work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Problem::from),
        Err(error) => Err(anyhow::Error::from(error).into()),
    }
}

/// The query of an address, or what is wrong with it.
pub(super) fn given<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(given)| given).map_err(Problem::from)
}

/// A number of rows within bounds.
fn limited(limit: Option<usize>, usual: usize, most: usize) -> Result<usize, Problem> {
    match limit {
        None => Ok(usual),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::bad(format!("limit {limit} is not between 1 and {most}"))),
    }
}

/// Where a page goes on.
fn offset(cursor: Option<&str>) -> Result<usize, Problem> {
    let Some(cursor) = cursor else { return Ok(0) };
    let number = cursor.strip_prefix('o').and_then(|number| number.parse().ok()).filter(|&at: &usize| at <= 1 << 40);
    number.ok_or_else(|| Problem::bad(format!("cursor {cursor:?} is not one that was returned — start again without")))
}

/// Seconds since 1970 as RFC 3339 in Korea.
fn time(seconds: i64) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().with_timezone(&kst())
}

/// There is nothing of this name.
fn missing(what: &str, id: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is no {what} {id:?}"))
}
