//! From an analysed document to observations: what it says of one service, as a number that the meters can add up.

use std::collections::{BTreeMap, BTreeSet};

use meoktong_index::{Document, Kind};
use serde::{Deserialize, Serialize};

use super::clock::{Minute, minute};
use super::settings::Family;
use super::story::Sketch;
use crate::analyse::{Analysis, Assertion, Precision, Role, Status};

/// Probability given to a text that uses outage words of a service without reporting a current outage.
const OTHER: f64 = 0.03;
/// Probability from which an operator's text is its word; below, it is read like an article: a denial names the outage too.
const OFFICIAL: f64 = 0.6;

/// When an outage began, as a text states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedStart {
    /// The minute.
    pub at: Minute,
    /// How exactly the text knows it.
    pub precision: Precision,
}

/// What a text says of recovery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recovery {
    /// Nothing, or that it goes on.
    None,
    /// These features work again.
    Partial(Vec<String>),
    /// All works again.
    Whole,
}

/// What one document says of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Publication; of a date-only document, the first minute of the day.
    pub at: Minute,
    /// Whether only the day is known.
    pub day_only: bool,
    /// Document id.
    pub document: String,
    /// What kind of source it is.
    pub family: Family,
    /// Service id.
    pub service: String,
    /// Features that the text says failed.
    pub features: Vec<String>,
    /// Probability that the service fails now, given this document.
    pub p: f64,
    /// Publisher, board or store.
    pub source: String,
    /// Who speaks: counts once in half an hour. None if every text of this source is another person's.
    pub voice: Option<String>,
    /// Story given by the deduplication.
    pub story: Option<String>,
    /// For finding copies where no story is given.
    pub sketch: Sketch,
    /// Start that the text states.
    pub start: Option<StatedStart>,
    /// End that the text states.
    pub end: Option<Minute>,
    /// Where the outage stands according to the text.
    pub ongoing: bool,
    /// What the text says of recovery.
    pub recovery: Recovery,
    /// Cause in the text's words.
    pub cause: Option<String>,
    /// Services that the text says go on.
    pub spared: Vec<String>,
}

/// The family of a document.
#[must_use]
pub fn family(kind: Kind) -> Family {
    match kind {
        Kind::Post => Family::Social,
        Kind::Review => Family::Reviews,
        Kind::News => Family::News,
        Kind::Trend => Family::Trends,
        Kind::Notice | Kind::Status => Family::Official,
    }
}

/// What a document says of each service; nothing if its publication time is unknown or it uses no outage word.
/// `affirmed` is the least probability of a post that says of a service that it fails. Services outside the catalogue (`unlisted:`) have no baseline and are left out.
#[must_use]
pub fn observations(
    document: &Document,
    analysis: &Analysis,
    story: Option<&str>,
    author: Option<&str>,
    affirmed: f64,
) -> Vec<Observation> {
    let Some(published) = document.published_at else {
        return Vec::new();
    };
    let services = concerned(analysis);
    if services.is_empty() {
        return Vec::new();
    }
    let family = family(document.kind);
    let source = source(document);
    let spared: Vec<String> = analysis
        .services
        .iter()
        .filter(|service| service.role == Role::Unaffected)
        .map(|service| service.service.clone())
        .collect();
    let sketch = Sketch::of(&document.full_text());
    let voice = match (author, family) {
        (Some(author), _) => Some(format!("{source}:{author}")),
        (None, Family::News | Family::Official) => Some(source.clone()),
        (None, Family::Trends) => Some(format!("{source}:{}", document.title)),
        (None, Family::Social | Family::Reviews) => None,
    };
    services
        .into_iter()
        .map(|(service, claim)| {
            let own = || analysis.events.iter().filter(|event| event.service == service && !event.historical);
            let event = own().find(|event| event.start.is_some()).or_else(|| own().next());
            let status = event.map_or(Status::Unknown, |event| event.status);
            let recovery = recovery(analysis, &service, family, status, event.is_some_and(|event| event.end.is_some()));
            // An operator who writes of no failure that goes on, and of none that ended, denies one.
            let denied = family == Family::Official && status == Status::Restored && recovery == Recovery::None;
            let p = match (claim.failed, analysis.is_outage_report, analysis.is_current) {
                _ if denied => OTHER,
                (true, true, true) => analysis.probability,
                _ if claim.affirmed && family == Family::Social => analysis.probability.max(affirmed),
                (true, false, true) => analysis.probability.min(0.5) * 0.5,
                _ => OTHER,
            };
            let unsure = family == Family::Official && p < OFFICIAL && recovery == Recovery::None;
            let mut features = claim.features;
            for feature in event.iter().flat_map(|event| &event.features) {
                if !features.contains(feature) {
                    features.push(feature.clone());
                }
            }
            features.sort();
            Observation {
                at: minute(&published.at),
                day_only: published.day_only,
                document: document.id.clone(),
                family: if unsure { Family::News } else { family },
                features,
                p,
                source: source.clone(),
                voice: voice.clone(),
                story: story.map(str::to_owned),
                sketch: sketch.clone(),
                start: event.and_then(|event| {
                    let (at, precision) = (event.start?, event.start_precision.unwrap_or(Precision::Minute));
                    Some(StatedStart { at: minute(&at), precision })
                }),
                end: event.and_then(|event| event.end).map(|end| minute(&end)),
                ongoing: status == Status::Ongoing,
                recovery,
                cause: event.and_then(|event| event.cause.clone()),
                spared: spared.iter().filter(|other| **other != service).cloned().collect(),
                service,
            }
        })
        .collect()
}

#[derive(Default)]
struct Claim {
    failed: bool,
    /// An outage word is said of it as a fact, here and now.
    affirmed: bool,
    features: Vec<String>,
}

/// Services that the text uses an outage word of, failed or not.
fn concerned(analysis: &Analysis) -> BTreeMap<String, Claim> {
    let mut services: BTreeMap<String, Claim> = BTreeMap::new();
    for service in analysis.failed() {
        let claim = services.entry(service.service.clone()).or_default();
        claim.failed = true;
        claim.features.extend(service.features.iter().map(|feature| feature.feature.clone()));
    }
    for signal in &analysis.signals {
        if let Some(service) = &signal.service {
            let claim = services.entry(service.clone()).or_default();
            claim.affirmed |= signal.assertion == Assertion::Affirmed;
            if signal.assertion == Assertion::Affirmed
                && let Some(feature) = signal.feature.as_ref().filter(|feature| !claim.features.contains(feature))
            {
                claim.features.push(feature.clone());
            }
        }
    }
    services.retain(|service, _| !service.starts_with("unlisted:"));
    services
}

/// What a text says of recovery. That it is over must stand in the text, as a word for it or as the time of its end: promises,
/// reports of progress and search queries say neither.
fn recovery(analysis: &Analysis, service: &str, family: Family, status: Status, ended: bool) -> Recovery {
    if family == Family::Trends {
        return Recovery::None;
    }
    let mut restored = BTreeSet::new();
    let mut failing = BTreeSet::new();
    let (mut whole, mut fails) = (false, false);
    for signal in analysis.signals.iter().filter(|signal| signal.service.as_deref() == Some(service)) {
        match (signal.assertion, &signal.feature) {
            (Assertion::Restored, Some(feature)) => {
                restored.insert(feature.clone());
            }
            (Assertion::Restored, None) => whole = true,
            (Assertion::Affirmed, Some(feature)) => {
                failing.insert(feature.clone());
                fails = true;
            }
            (Assertion::Affirmed, None) => fails = true,
            _ => {}
        }
    }
    match status {
        Status::Ongoing => {
            restored.retain(|feature| !failing.contains(feature));
            if restored.is_empty() { Recovery::None } else { Recovery::Partial(restored.into_iter().collect()) }
        }
        Status::Restored if whole || ended || !restored.is_empty() => Recovery::Whole,
        Status::Unknown if whole && !fails => Recovery::Whole,
        Status::Unknown if !restored.is_empty() => Recovery::Partial(restored.into_iter().collect()),
        Status::Restored | Status::Unknown => Recovery::None,
    }
}

/// Publisher, board or store; the host of the address if no source is given.
fn source(document: &Document) -> String {
    if let Some(source) = document.source.as_deref().filter(|source| !source.is_empty()) {
        return source.to_owned();
    }
    let host = document.url.as_deref().and_then(|url| url.split_once("://")).map(|(_, rest)| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        host.trim_start_matches("www.").to_owned()
    });
    host.unwrap_or_else(|| "unknown".to_owned())
}
