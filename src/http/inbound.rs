//! `POST /inbound/NAME`: documents that others bring.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use axum::{Router, http};
use serde_json::{Value, json};

use super::{Problem, Shared};
use crate::config::{Adapter, Source};
use crate::crawl::ReadError;

/// Longest body, in bytes.
const LONGEST: usize = 4 << 20;

/// The route; each inbound source has a token of its own.
pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/inbound/{name}", post(receive)).layer(DefaultBodyLimit::max(LONGEST))
}

async fn receive(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let sources = &shared.pipeline.config.source;
    let found =
        sources.iter().find(|source| source.name == name && source.adapter == Adapter::Inbound && source.enabled);
    // Whoever has no token learns nothing, not even which names there are.
    let Some(source) = found.filter(|source| is_allowed(source, &headers)) else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "no such source, or its token is missing or wrong"));
    };
    let done = shared.pipeline.receive(source, &body).await.map_err(|error| match error.downcast::<ReadError>() {
        Ok(read) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, read.to_string()),
        Err(other) => other.into(),
    })?;
    let told = json!({"new": done.new, "known": done.known, "updated": done.updated, "skipped": done.skipped});
    Ok((http::StatusCode::ACCEPTED, Json(told)))
}

/// Compares without telling by its time how much of a token was right.
fn is_allowed(source: &Source, headers: &HeaderMap) -> bool {
    let Ok(wanted) = source.secret(source.secret_env.as_ref()) else { return false };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default().as_bytes();
    let wanted = wanted.as_bytes();
    let differ = given.iter().zip(wanted).fold(0, |all, (a, b)| all | (a ^ b));
    !wanted.is_empty() && given.len() == wanted.len() && differ == 0
}
