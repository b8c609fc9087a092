//! The catalogue, and how each service stands.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use meoktong_dictionaries::catalogue::{Catalogue, FeatureRef, Service as Known};

use super::{blocking, missing};
use crate::http::Shared;
use crate::http::problem::{Body, Problem};
use crate::store::{IncidentRow, Which};

/// A feature of a service.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceFeature)]
pub(super) struct Feature {
    /// Feature id.
    feature: String,
    /// Korean name.
    name: String,
    /// English name.
    name_en: String,
}

/// A service of the catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct Service {
    /// Service id.
    service: String,
    /// Korean name.
    name: String,
    /// English name.
    name_en: String,
    /// Who runs it.
    operator: String,
    /// Kind of service: `messenger`, `bank` …
    class: String,
    /// `failed`, `suspected`, `exposed` or `no report`.
    state: &'static str,
    /// The incident that says so.
    incident: Option<String>,
    /// What it offers.
    features: Vec<Feature>,
}

/// All services.
#[derive(Serialize, ToSchema)]
pub(super) struct Services {
    /// In the order of the catalogue.
    services: Vec<Service>,
}

/// A dependency.
#[derive(Serialize, ToSchema)]
pub(super) struct Edge {
    /// What depends: `kakaopay/talk-receive`.
    dependent: String,
    /// What it depends on: `kakaotalk/message`.
    provider: String,
    /// `hosted`, `auth`, `notify`, `settle` or `infra`.
    kind: &'static str,
    /// Evidence in a sentence.
    evidence: String,
    /// Where the evidence stands.
    source: String,
}

/// A service with its dependencies.
#[derive(Serialize, ToSchema)]
pub(super) struct ServiceWithEdges {
    /// The service.
    service: Service,
    /// What hangs on it.
    dependents: Vec<Edge>,
    /// What it hangs on.
    providers: Vec<Edge>,
    /// Official notice pages and accounts.
    channels: Vec<String>,
}

/// How a service stands, and the incident that says so.
pub(in crate::http) fn standing<'a>(live: &'a [IncidentRow], service: &str) -> (&'static str, Option<&'a IncidentRow>) {
    let own = |state: &str| live.iter().find(|incident| incident.service == service && incident.state == state);
    if let Some(failed) = own("open").or_else(|| own("restored")) {
        return ("failed", Some(failed));
    }
    if let Some(suspected) = own("suspected") {
        return ("suspected", Some(suspected));
    }
    let exposed = live.iter().find(|incident| incident.exposed.iter().any(|one| one.service == service));
    (if exposed.is_some() { "exposed" } else { "no report" }, exposed)
}

fn service_of(known: &Known, live: &[IncidentRow]) -> Service {
    let (state, incident) = standing(live, &known.id);
    Service {
        service: known.id.clone(),
        name: known.name.clone(),
        name_en: known.name_en.clone(),
        operator: known.operator.clone(),
        class: known.class.clone(),
        state,
        incident: incident.map(|incident| incident.id.clone()),
        features: known
            .features
            .iter()
            .map(|feature| Feature {
                feature: feature.id.clone(),
                name: feature.name.clone(),
                name_en: feature.name_en.clone(),
            })
            .collect(),
    }
}

/// The catalogue, and how each service stands
#[utoipa::path(get, path = "/api/v1/services", tag = "services",
    responses((status = 200, body = Services), (status = 304, description = "Not changed")))]
pub(super) async fn services(State(shared): State<Shared>) -> Result<Json<Services>, Problem> {
    let pipeline = shared.pipeline.clone();
    let live = blocking(move || Ok(pipeline.store.incidents_page(Which::Live, None, None, 1000)?)).await?;
    let services = shared.brain.catalogue.services().iter().map(|known| service_of(known, &live)).collect();
    Ok(Json(Services { services }))
}

fn edges(catalogue: &Catalogue, service: &str, dependents: bool) -> Vec<Edge> {
    let written = |one: &FeatureRef| match &one.feature {
        Some(feature) => format!("{}/{feature}", one.service),
        None => one.service.clone(),
    };
    let own = catalogue.edges().iter().filter(|edge| {
        let end = if dependents { &edge.provider } else { &edge.dependent };
        end.service == service
    });
    own.map(|edge| Edge {
        dependent: written(&edge.dependent),
        provider: written(&edge.provider),
        kind: edge.kind.as_str(),
        evidence: edge.evidence.clone(),
        source: edge.source.clone(),
    })
    .collect()
}

/// One service with what hangs on it
#[utoipa::path(get, path = "/api/v1/services/{id}", tag = "services", params(("id" = String, Path, description = "Service id")),
    responses((status = 200, body = ServiceWithEdges), (status = 304, description = "Not changed"),
        (status = 404, content_type = "application/problem+json", body = Body)))]
pub(super) async fn service(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ServiceWithEdges>, Problem> {
    let catalogue = shared.brain.catalogue.clone();
    let Some(known) = catalogue.service(&id) else { return Err(missing("service", &id)) };
    let pipeline = shared.pipeline.clone();
    let live = blocking(move || Ok(pipeline.store.incidents_page(Which::Live, None, None, 1000)?)).await?;
    Ok(Json(ServiceWithEdges {
        service: service_of(known, &live),
        dependents: edges(&catalogue, &id, true),
        providers: edges(&catalogue, &id, false),
        channels: known.channels.clone(),
    }))
}
