//! What operators do. Each writes down whose token did it.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{blocking, given, limited, missing};
use crate::config::Scope;
use crate::http::Shared;
use crate::http::problem::{Body, Problem};
use crate::store::{Acknowledgement, DeliveryRow};

/// Longest note, in characters.
const NOTE: usize = 1000;

/// A word to an incident.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// What is to be remembered.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// Marks an incident as seen.
pub(in crate::http) async fn see(shared: &Shared, id: &str, by: String, note: &str) -> Result<(), Problem> {
    if note.chars().count() > NOTE {
        return Err(Problem::bad(format!("the note is longer than {NOTE} characters")));
    }
    let at = (shared.pipeline.clock)().timestamp();
    tracing::info!(incident = id, by, "acknowledged");
    let seen = Acknowledgement { by, note: note.trim().to_owned(), at };
    let (pipeline, wanted) = (shared.pipeline.clone(), id.to_owned());
    let known = blocking(move || Ok(pipeline.store.acknowledge(&wanted, &seen)?)).await?;
    if known { Ok(()) } else { Err(missing("incident", id)) }
}

/// Says that somebody has seen an incident
#[utoipa::path(post, path = "/api/v1/incidents/{id}/acknowledgement", tag = "incidents", request_body = Note,
    params(("id" = String, Path, description = "`inc_…`")), security(("token" = ["incidents"])),
    responses((status = 204, description = "Noted"),
        (status = 400, content_type = "application/problem+json", body = Body),
        (status = 401, content_type = "application/problem+json", body = Body),
        (status = 403, content_type = "application/problem+json", body = Body),
        (status = 404, content_type = "application/problem+json", body = Body),
        (status = 413, content_type = "application/problem+json", body = Body),
        (status = 415, content_type = "application/problem+json", body = Body)))]
pub(super) async fn acknowledge(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    note: Result<Json<Note>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let by = shared.access.require(&headers, Scope::Incidents)?;
    see(&shared, &id, by, &note?.note).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a source due now.
pub(in crate::http) async fn ask_now(shared: &Shared, name: &str, by: &str) -> Result<(), Problem> {
    let known = shared.pipeline.config.source.iter().find(|source| source.name == name);
    let Some(source) = known else { return Err(missing("source", name)) };
    if !source.enabled {
        let detail = format!("source {name:?} is switched off: set enabled = true in the configuration");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    tracing::info!(source = name, by, "asked now");
    let (pipeline, name) = (shared.pipeline.clone(), name.to_owned());
    let now = (pipeline.clock)().timestamp();
    blocking(move || Ok(pipeline.store.make_due(&name, now)?)).await
}

/// Asks a source at the next second instead of at its next run
#[utoipa::path(post, path = "/api/v1/sources/{name}/run", tag = "operation",
    params(("name" = String, Path, description = "Name of the source")), security(("token" = ["sources"])),
    responses((status = 202, description = "It is due"),
        (status = 401, content_type = "application/problem+json", body = Body),
        (status = 403, content_type = "application/problem+json", body = Body),
        (status = 404, content_type = "application/problem+json", body = Body),
        (status = 409, description = "It is switched off", content_type = "application/problem+json", body = Body)))]
pub(super) async fn run(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let by = shared.access.require(&headers, Scope::Sources)?;
    ask_now(&shared, &name, &by).await?;
    Ok(StatusCode::ACCEPTED)
}

/// A message to an endpoint.
#[derive(Serialize, ToSchema)]
pub(super) struct Delivery {
    /// `dlv_…`.
    id: String,
    /// `alt_…`, the decision to tell.
    alert: String,
    /// The incident told of.
    incident: Option<String>,
    /// Endpoint.
    endpoint: String,
    /// `pending`, `delivered` or `dead`.
    state: String,
    /// Tries so far.
    tries: i64,
    /// RFC 3339.
    created_at: String,
    /// When it is due again; only while pending.
    due_at: Option<String>,
    /// Status of the last answer.
    status: Option<i64>,
    /// The last failure.
    error: Option<String>,
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            alert: row.alert,
            incident: row.incident,
            endpoint: row.endpoint,
            state: row.state,
            tries: row.tries,
            created_at: row.created_at,
            due_at: row.due_at,
            status: row.status,
            error: row.error,
        }
    }
}

/// Messages.
#[derive(Serialize, ToSchema)]
pub(super) struct Deliveries {
    /// Newest first.
    deliveries: Vec<Delivery>,
}

/// Where messages stand.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stand {
    /// Not delivered yet.
    Pending,
    /// It arrived.
    Delivered,
    /// Given up.
    Dead,
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Where they stand.
    #[param(inline)]
    state: Option<Stand>,
    /// Incident id.
    incident: Option<String>,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Messages and how they stand, newest first
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "operation", params(Asked),
    responses((status = 200, body = Deliveries), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body)))]
pub(super) async fn deliveries(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Deliveries>, Problem> {
    let asked = given(query)?;
    let limit = limited(asked.limit, 100, 1000)?;
    let state = asked.state.map(|state| match state {
        Stand::Pending => "pending",
        Stand::Delivered => "delivered",
        Stand::Dead => "dead",
    });
    let rows = blocking(move || Ok(shared.pipeline.store.deliveries_where(asked.incident.as_deref(), state, limit)?));
    Ok(Json(Deliveries { deliveries: rows.await?.into_iter().map(Delivery::from).collect() }))
}

/// Makes a message due again.
pub(in crate::http) async fn send_again(shared: &Shared, id: &str, by: &str) -> Result<(), Problem> {
    tracing::info!(delivery = id, by, "sent again");
    let (pipeline, wanted) = (shared.pipeline.clone(), id.to_owned());
    let now = (pipeline.clock)().timestamp();
    let known = blocking(move || Ok(pipeline.store.retry_message(&wanted, now)?)).await?;
    if known { Ok(()) } else { Err(missing("message", id)) }
}

/// Sends a message again, whatever became of it
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/retry", tag = "operation",
    params(("id" = String, Path, description = "`dlv_…`")), security(("token" = ["alerts"])),
    responses((status = 202, description = "It is due"),
        (status = 401, content_type = "application/problem+json", body = Body),
        (status = 403, content_type = "application/problem+json", body = Body),
        (status = 404, content_type = "application/problem+json", body = Body)))]
pub(super) async fn retry(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let by = shared.access.require(&headers, Scope::Alerts)?;
    send_again(&shared, &id, &by).await?;
    Ok(StatusCode::ACCEPTED)
}
