//! Outages of the past, as documents tell them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::analyse::Precision;
use crate::detect::history::merge;

use super::{blocking, given, limited, offset};
use crate::http::Shared;
use crate::http::problem::{Body, Problem};

/// Which outages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Service id.
    service: Option<String>,
    /// Year in Korea.
    #[param(minimum = 1900, maximum = 2199)]
    year: Option<i32>,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// An outage as documents tell it.
#[derive(Serialize, ToSchema)]
pub(super) struct Outage {
    /// Service id.
    service: String,
    /// Year in Korea.
    year: i32,
    /// Start, RFC 3339.
    start: String,
    /// How exactly that is known.
    #[schema(value_type = String)]
    precision: Precision,
    /// Longest length told, in minutes.
    minutes: Option<i64>,
    /// Cause told.
    cause: Option<String>,
    /// Documents that tell of it.
    documents: usize,
}

/// A page of outages.
#[derive(Serialize, ToSchema)]
pub(super) struct History {
    /// Newest first.
    outages: Vec<Outage>,
    /// Cursor of the next page, if there is one.
    next: Option<String>,
}

/// Outages of the past per service and day
#[utoipa::path(get, path = "/api/v1/history", tag = "services", params(Asked),
    responses((status = 200, body = History), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body)))]
pub(super) async fn history(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let asked = given(query)?;
    let (limit, from) = (limited(asked.limit, 100, 1000)?, offset(asked.cursor.as_deref())?);
    if let Some(year) = asked.year.filter(|year| !(1900..2200).contains(year)) {
        return Err(Problem::bad(format!("year {year} is not between 1900 and 2199")));
    }
    let service = asked.service.clone();
    let mut rows = blocking(move || Ok(merge(&shared.pipeline.store.told_outages(service.as_deref())?))).await?;
    rows.retain(|row| asked.service.as_ref().is_none_or(|service| row.service == *service));
    rows.retain(|row| asked.year.is_none_or(|year| row.year == year));
    let next = (rows.len() > from.saturating_add(limit)).then(|| format!("o{}", from + limit));
    let outages = rows.into_iter().skip(from).take(limit).map(|row| Outage {
        service: row.service,
        year: row.year,
        start: row.start.to_rfc3339(),
        precision: row.precision,
        minutes: row.minutes,
        cause: row.cause,
        documents: row.documents,
    });
    Ok(Json(History { outages: outages.collect(), next }))
}
