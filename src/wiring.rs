//! The real parts behind what the pipeline asks for: detector with routing, and the sender.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, FixedOffset};

use meoktong_dictionaries::{Catalogue, Lexicon};
use meoktong_index::morpheme::Workspace;
use meoktong_index::{Document, Kind, Korean};

use crate::alert::delivery::Sender;
use crate::alert::outbox::{Verdict as EndpointVerdict, enqueue};
use crate::alert::{Delivery, DeliveryState, Endpoint, Format, Outcome, Secret};
use crate::analyse::{Analyser, Analysis};
use crate::config;
use crate::detect::clock::minute;
use crate::detect::signal::family;
use crate::detect::{Change, Detector, Impact, Memory, Settings, Spared, State, Transition};
use crate::normalise::short_hash;
use crate::pipeline::{Deliver, Detect, Move, Sending};
use crate::store::{Attempt, Exposure, IncidentRow, Named, OutboxRow, Store, Verdict};

/// Layout of the stored detector memory; raise it when [`Memory`] changes.
const MEMORY_VERSION: i64 = 2;

/// The detector together with the deciding half of alerting.
pub struct Watcher {
    detector: Detector,
    catalogue: Arc<Catalogue>,
    endpoints: Vec<Endpoint>,
    known: HashMap<String, IncidentRow>,
    remembers: bool,
}

impl Watcher {
    /// A detector that goes on where the stored one stopped.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn restore(
        catalogue: Arc<Catalogue>,
        settings: Settings,
        endpoints: Vec<Endpoint>,
        store: &Store,
    ) -> Result<Self> {
        let memory: Option<Memory> = match store.detector_state()? {
            Some((MEMORY_VERSION, _, blob)) => serde_json::from_slice(&blob)
                .inspect_err(|error| {
                    tracing::warn!(
                        "the detector's memory cannot be read ({error}): it is built again from the documents"
                    );
                })
                .ok(),
            _ => None,
        };
        let remembers = memory.is_some();
        let known = store.incidents(false, 1000)?.into_iter().map(|incident| (incident.id.clone(), incident)).collect();
        let detector = Detector::restore(&catalogue, settings, memory.unwrap_or_default());
        Ok(Self { detector, catalogue, endpoints, known, remembers })
    }

    fn moved(&mut self, change: &Transition, now: DateTime<FixedOffset>) -> Move {
        let incident = self.row(change);
        self.known.insert(incident.id.clone(), incident.clone());
        let messages = enqueue(&self.catalogue, &self.endpoints, change, now)
            .into_iter()
            .map(|delivery| OutboxRow {
                id: delivery.id,
                alert: delivery.alert,
                incident: Some(delivery.incident),
                endpoint: delivery.endpoint,
                body: delivery.body,
                created_at: now.timestamp(),
                tries: 0,
            })
            .collect();
        Move {
            at: change.at,
            incident,
            change: change.change.as_str().to_owned(),
            evidence: change.evidence.iter().map(|evidence| evidence.document.clone()).collect(),
            detail: serde_json::to_value(change).unwrap_or_default(),
            messages,
        }
    }

    fn row(&self, change: &Transition) -> IncidentRow {
        let service = self.catalogue.service(&change.service);
        let before = self.known.get(&change.incident);
        let at = change.at.to_rfc3339();
        let state = match change.state {
            State::Suspected => "suspected",
            State::Confirmed => "open",
            State::Recovering => "restored",
            State::Resolved => "resolved",
            State::Retracted => "retracted",
        };
        let named = |feature: &String| Named {
            feature: feature.clone(),
            name: service.and_then(|s| s.feature(feature)).map_or_else(|| feature.clone(), |f| f.name.clone()),
        };
        let first = change.evidence.iter().map(|evidence| evidence.at).min();
        let earlier = |old: Option<&String>, new: Option<String>| old.cloned().or(new);
        IncidentRow {
            id: change.incident.clone(),
            service: change.service.clone(),
            name: service.map_or_else(|| change.service.clone(), |s| s.name.clone()),
            state: state.to_owned(),
            impact: change.impact.as_str().to_owned(),
            opened_at: before.map_or_else(|| at.clone(), |row| row.opened_at.clone()),
            updated_at: at.clone(),
            closed_at: match change.change {
                // The last word on the end is the best informed one.
                Change::Restored | Change::Resolved | Change::Retracted => {
                    Some(change.ended.map_or(at, |end| end.to_rfc3339()))
                }
                _ => None,
            },
            first_evidence_at: earlier(
                before.and_then(|r| r.first_evidence_at.as_ref()),
                first.map(|at| at.to_rfc3339()),
            ),
            first_notice_at: change.first_official.map(|at| at.to_rfc3339()),
            score: change.score,
            failed: change.features.iter().map(named).collect(),
            exposed: change
                .exposed
                .iter()
                .map(|exposed| Exposure {
                    service: exposed.service.clone(),
                    feature: exposed.feature.clone(),
                    name: self.name(&exposed.service, exposed.feature.as_deref()),
                    via: exposed.via.clone(),
                })
                .collect(),
            unaffected: change
                .unaffected
                .iter()
                .map(|spared| Exposure {
                    service: spared.service.clone(),
                    feature: None,
                    name: self.name(&spared.service, None),
                    via: match &spared.why {
                        Spared::Said(document) => format!("said:{document}"),
                        Spared::StandAlone => "stand-alone".to_owned(),
                    },
                })
                .collect(),
        }
    }

    fn name(&self, service: &str, feature: Option<&str>) -> String {
        let Some(known) = self.catalogue.service(service) else { return service.to_owned() };
        match feature.and_then(|feature| known.feature(feature)) {
            Some(feature) => format!("{} {}", known.name, feature.name),
            None => known.name.clone(),
        }
    }
}

impl Detect for Watcher {
    fn observe(&mut self, document: &Document, analysis: &Analysis, story: &str, author: Option<&str>) {
        self.detector.observe_by(document, analysis, Some(story), author);
    }

    fn tick(&mut self, now: DateTime<FixedOffset>) -> Vec<Move> {
        let changes = self.detector.tick(now);
        changes.iter().map(|change| self.moved(change, now)).collect()
    }

    fn memory(&self) -> Vec<u8> {
        serde_json::to_vec(self.detector.memory()).expect("the detector's memory holds plain values")
    }

    fn version(&self) -> i64 {
        MEMORY_VERSION
    }

    fn usual(&self, service: &str, at: DateTime<FixedOffset>) -> Option<f64> {
        self.detector.usual(service, at)
    }

    fn remembers(&self) -> bool {
        self.remembers
    }

    fn alive(&mut self, kind: Kind, now: DateTime<FixedOffset>) {
        self.detector.alive(family(kind), minute(&now));
    }

    fn broken(&self, source: &str, error: &str, now: DateTime<FixedOffset>) -> Vec<OutboxRow> {
        let alert = format!("alt_{}", short_hash(&["source.broken", source, &now.to_rfc3339()]));
        let text = format!("수집원 {source} 고장: 최근 요청이 모두 실패했습니다 (source broken)\n{error}");
        let told = self.endpoints.iter().filter(|endpoint| !endpoint.disabled);
        let row = |endpoint: &Endpoint| OutboxRow {
            id: format!("dlv_{}", short_hash(&[&alert, &endpoint.name])),
            alert: alert.clone(),
            incident: None,
            endpoint: endpoint.name.clone(),
            body: match endpoint.format {
                Format::Slack | Format::Dooray => serde_json::json!({ "text": text }),
                Format::Discord => serde_json::json!({ "content": text, "allowed_mentions": { "parse": [] } }),
                Format::Jandi => serde_json::json!({ "body": text }),
                Format::Webhook => serde_json::json!({
                    "type": "source.broken",
                    "timestamp": now.to_rfc3339(),
                    "data": { "source": source, "error": error, "message": text },
                }),
            }
            .to_string(),
            created_at: now.timestamp(),
            tries: 0,
        };
        told.map(row).collect()
    }
}

/// The endpoints of the configuration, with addresses and secrets out of the environment.
///
/// # Errors
/// When a variable is missing or a secret is none.
pub fn endpoints(configured: &[config::Endpoint]) -> Result<Vec<Endpoint>> {
    configured
        .iter()
        .map(|endpoint| {
            let named = |variable: &str| {
                std::env::var(variable).with_context(|| {
                    format!("endpoint {:?}: environment variable {variable} is not set", endpoint.name)
                })
            };
            let url = match (&endpoint.url, &endpoint.url_env) {
                (Some(url), _) => url.clone(),
                (None, Some(variable)) => named(variable)?,
                (None, None) => return Err(anyhow!("endpoint {:?}: needs url or url_env", endpoint.name)),
            };
            let secret = match (&endpoint.secret, &endpoint.secret_env) {
                (Some(secret), _) => Some(secret.clone()),
                (None, Some(variable)) => Some(named(variable)?),
                (None, None) => None,
            };
            let secret = secret.map(|written| Secret::parse(&written)).transpose();
            Ok(Endpoint {
                name: endpoint.name.clone(),
                url,
                secret: secret.map_err(|error| anyhow!("endpoint {:?}: {error}", endpoint.name))?,
                format: endpoint.format,
                services: endpoint.services.clone(),
                impact: endpoint.min_impact.unwrap_or(Impact::Minor),
                changes: Vec::new(),
                english: false,
                disabled: false,
            })
        })
        .collect()
}

/// Sends messages to the configured endpoints.
pub struct Post {
    sender: Sender,
    endpoints: HashMap<String, Endpoint>,
}

impl Post {
    /// A sender; `private` lets it reach private addresses.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(endpoints: &[Endpoint], private: bool) -> Result<Self> {
        let endpoints = endpoints.iter().map(|endpoint| (endpoint.name.clone(), endpoint.clone())).collect();
        Ok(Self { sender: Sender::new(private)?, endpoints })
    }
}

impl Deliver for Post {
    fn deliver<'a>(&'a self, message: &'a OutboxRow, now: DateTime<FixedOffset>) -> Sending<'a> {
        Box::pin(async move {
            let Some(endpoint) = self.endpoints.get(&message.endpoint) else {
                let error = Some(format!("endpoint {:?} is no longer configured", message.endpoint));
                return Attempt { at: now.timestamp(), status: None, took_ms: 0, error, verdict: Verdict::Dead };
            };
            let mut delivery = Delivery {
                id: message.id.clone(),
                alert: message.alert.clone(),
                incident: message.incident.clone().unwrap_or_default(),
                endpoint: message.endpoint.clone(),
                body: message.body.clone(),
                state: DeliveryState::Pending,
                attempts: u32::try_from(message.tries).unwrap_or(u32::MAX),
                next_at: now,
                last: None,
            };
            let begun = Instant::now();
            let outcome = self.sender.send(endpoint, &delivery, now).await;
            let took_ms = begun.elapsed().as_millis() as i64;
            let (status, error) = match &outcome {
                Outcome::Accepted { status } => (Some(*status), None),
                Outcome::Refused { status, .. } => (Some(*status), Some(format!("answered {status}"))),
                Outcome::Unreachable { error } => (None, Some(error.clone())),
                Outcome::Forbidden { reason } => (None, Some(reason.clone())),
            };
            // The sub-second part of the wall clock spreads retries of many processes.
            let chance = f64::from(chrono::Utc::now().timestamp_subsec_millis() % 1000) / 1000.0;
            let verdict = match (delivery.tried(outcome, now, chance), delivery.state) {
                (EndpointVerdict::Disable, _) => Verdict::Disable,
                (_, DeliveryState::Delivered) => Verdict::Delivered,
                (_, DeliveryState::Dead) => Verdict::Dead,
                (_, DeliveryState::Pending) => Verdict::RetryAt(delivery.next_at.timestamp()),
            };
            Attempt { at: now.timestamp(), status, took_ms, error, verdict }
        })
    }
}

/// What reads Korean: the analysis, the search terms, and what tells one version of them from another.
#[derive(Clone)]
pub struct Brain {
    /// Services.
    pub catalogue: Arc<Catalogue>,
    /// Symptoms.
    pub lexicon: Arc<Lexicon>,
    /// The analysis.
    pub analyse: crate::pipeline::Analyse,
    /// The same with tokens, times and what decided.
    pub explain: crate::pipeline::Analyse,
    /// The search terms.
    pub tokens: Arc<dyn meoktong_index::Tokens>,
    /// Changes when the search terms do.
    pub fingerprint: String,
}

/// Loads dictionaries and analysis.
///
/// # Errors
/// When a bundled dictionary is damaged.
pub fn brain() -> Result<Brain> {
    let analyser = Arc::new(Analyser::bundled()?);
    let catalogue = Arc::new(analyser.catalogue.clone());
    let lexicon = Arc::new(analyser.lexicon.clone());
    let tokens = Arc::new(Korean::new(analyser.analyzer.clone(), &analyser.catalogue, &analyser.lexicon)?);
    let fingerprint = tokens.fingerprint();
    // Buffers are kept by thread: analysis runs on whichever worker is free.
    thread_local!(static SPACE: RefCell<Workspace> = RefCell::default());
    let reader = |explain: bool| -> crate::pipeline::Analyse {
        let analyser = analyser.clone();
        Arc::new(move |document| SPACE.with_borrow_mut(|space| analyser.analyse(document, explain, space)))
    };
    let (analyse, explain) = (reader(false), reader(true));
    Ok(Brain { catalogue, lexicon, analyse, explain, tokens, fingerprint })
}
