//! A change as the command-line contract writes it; replay lines and webhook payloads share it.

use serde::Serialize;

use super::blast::Exposed;
use super::explain::Explanation;
use super::transition::{Change, Impact, OnsetSource, State, Transition};

/// One line of the command-line contract.
#[derive(Debug, Clone, Serialize)]
pub struct Line<'a> {
    at: String,
    incident: &'a str,
    change: Change,
    service: &'a str,
    features: &'a [String],
    impact: Impact,
    state: State,
    score: f64,
    threshold: f64,
    evidence: Vec<&'a str>,
    exposed: &'a [Exposed],
    unaffected: Vec<&'a str>,
    onset: String,
    onset_source: OnsetSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_official: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<&'a str>,
    explanation: &'a Explanation,
}

impl<'a> From<&'a Transition> for Line<'a> {
    fn from(change: &'a Transition) -> Self {
        Self {
            at: change.at.to_rfc3339(),
            incident: &change.incident,
            change: change.change,
            service: &change.service,
            features: &change.features,
            impact: change.impact,
            state: change.state,
            score: change.score,
            threshold: change.threshold,
            evidence: change.evidence.iter().map(|evidence| evidence.document.as_str()).collect(),
            exposed: &change.exposed,
            unaffected: change.unaffected.iter().map(|unaffected| unaffected.service.as_str()).collect(),
            onset: change.onset.at.to_rfc3339(),
            onset_source: change.onset.source,
            ended: change.ended.map(|ended| ended.to_rfc3339()),
            cause: change.cause.as_ref().map(|cause| cause.text.as_str()),
            first_official: change.first_official.map(|at| at.to_rfc3339()),
            follows: change.follows.as_deref(),
            explanation: &change.explanation,
        }
    }
}
