//! One outage of one service, from suspicion to its end: what its documents say together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::clock::{Minute, instant};
use super::settings::{FAMILIES, Family, Settings};
use super::signal::{Recovery, StatedStart};
use super::track::Counted;
use super::transition::{Cause, Evidence, Impact, Onset, OnsetSource, State};
use crate::analyse::Precision;

/// Documents below this probability are no evidence.
const REPORT: f64 = 0.5;
/// Most documents that an incident keeps by name.
const EVIDENCE: usize = 200;
/// Most statements of one sort that are weighed; beyond that more of them change nothing.
const TOLD: usize = 100;
/// Minutes by which independent statements of the start may differ.
const AGREE: i64 = 10;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Vote {
    family: Family,
    source: String,
    story: String,
    at: Minute,
    end: Option<Minute>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Start {
    stated: StatedStart,
    family: Family,
    source: String,
    document: String,
}

/// An incident that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Id: `inc_` and a hash of service and onset.
    pub id: String,
    /// Service id.
    pub service: String,
    /// Where it stands.
    pub state: State,
    /// Failed features.
    pub features: BTreeSet<String>,
    /// Features that the operator says work again.
    pub recovered: BTreeSet<String>,
    /// How much it matters.
    pub impact: Impact,
    /// Since when.
    pub onset: Minute,
    /// How that is known.
    pub onset_source: OnsetSource,
    /// The document that says so.
    pub onset_document: Option<String>,
    /// When it was opened.
    pub opened: Minute,
    /// When recovery was accepted.
    pub restored: Option<Minute>,
    /// When it worked again, as stated or accepted.
    pub ended: Option<Minute>,
    /// The last day that failed, if date-only documents opened it.
    pub last_day: Option<i64>,
    /// Documents by name, in order of time.
    pub evidence: Vec<Evidence>,
    /// Documents and nats by family.
    pub tally: [(u32, f64); FAMILIES],
    /// Copies that did not count.
    pub copies: u32,
    /// Services that texts say go on: service, document.
    pub spared: BTreeMap<String, String>,
    /// First official notice of the failure.
    pub first_official: Option<Minute>,
    /// The incident that ended shortly before.
    pub follows: Option<String>,
    /// Last failure report.
    pub last_report: Minute,
    /// Last text of press or operator that says it goes on.
    pub last_ongoing: Option<Minute>,
    /// Reports a minute at the busiest time.
    pub peak: f64,
    /// Since when reports have been as few as usual.
    pub quiet_since: Option<Minute>,
    /// Nats of failure reports since recovery was accepted.
    pub relapse: f64,
    change_point: Minute,
    earliest: Minute,
    votes: Vec<Vote>,
    starts: Vec<Start>,
    causes: Vec<(Cause, String)>,
    tellers: BTreeMap<String, BTreeSet<String>>,
    told_officially: BTreeSet<String>,
}

impl Incident {
    /// Opens an incident on the documents that led to it. `change_point` is when reports began to exceed the usual;
    /// `after` is the end of the incident before it, which its start cannot precede.
    #[must_use]
    pub fn open(
        service: &str,
        now: Minute,
        change_point: Minute,
        day: Option<i64>,
        after: Option<Minute>,
        trail: &[Counted],
    ) -> Self {
        let mut incident = Self {
            id: String::new(),
            service: service.to_owned(),
            state: State::Suspected,
            features: BTreeSet::new(),
            recovered: BTreeSet::new(),
            impact: Impact::Minor,
            onset: change_point,
            onset_source: if day.is_some() { OnsetSource::Day } else { OnsetSource::ChangePoint },
            onset_document: None,
            opened: now,
            restored: None,
            ended: None,
            last_day: day,
            evidence: Vec::new(),
            tally: [(0, 0.0); FAMILIES],
            copies: 0,
            spared: BTreeMap::new(),
            first_official: None,
            follows: None,
            last_report: change_point,
            last_ongoing: None,
            peak: 0.0,
            quiet_since: None,
            relapse: 0.0,
            change_point,
            earliest: after.unwrap_or(Minute::MIN).max(change_point - 1440),
            votes: Vec::new(),
            starts: Vec::new(),
            causes: Vec::new(),
            tellers: BTreeMap::new(),
            told_officially: BTreeSet::new(),
        };
        for counted in trail {
            incident.hear(counted);
        }
        incident.features = incident.first_features(trail);
        incident.id = id(service, incident.onset);
        incident
    }

    /// Takes in a counted document.
    pub fn hear(&mut self, counted: &Counted) {
        let observation = &counted.observation;
        if observation.p < REPORT && observation.recovery == Recovery::None {
            return;
        }
        let family = observation.family;
        if self.evidence.len() < EVIDENCE {
            self.evidence.push(Evidence {
                document: observation.document.clone(),
                family,
                weight: (counted.nats * 100.0).round() / 100.0,
                source: observation.source.clone(),
                at: instant(observation.at),
            });
        }
        self.tally[family.index()].0 += 1;
        self.tally[family.index()].1 += counted.nats;
        for spared in &observation.spared {
            self.spared.entry(spared.clone()).or_insert_with(|| observation.document.clone());
        }
        for feature in &observation.features {
            let tellers = self.tellers.entry(feature.clone()).or_default();
            if tellers.len() < TOLD {
                tellers.insert(counted.story.clone());
            }
            if family == Family::Official {
                self.told_officially.insert(feature.clone());
            }
        }
        if let Some(stated) = observation.start.filter(|_| self.starts.len() < TOLD || family == Family::Official) {
            let (source, document) = (observation.source.clone(), observation.document.clone());
            self.starts.push(Start { stated, family, source, document });
            self.date();
        }
        if let Some(text) =
            observation.cause.as_ref().filter(|_| self.causes.len() < TOLD || family == Family::Official)
        {
            let official = family == Family::Official;
            let cause = Cause { text: text.clone(), document: observation.document.clone(), official };
            self.causes.push((cause, counted.story.clone()));
        }
        match &observation.recovery {
            Recovery::Whole if self.votes.len() < TOLD || family == Family::Official => self.votes.push(Vote {
                family,
                source: observation.source.clone(),
                story: counted.story.clone(),
                at: observation.at,
                end: observation.end,
            }),
            Recovery::Partial(features) if family == Family::Official => {
                self.recovered.extend(features.iter().cloned())
            }
            _ => {}
        }
        if observation.recovery != Recovery::Whole {
            self.last_report = self.last_report.max(observation.at);
            if family == Family::Official && self.first_official.is_none() {
                self.first_official = Some(observation.at);
            }
            if observation.ongoing && matches!(family, Family::News | Family::Official) {
                self.last_ongoing = self.last_ongoing.max(Some(observation.at));
            }
            let from_now = observation.ongoing || family == Family::Social || family == Family::Reviews;
            if self.restored.is_some_and(|restored| observation.at > restored) && from_now {
                self.relapse += counted.nats;
            }
        }
    }

    fn first_features(&self, trail: &[Counted]) -> BTreeSet<String> {
        let reports = trail.iter().filter(|c| c.observation.p >= REPORT).count().max(1);
        let share = |tellers: &BTreeSet<String>| tellers.len() * 3 >= reports || tellers.len() >= 3;
        self.tellers.iter().filter(|(_, tellers)| share(tellers)).map(|(feature, _)| feature.clone()).collect()
    }

    /// Features that enough independent texts have added since.
    pub fn join(&mut self, scores: impl Fn(&str) -> f64) -> Vec<String> {
        let joined: Vec<String> = self
            .tellers
            .iter()
            .filter(|(feature, _)| !self.features.contains(*feature) && !self.recovered.contains(*feature))
            .filter(|(feature, tellers)| {
                self.told_officially.contains(*feature)
                    || (tellers.len() >= 2 && (scores(feature) >= 4.0 || tellers.len() >= 4))
            })
            .map(|(feature, _)| feature.clone())
            .collect();
        self.features.extend(joined.iter().cloned());
        joined
    }

    /// Settles the onset: the operator, then agreement, then the earlier of one statement and the change point.
    fn date(&mut self) {
        if self.last_day.is_some() {
            return;
        }
        let exact: Vec<&Start> = self
            .starts
            .iter()
            .filter(|s| matches!(s.stated.precision, Precision::Minute | Precision::Hour))
            .filter(|s| s.stated.at >= self.earliest && s.stated.at <= self.change_point.max(self.opened) + AGREE)
            .collect();
        let chosen =
            exact.iter().find(|s| s.family == Family::Official).map(|s| (*s, OnsetSource::Official)).or_else(|| {
                let agreed = exact.iter().filter(|s| {
                    exact.iter().any(|o| o.source != s.source && (o.stated.at - s.stated.at).abs() <= AGREE)
                });
                agreed.min_by_key(|s| s.stated.at).map(|s| (*s, OnsetSource::Agreed)).or_else(|| {
                    let first = exact.iter().min_by_key(|s| s.stated.at)?;
                    (first.stated.at <= self.change_point).then_some((*first, OnsetSource::Stated))
                })
            });
        if let Some((start, source)) = chosen {
            let (at, document) = (start.stated.at, start.document.clone());
            (self.onset, self.onset_source, self.onset_document) = (at, source, Some(document));
        }
    }

    /// Whether the operator itself says that it is over.
    #[must_use]
    pub fn officially_over(&self) -> bool {
        self.votes.iter().any(|vote| vote.family == Family::Official && vote.at >= self.onset)
    }

    /// When it worked again: the operator says so, or two kinds of source do after which nobody reports a failure.
    #[must_use]
    pub fn recovery(&self) -> Option<Minute> {
        let votes = || self.votes.iter().filter(|vote| vote.at >= self.onset);
        let official = votes().rfind(|vote| vote.family == Family::Official);
        let families: BTreeSet<Family> = votes().map(|vote| vote.family).collect();
        let told = official.map(|vote| vote.at).or_else(|| votes().map(|vote| vote.at).max())?;
        if official.is_none() && (families.len() < 2 || self.last_report > told) {
            return None;
        }
        let stated = official.and_then(|vote| vote.end).or_else(|| votes().find_map(|vote| vote.end));
        Some(stated.filter(|end| *end >= self.onset && *end <= told).unwrap_or(told))
    }

    /// Forgets what was said of recovery, because it failed again.
    pub fn relapsed(&mut self) {
        self.votes.clear();
        self.restored = None;
        self.ended = None;
        self.relapse = 0.0;
        self.state = State::Confirmed;
    }

    /// The cause that the operator gives, else the one that most stories give, the earliest of equals.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        if let Some((cause, _)) = self.causes.iter().rev().find(|(cause, _)| cause.official) {
            return Some(cause.clone());
        }
        let votes = |text: &str| {
            self.causes.iter().filter(|(c, _)| c.text == text).map(|(_, story)| story).collect::<BTreeSet<_>>().len()
        };
        self.causes.iter().rev().max_by_key(|(cause, _)| votes(&cause.text)).map(|(cause, _)| cause.clone())
    }

    /// Documents that speak for it.
    #[must_use]
    pub fn documents(&self) -> u32 {
        self.tally.iter().map(|(documents, _)| documents).sum()
    }

    /// When it began and how that is known.
    #[must_use]
    pub fn onset(&self) -> Onset {
        Onset { at: instant(self.onset), source: self.onset_source, document: self.onset_document.clone() }
    }
}

/// Whether evidence suffices to call it an outage. One publisher, one story or one forum never does; the operator's own
/// notice does, and so do many authors of a forum, each with an own report.
#[must_use]
pub fn confirms(
    score: f64,
    ledger: &[f64; FAMILIES],
    trail: &[Counted],
    settings: &Settings,
    whole_days: bool,
) -> bool {
    let reports = || trail.iter().filter(|counted| counted.observation.p >= REPORT);
    let stories: BTreeSet<&str> = reports().map(|counted| counted.story.as_str()).collect();
    let sources: BTreeSet<&str> = reports().map(|counted| counted.observation.source.as_str()).collect();
    let of = |family: Family| reports().filter(move |counted| counted.observation.family == family);
    if of(Family::Official).any(|counted| counted.observation.p >= 0.8) {
        return true;
    }
    let families = ledger.iter().filter(|nats| **nats >= settings.second_family).count();
    if score >= settings.confirm && families >= 2 && stories.len() >= 2 && sources.len() >= 2 {
        return true;
    }
    let press: BTreeSet<&str> = of(Family::News).map(|counted| counted.observation.source.as_str()).collect();
    let told: BTreeSet<&str> = of(Family::News).map(|counted| counted.story.as_str()).collect();
    if score >= settings.confirm && press.len() >= settings.press_alone && told.len() >= settings.press_alone {
        return true;
    }
    let authors = |family: Family| {
        let voices: BTreeSet<&str> = of(family)
            .map(|counted| counted.observation.voice.as_deref().unwrap_or(&counted.observation.document))
            .collect();
        voices.len()
    };
    if whole_days {
        let crowd = |f: Family| ledger[f.index()] >= settings.day_confirm && authors(f) >= settings.day_authors;
        crowd(Family::Social) || crowd(Family::Reviews)
    } else {
        ledger[Family::Social.index()] >= settings.social_alone && authors(Family::Social) >= settings.social_authors
    }
}

/// An incident's id: the same service and onset give the same id in every replay.
fn id(service: &str, onset: Minute) -> String {
    let digest = Sha256::digest(format!("{service}\n{}", onset.div_euclid(10)));
    let hex: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("inc_{hex}")
}
