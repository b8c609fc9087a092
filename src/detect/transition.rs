//! The changes that an incident goes through, as the store keeps them and alerts are made of them.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::blast::{Exposed, Unaffected};
use super::explain::Explanation;
use super::settings::Family;

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Enough evidence to look at.
    Suspected,
    /// Independent sources agree.
    Confirmed,
    /// Reported as restored; waiting whether that lasts.
    Recovering,
    /// Over. A resolved incident never reopens.
    Resolved,
    /// Was a suspicion only, and faded.
    Retracted,
}

impl State {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Suspected => "suspected",
            State::Confirmed => "confirmed",
            State::Recovering => "recovering",
            State::Resolved => "resolved",
            State::Retracted => "retracted",
        }
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// One feature beside the core, or a small service.
    Minor,
    /// A core feature of a large service, several features, or an hour.
    Major,
    /// Two hours of a large service, or many services at once.
    Critical,
}

impl Impact {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Impact::Minor => "minor",
            Impact::Major => "major",
            Impact::Critical => "critical",
        }
    }
}

/// What happened to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is suspected.
    Opened,
    /// Independent sources agree.
    Confirmed,
    /// More features fail.
    FeatureAdded,
    /// It matters more.
    ImpactRaised,
    /// Reported as restored.
    Restored,
    /// Over.
    Resolved,
    /// The suspicion faded.
    Retracted,
}

impl Change {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Change::Opened => "opened",
            Change::Confirmed => "confirmed",
            Change::FeatureAdded => "feature_added",
            Change::ImpactRaised => "impact_raised",
            Change::Restored => "restored",
            Change::Resolved => "resolved",
            Change::Retracted => "retracted",
        }
    }
}

/// How the onset is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnsetSource {
    /// The operator says so.
    Official,
    /// Two or more independent texts say so.
    Agreed,
    /// One text says so.
    Stated,
    /// The minute in which reports began to exceed the usual.
    ChangePoint,
    /// Only the day is known.
    Day,
}

/// When an incident began, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onset {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// How that is known.
    pub source: OnsetSource,
    /// The document that says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub document: Option<String>,
}

/// A document that speaks for the incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Document id.
    pub document: String,
    /// Kind of source.
    pub family: Family,
    /// Worth in nats when it was counted.
    pub weight: f64,
    /// Publisher, board or store.
    pub source: String,
    /// When it was published.
    pub at: DateTime<FixedOffset>,
}

/// A cause in a text's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The words.
    pub text: String,
    /// The document.
    pub document: String,
    /// Whether the operator says so.
    pub official: bool,
}

/// One change of one incident: what the store keeps and alerts are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// When it changed, on the virtual clock.
    pub at: DateTime<FixedOffset>,
    /// Incident id.
    pub incident: String,
    /// What changed.
    pub change: Change,
    /// Service id.
    pub service: String,
    /// Failed features; none means that the texts speak of the whole service.
    pub features: Vec<String>,
    /// How much it matters.
    pub impact: Impact,
    /// Where it stands now.
    pub state: State,
    /// Evidence in nats.
    pub score: f64,
    /// The score that this change needed.
    pub threshold: f64,
    /// Why we believe it, in order of time.
    pub evidence: Vec<Evidence>,
    /// Features elsewhere that hang on what failed.
    pub exposed: Vec<Exposed>,
    /// Services that go on.
    pub unaffected: Vec<Unaffected>,
    /// Since when.
    pub onset: Onset,
    /// Until when, as far as known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<DateTime<FixedOffset>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<Cause>,
    /// First official notice of the failure, and with it how late it came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first_official: Option<DateTime<FixedOffset>>,
    /// The incident that ended shortly before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<String>,
    /// The same in a line for people.
    pub explanation: Explanation,
}
