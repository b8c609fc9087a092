//! Documents of which only the day is known: counted against the usual of a day, never placed at a midnight that nobody saw.
//!
//! The same statistic as the minute meter with the day as its unit: each document is worth
//! `w ln(1 + δ r / (κA r + H))`, the day costs `δ`. A day is judged on its own; drift between days is what κ stands for.

use std::collections::BTreeMap;

use meoktong_dictionaries::catalogue::Tier;
use serde::{Deserialize, Serialize};

use super::baseline::{Level, winsorised};
use super::cusum::likelihood_ratio;
use super::settings::{FAMILIES, Family, Settings};
use super::signal::Observation;
use super::story::Sketch;
use super::track::Counted;

/// Days after which a level's evidence counts half.
const HALF_LIFE: [f64; FAMILIES] = [21.0, 21.0, 60.0, 365.0, 365.0];
/// Least documents a day.
const FLOOR: [f64; FAMILIES] = [0.2, 0.1, 0.02, 1.0 / 365.0, 0.3 / 365.0];
/// Share of the prior that looks like an outage.
const SHARE: [f64; FAMILIES] = [0.6, 0.6, 0.1, 0.5, 0.5];

fn prior(tier: Tier) -> [f64; FAMILIES] {
    match tier {
        Tier::L => [24.0, 2.4, 0.3, 0.016, 0.0014],
        Tier::M => [7.2, 1.0, 0.15, 0.011, 0.0014],
        Tier::S => [2.0, 0.4, 0.05, 0.008, 0.0014],
        Tier::XS => [1.0, 0.3, 0.03, 0.005, 0.0014],
    }
}

/// The documents of one day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Collected {
    observations: Vec<Observation>,
}

/// What a day is worth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayScore {
    /// Evidence in nats, all families.
    pub score: f64,
    /// The same by family; a family without documents has none.
    pub ledger: [f64; FAMILIES],
    /// The documents with their worth.
    pub documents: Vec<Counted>,
    /// Usual failure reports a day.
    pub usual: f64,
}

/// Day counts of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayMeter {
    levels: Vec<[Level; 2]>,
    days: BTreeMap<i64, Collected>,
    learned: Option<i64>,
}

impl DayMeter {
    /// A service of which nothing has been seen.
    #[must_use]
    pub fn new(tier: Tier) -> Self {
        let rates = prior(tier);
        let levels = (0..FAMILIES)
            .map(|f| [Level::new(rates[f] * SHARE[f], 1.0), Level::new(rates[f] * (1.0 - SHARE[f]), 1.0)])
            .collect();
        Self { levels, days: BTreeMap::new(), learned: None }
    }

    /// Takes a document of a day; copies and a second word of one voice do not count. Returns whether it did.
    pub fn take(&mut self, day: i64, observation: Observation) -> bool {
        if self.learned.is_some_and(|learned| day < learned) {
            return false;
        }
        let collected = &mut self.days.entry(day).or_default().observations;
        let known = collected.iter().any(|other| {
            other.document == observation.document
                || (observation.story.is_some() && other.story == observation.story)
                || (observation.voice.is_some()
                    && other.voice == observation.voice
                    && other.recovery == observation.recovery)
                || observation.sketch.is_copy_of(&other.sketch)
        });
        if !known {
            let place = collected.partition_point(|other| other.document < observation.document);
            collected.insert(place, observation);
        }
        !known
    }

    /// Learns from every day before this one.
    fn learn(&mut self, until: i64) {
        let first = self.days.keys().next().copied().unwrap_or(until);
        let mut day = self.learned.unwrap_or(first);
        while day < until {
            let collected = self.days.remove(&day).unwrap_or_default().observations;
            for (family, half_life) in HALF_LIFE.into_iter().enumerate() {
                let p = collected.iter().filter(|o| o.family.index() == family).map(|o| o.p);
                let (reports, all) = p.fold((0.0, 0.0), |(reports, all), p| (reports + p, all + 1.0));
                for (kind, count) in [(0, reports), (1, all - reports)] {
                    let level = &mut self.levels[family][kind];
                    let count = winsorised(count, level.rate());
                    level.learn(count, 1.0, half_life);
                }
            }
            day += 1;
        }
        self.learned = Some(day);
    }

    /// What a day is worth so far, against what the days before it taught.
    pub fn score(&mut self, day: i64, settings: &Settings) -> DayScore {
        self.learn(day);
        let mut result = DayScore::default();
        let Some(collected) = self.days.get(&day) else {
            return result;
        };
        for family in Family::ALL {
            let c = family.index();
            let observations: Vec<&Observation> =
                collected.observations.iter().filter(|o| o.family == family).collect();
            if observations.is_empty() {
                continue;
            }
            let chatter = matches!(family, Family::Social | Family::Reviews);
            let null = if chatter { settings.day_null } else { settings.null[c] };
            let least = if chatter { settings.day_alternative } else { 1.0 };
            let usual = self.levels[c][0].rate().max(FLOOR[c]);
            let bound = null * usual;
            let others: f64 = observations.iter().map(|o| 1.0 - o.p).sum();
            let other = (2.0 * self.levels[c][1].rate()).max(others);
            let extra = least.max(if chatter { 3.0 * bound } else { 0.0 });
            let mut nats = -settings.trust[c] * extra;
            for observation in observations {
                let ratio = likelihood_ratio(settings, observation.p);
                let worth = settings.trust[c] * (1.0 + extra * ratio / (bound * ratio + other)).ln();
                nats += worth;
                let story = observation.story.clone().unwrap_or_else(|| format!("~{}", observation.document));
                let observation = Observation { sketch: Sketch::default(), ..observation.clone() };
                result.documents.push(Counted { nats: worth, story, observation });
            }
            result.ledger[c] = nats.max(0.0);
            result.score += nats.max(0.0);
            result.usual += usual;
        }
        result
    }
}
