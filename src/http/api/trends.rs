//! Who is reported on how much, against the usual.

use std::collections::BTreeMap;

use anyhow::Result;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use chrono::{DateTime, Duration, FixedOffset};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use meoktong_index::{Request, Sort};

use super::{blocking, given, time};
use crate::http::Shared;
use crate::http::problem::{Body, Problem};

/// Longest stretch in hours.
pub(in crate::http) const LONGEST: i64 = 24 * 90;
const HOUR: i64 = 3600;
/// A day begins at midnight in Korea.
const KOREA: i64 = 9 * HOUR;

/// Which stretch.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Hours back from now; up to 48 are counted by the hour, more by the day.
    #[param(minimum = 1, maximum = 2160, default = 24)]
    hours: Option<i64>,
    /// Service id; without, all services with reports.
    service: Option<String>,
}

/// Reports in one stretch.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(in crate::http) struct Point {
    /// First second of the stretch, seconds since 1970.
    pub(in crate::http) at: i64,
    /// Documents that report an outage.
    pub(in crate::http) documents: i64,
}

/// One service's reports.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::http) struct Trend {
    /// Service id.
    pub(in crate::http) service: String,
    /// Korean name.
    pub(in crate::http) name: String,
    /// Documents in the whole stretch.
    pub(in crate::http) total: i64,
    /// Failure reports that such a stretch usually has, as far as learned.
    pub(in crate::http) usual: Option<f64>,
    /// Oldest first, without gaps.
    pub(in crate::http) points: Vec<Point>,
}

/// A search that was trending and names a failure.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::http) struct Searched {
    /// The query.
    pub(in crate::http) query: String,
    /// RFC 3339.
    pub(in crate::http) at: Option<String>,
    /// Services that it tells of.
    pub(in crate::http) services: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(in crate::http) struct Trends {
    /// RFC 3339.
    pub(in crate::http) from: String,
    /// RFC 3339.
    pub(in crate::http) until: String,
    /// Seconds from one point to the next.
    pub(in crate::http) step: i64,
    /// Services with reports, most first.
    pub(in crate::http) services: Vec<Trend>,
    /// Trending searches that tell of a failure, newest first.
    pub(in crate::http) searches: Vec<Searched>,
}

/// Counts the reports of the last hours.
pub(in crate::http) fn count(
    shared: &Shared,
    hours: i64,
    service: Option<&str>,
    now: DateTime<FixedOffset>,
) -> Result<Trends> {
    let step = if hours <= 48 { HOUR } else { 24 * HOUR };
    let floor = |at: i64| (at + KOREA).div_euclid(step) * step - KOREA;
    let until = floor(now.timestamp()) + step;
    let from = floor(until - hours * HOUR);
    let mut counted: BTreeMap<String, BTreeMap<i64, i64>> = BTreeMap::new();
    for count in shared.pipeline.store.report_counts(service, from, until, step)? {
        *counted.entry(count.service).or_default().entry(count.from).or_default() += count.documents;
    }
    if let Some(service) = service {
        counted.entry(service.to_owned()).or_default();
    }
    let hourly: Vec<_> = (0..(until - from) / HOUR).map(|hour| time(from) + Duration::hours(hour)).collect();
    let mut services: Vec<Trend> = counted
        .into_iter()
        .map(|(service, counts)| {
            let usual: Vec<f64> = shared.pipeline.usual(&service, &hourly).into_iter().flatten().collect();
            let name = shared.brain.catalogue.service(&service).map(|known| known.name.clone());
            Trend {
                name: name.unwrap_or_else(|| service.trim_start_matches("unlisted:").to_owned()),
                total: counts.values().sum(),
                usual: (usual.len() == hourly.len()).then(|| (usual.iter().sum::<f64>() * 10.0).round() / 10.0),
                points: (from..until)
                    .step_by(usize::try_from(step).unwrap_or(3600))
                    .map(|at| Point { at, documents: counts.get(&at).copied().unwrap_or(0) })
                    .collect(),
                service,
            }
        })
        .collect();
    services.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| one.service.cmp(&other.service)));
    let query = format!("kind:trend outage:true since:{hours}h");
    let request = Request { query, sort: Sort::Time, limit: 20, cursor: None, now };
    let searches = shared.pipeline.index.search(&request)?.hits.into_iter();
    let searches = searches
        .filter(|hit| service.is_none_or(|service| hit.services.iter().any(|of| of == service)))
        .map(|hit| Searched { query: hit.title, at: hit.published_at, services: hit.services })
        .collect();
    Ok(Trends { from: time(from).to_rfc3339(), until: time(until).to_rfc3339(), step, services, searches })
}

/// Reports per service over time, against the usual
#[utoipa::path(get, path = "/api/v1/trends", tag = "services", params(Asked),
    responses((status = 200, body = Trends), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body)))]
pub(super) async fn trends(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Trends>, Problem> {
    let asked = given(query)?;
    let hours = asked.hours.unwrap_or(24);
    if !(1..=LONGEST).contains(&hours) {
        return Err(Problem::bad(format!("hours {hours} is not between 1 and {LONGEST}")));
    }
    blocking(move || count(&shared, hours, asked.service.as_deref(), (shared.pipeline.clock)())).await.map(Json)
}
