//! `/api/v1`.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use meoktong_index::{Answer, Request, SearchError, Sort};

use super::{Problem, Shared};
use crate::store::IncidentRow;

/// Runs blocking work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Problem::from),
        Err(error) => Err(anyhow::Error::from(error).into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    sort: Sort,
    limit: Option<usize>,
    cursor: Option<String>,
}

fn given<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(given)| given).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))
}

pub(super) async fn search(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Answer>, Problem> {
    let asked = given(query)?;
    let request = Request {
        query: asked.q,
        sort: asked.sort,
        limit: asked.limit.unwrap_or(20).min(200),
        cursor: asked.cursor,
        now: (shared.pipeline.clock)(),
    };
    let answer = blocking(move || Ok(shared.pipeline.index.search(&request))).await?;
    answer.map(Json).map_err(|error| match error {
        SearchError::Query(_) | SearchError::Cursor(_) => Problem::new(StatusCode::BAD_REQUEST, error.to_string()),
        other => anyhow::Error::from(other).into(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    #[serde(default)]
    open: bool,
    limit: Option<usize>,
}

pub(super) async fn incidents(
    State(shared): State<Shared>,
    query: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Vec<IncidentRow>>, Problem> {
    let which = given(query)?;
    let limit = which.limit.unwrap_or(100).min(1000);
    blocking(move || Ok(shared.pipeline.store.incidents(which.open, limit)?)).await.map(Json)
}

pub(super) async fn incident(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let wanted = id.clone();
    let found = blocking(move || {
        let store = &shared.pipeline.store;
        let Some(incident) = store.incident(&wanted)? else { return Ok(None) };
        let (timeline, evidence) = (store.timeline(&wanted)?, store.evidence(&wanted)?);
        Ok(Some(json!({"incident": incident, "timeline": timeline, "evidence": evidence})))
    });
    found.await?.map(Json).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("there is no incident {id:?}")))
}

pub(super) async fn services(State(shared): State<Shared>) -> Result<Json<Value>, Problem> {
    let open = {
        let shared = shared.clone();
        blocking(move || Ok(shared.pipeline.store.incidents(true, 1000)?)).await?
    };
    let services = shared.brain.catalogue.services().iter().map(|service| {
        let incident = open.iter().find(|incident| incident.service == service.id);
        json!({
            "service": service.id,
            "name": service.name,
            "name_en": service.name_en,
            "class": service.class,
            "state": if incident.is_some() { "failed" } else { "no report" },
            "incident": incident.map(|incident| &incident.id),
            "features": service.features.iter().map(|f| json!({"feature": f.id, "name": f.name})).collect::<Vec<_>>(),
        })
    });
    Ok(Json(services.collect()))
}

pub(super) async fn sources(State(shared): State<Shared>) -> Result<Json<Value>, Problem> {
    let rows = blocking(move || {
        let pipeline = &shared.pipeline;
        let rows = pipeline.config.source.iter().map(|source| {
            let state = pipeline.store.fetch_state(&source.name)?;
            Ok(json!({"source": source.name, "url": source.url, "enabled": source.enabled, "schedule": source.schedule, "state": state}))
        });
        rows.collect::<anyhow::Result<Vec<Value>>>()
    });
    rows.await.map(|rows| Json(rows.into()))
}

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
