//! What an analysis says, in the form of the command-line contract.

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize, Serializer};

/// How a text stands to a service that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The text is evidence that it failed.
    Failed,
    /// Nothing is said of it, but it runs inside a failed service.
    Exposed,
    /// The text says that it goes on, or sets its stand-alone app apart.
    Unaffected,
    /// Only named.
    Mentioned,
}

/// Whether an outage word is meant as a fact, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assertion {
    /// It fails or has just failed.
    Affirmed,
    /// It does not fail.
    Negated,
    /// It might fail, or one should prepare for it.
    Hypothetical,
    /// It failed on an earlier occasion.
    Historical,
    /// It failed and works again.
    Restored,
    /// It will be switched off on purpose.
    Planned,
}

impl Assertion {
    /// The name used in data formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Assertion::Affirmed => "affirmed",
            Assertion::Negated => "negated",
            Assertion::Hypothetical => "hypothetical",
            Assertion::Historical => "historical",
            Assertion::Restored => "restored",
            Assertion::Planned => "planned",
        }
    }
}

/// A feature of a service as a report names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReportedFeature {
    /// Feature id.
    pub feature: String,
    /// Korean name.
    pub name: String,
}

/// A service as a report tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedService {
    /// Service id, or `unlisted:NAME` for one that the catalogue does not hold.
    pub service: String,
    /// Korean name.
    pub name: String,
    /// How the text stands to it.
    pub role: Role,
    /// The features that it tells of in this role.
    pub features: Vec<ReportedFeature>,
    /// For `exposed`: the edge that exposes it, `kind:provider`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub via: Option<String>,
}

/// One outage expression with what it claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The expression in dictionary form.
    pub term: String,
    /// Symptom id.
    pub symptom: String,
    /// Service that it is said of.
    pub service: Option<String>,
    /// Feature that it is said of.
    pub feature: Option<String>,
    /// Whether it is meant as a fact, and when.
    pub assertion: Assertion,
    /// First byte in title, line feed, text.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// The expression as written.
    pub text: String,
}

/// How exactly a time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// To the minute.
    Minute,
    /// To the hour.
    Hour,
    /// To the day.
    Day,
    /// To the month.
    Month,
    /// To the year.
    Year,
}

/// How a stated duration bounds the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// As stated.
    Exact,
    /// 약, 가량, 여, 정도.
    About,
    /// 넘게, 이상, 째.
    MoreThan,
    /// 가까이, 이내.
    LessThan,
}

/// Where an outage stands at publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It goes on.
    Ongoing,
    /// It is over.
    Restored,
    /// The text does not say.
    Unknown,
}

/// One outage of one service as the text tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Service id, or `unlisted:NAME`.
    pub service: String,
    /// Korean name of the service.
    pub name: String,
    /// Feature ids.
    pub features: Vec<String>,
    /// When it began, in Korean time.
    #[serde(serialize_with = "rfc3339")]
    pub start: Option<DateTime<FixedOffset>>,
    /// How exactly the start is known.
    pub start_precision: Option<Precision>,
    /// When it ended, if the text says so.
    #[serde(serialize_with = "rfc3339")]
    pub end: Option<DateTime<FixedOffset>>,
    /// Stated or computed length in minutes.
    pub duration_minutes: Option<i64>,
    /// How the stated length bounds the true one.
    pub duration_bound: Option<Bound>,
    /// Cause in the text's words.
    pub cause: Option<String>,
    /// Where it stands at publication.
    pub status: Status,
    /// Whether it is told as a thing of the past.
    pub historical: bool,
}

/// A time expression, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedTime {
    /// The expression as written.
    pub text: String,
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
    /// The instant, or the first of an interval.
    #[serde(serialize_with = "rfc3339")]
    pub value: Option<DateTime<FixedOffset>>,
    /// The end of an interval.
    #[serde(serialize_with = "rfc3339")]
    pub until: Option<DateTime<FixedOffset>>,
    /// How exact it is.
    pub precision: Precision,
    /// Length in minutes, of a duration.
    pub duration_minutes: Option<i64>,
    /// How the length bounds the true one.
    pub bound: Option<Bound>,
}

/// A morpheme, for `--explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedToken {
    /// As written.
    pub surface: String,
    /// Part of speech (mecab-ko tag).
    pub pos: String,
    /// Dictionary form.
    pub lemma: String,
    /// First byte.
    pub start: usize,
    /// Byte behind the last.
    pub end: usize,
}

/// What `--explain` adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Every morpheme.
    pub tokens: Vec<ReportedToken>,
    /// Every time expression.
    pub times: Vec<ReportedTime>,
    /// What decided, strongest first.
    pub why: Vec<String>,
}

/// The analysis of one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// The document's id.
    pub id: String,
    /// Whether it reports that something specific does not work.
    pub is_outage_report: bool,
    /// Whether that goes on or happened within two days before publication.
    pub is_current: bool,
    /// Calibrated probability of an outage report.
    pub probability: f64,
    /// Services, failed ones first.
    pub services: Vec<ReportedService>,
    /// Outage expressions in order of place.
    pub signals: Vec<Signal>,
    /// Every distinct outage, own ones first.
    pub events: Vec<Event>,
    /// Only with `--explain`.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub explanation: Option<Explanation>,
}

impl Analysis {
    /// The services that the text says failed.
    pub fn failed(&self) -> impl Iterator<Item = &ReportedService> {
        self.services.iter().filter(|service| service.role == Role::Failed)
    }
}

fn rfc3339<S: Serializer>(at: &Option<DateTime<FixedOffset>>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.serialize_str(&at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)),
        None => to.serialize_none(),
    }
}
