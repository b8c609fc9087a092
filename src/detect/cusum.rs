//! The evidence meter: a flood-aware marked Poisson CUSUM in nats.
//!
//! Silence drains it, every document adds what it is worth. The null hypothesis is not the learned rate but several times
//! that rate, because rates wander; under it `exp(increments)` is a supermartingale, so that false alarms are at least
//! `e^threshold` minutes apart on average, with no assumption of independence.

use serde::{Deserialize, Serialize};

use super::baseline::Rates;
use super::clock::Minute;
use super::settings::{FAMILIES, Family, Settings};

/// Clip of the likelihood ratio of one document, in nats: no text is more certain than 55 to 1.
const CLIP: f64 = 4.0;

/// When each family was fed: silence of a family that nothing feeds says nothing and drains nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Heartbeat {
    spans: [Vec<(Minute, Minute)>; FAMILIES],
}

impl Heartbeat {
    /// Notes that a family brought a document, on whatever service.
    pub fn beat(&mut self, family: Family, at: Minute, lasts: i64) {
        let spans = &mut self.spans[family.index()];
        let (mut start, mut end) = (at, at + lasts);
        spans.retain(|&(from, to)| {
            let apart = to < start || from > end;
            if !apart {
                (start, end) = (start.min(from), end.max(to));
            }
            apart
        });
        let place = spans.partition_point(|&(from, _)| from < start);
        spans.insert(place, (start, end));
        if spans.len() > 64 {
            spans.remove(0);
        }
    }

    /// Minutes of an interval in which the family was fed.
    #[must_use]
    pub fn fed(&self, family: usize, from: Minute, to: Minute) -> f64 {
        self.spans[family].iter().map(|&(start, end)| (end.min(to) - start.max(from)).max(0)).sum::<i64>() as f64
    }

    /// Whether the family was fed at a minute.
    #[must_use]
    pub fn is_fed(&self, family: Family, at: Minute) -> bool {
        self.spans[family.index()].iter().any(|&(start, end)| (start..=end).contains(&at))
    }
}

/// The extra rate, in documents a minute, that the alternative hypothesis expects of a family.
#[must_use]
pub fn extra(settings: &Settings, family: usize, rates: Rates) -> f64 {
    let least = settings.alternative[family];
    if family >= Family::Trends.index() {
        least
    } else {
        (least * rates.phi.max(0.3)).max(3.0 * settings.null[family] * rates.a)
    }
}

/// The likelihood ratio "current outage" to "anything else" of a document with probability `p`.
#[must_use]
pub fn likelihood_ratio(settings: &Settings, p: f64) -> f64 {
    let p = p.clamp(0.001, 0.999);
    let prior = settings.prevalence / (1.0 - settings.prevalence);
    (p / (1.0 - p) / prior).clamp((-CLIP).exp(), CLIP.exp())
}

/// One meter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    /// Evidence in nats.
    pub score: f64,
    /// Evidence by family in nats, before the caps.
    pub ledger: [f64; FAMILIES],
    /// Minute in which the score last rose from nothing.
    pub since: Option<Minute>,
    flood: [f64; FAMILIES],
    at: Minute,
}

impl Meter {
    /// Whether there is no evidence at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.score <= 0.0 && self.ledger.iter().all(|nats| *nats <= 0.0)
    }

    /// Drains the meter up to a minute; exact, as the rates are constant within an hour.
    pub fn advance(
        &mut self,
        to: Minute,
        settings: &Settings,
        heartbeat: &Heartbeat,
        rates: impl Fn(Minute) -> [Rates; FAMILIES],
    ) {
        if to <= self.at {
            return;
        }
        let fade = (-((to - self.at) as f64) / settings.flood_half_life).exp2();
        self.flood.iter_mut().for_each(|flood| *flood *= fade);
        let mut from = self.at;
        while from < to && !self.is_empty() {
            let until = to.min((from.div_euclid(60) + 1) * 60);
            let rates = rates(from);
            let mut total = 0.0;
            for (family, rates) in rates.into_iter().enumerate() {
                let minutes = heartbeat.fed(family, from, until);
                let drain = settings.trust[family] * extra(settings, family, rates) * minutes;
                self.ledger[family] = (self.ledger[family] - drain).max(0.0);
                total += drain;
            }
            self.score = (self.score - total).max(0.0);
            from = until;
        }
        if self.score <= 0.0 {
            self.since = None;
        }
        self.at = to;
    }

    /// Adds one counted document and returns what it was worth in nats. Call [`Meter::advance`] first.
    pub fn add(&mut self, settings: &Settings, family: Family, p: f64, rates: &[Rates; FAMILIES]) -> f64 {
        let c = family.index();
        let ratio = likelihood_ratio(settings, p);
        let usual = settings.null[c] * rates[c].a;
        let other = (2.0 * rates[c].h).max(self.flood[c]);
        let nats = settings.trust[c] * (1.0 + extra(settings, c, rates[c]) * ratio / (usual * ratio + other)).ln();
        if self.score <= 0.0 {
            self.since = Some(self.at);
        }
        self.ledger[c] += nats;
        let most: f64 = (0..FAMILIES).map(|f| self.ledger[f].min(settings.caps[f])).sum();
        self.score = (self.score + nats).min(most);
        self.flood[c] += (1.0 - p) * std::f64::consts::LN_2 / settings.flood_half_life;
        nats
    }

    /// Forgets the evidence but not the flood.
    pub fn reset(&mut self) {
        self.score = 0.0;
        self.ledger = [0.0; FAMILIES];
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::baseline::Baseline;
    use meoktong_dictionaries::catalogue::Tier;

    /// 2022-10-12 14:00 in Korea, a Wednesday afternoon.
    const START: Minute = 27_759_180;

    fn fed() -> Heartbeat {
        let mut heartbeat = Heartbeat::default();
        for family in Family::ALL {
            heartbeat.beat(family, START - 1000, 100_000);
        }
        heartbeat
    }

    fn worth(tier: Tier, family: Family, p: f64) -> f64 {
        let (settings, baseline) = (Settings::default(), Baseline::new(tier, 1.0));
        let mut meter = Meter::default();
        meter.advance(START, &settings, &fed(), |at| baseline.rates(at, &baseline));
        meter.add(&settings, family, p, &baseline.rates(START, &baseline))
    }

    #[test]
    fn a_document_is_worth_less_where_documents_are_usual() {
        let [l, m, s, xs] = [Tier::L, Tier::M, Tier::S, Tier::XS].map(|tier| worth(tier, Family::Social, 0.95));
        assert!(l < m && m < s && s <= xs, "{l} {m} {s} {xs}");
        assert!((1.0..2.2).contains(&l) && (2.0..4.5).contains(&xs), "{l} {xs}");
        assert!(worth(Tier::L, Family::Social, 0.05) < l);
        assert!((7.0..10.0).contains(&worth(Tier::L, Family::Official, 0.95)), "a notice is worth about nine nats");
    }

    #[test]
    fn draining_in_steps_or_at_once_is_the_same() {
        let (settings, baseline) = (Settings::default(), Baseline::new(Tier::L, 1.0));
        let rates = |at| baseline.rates(at, &baseline);
        let filled = || {
            let mut meter = Meter::default();
            meter.advance(START, &settings, &fed(), rates);
            for _ in 0..12 {
                meter.add(&settings, Family::Social, 0.9, &rates(START));
                meter.add(&settings, Family::News, 0.9, &rates(START));
            }
            meter
        };
        let (mut once, mut steps) = (filled(), filled());
        assert!(once.score > 20.0);
        once.advance(START + 47, &settings, &fed(), rates);
        for minute in 1..=47 {
            steps.advance(START + minute, &settings, &fed(), rates);
        }
        assert!((once.score - steps.score).abs() < 1e-9, "{} {}", once.score, steps.score);
        assert!(once.score < filled().score - 2.0, "silence drains");
    }

    #[test]
    fn silence_of_a_blind_family_drains_nothing() {
        let (settings, baseline) = (Settings::default(), Baseline::new(Tier::L, 1.0));
        let mut meter = Meter { at: START, ..Meter::default() };
        let before = meter.add(&settings, Family::News, 0.9, &baseline.rates(START, &baseline));
        meter.advance(START + 600, &settings, &Heartbeat::default(), |at| baseline.rates(at, &baseline));
        assert!((meter.score - before).abs() < 1e-9);
    }

    #[test]
    fn a_flood_explains_itself() {
        let (settings, baseline) = (Settings::default(), Baseline::new(Tier::M, 1.0));
        let rates = baseline.rates(START, &baseline);
        let alone = Meter { at: START, ..Meter::default() }.add(&settings, Family::Social, 0.7, &rates);
        let mut flooded = Meter { at: START, ..Meter::default() };
        for _ in 0..200 {
            flooded.add(&settings, Family::Social, 0.05, &rates);
        }
        let within = flooded.add(&settings, Family::Social, 0.7, &rates);
        assert!(within < alone / 4.0, "{within} against {alone}");
    }

    #[test]
    fn heartbeats_merge() {
        let mut heartbeat = Heartbeat::default();
        heartbeat.beat(Family::News, 100, 50);
        heartbeat.beat(Family::News, 400, 50);
        heartbeat.beat(Family::News, 140, 50);
        assert_eq!(heartbeat.fed(Family::News.index(), 0, 1000), 140.0);
        assert!(heartbeat.is_fed(Family::News, 190) && !heartbeat.is_fed(Family::News, 300));
    }
}
