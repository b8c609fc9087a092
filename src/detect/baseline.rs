//! What is usual: how many documents a family brings at this hour, learned from the past only.
//!
//! Two rates per family: A, documents that look like a current outage (soft count, sum of p), and H, the others that use
//! outage words. Each is a level times an hour-of-week profile, both learned hour by hour. Hourly counts are winsorised before
//! they teach, so that an outage cannot make the next one look usual.

use meoktong_dictionaries::catalogue::Tier;
use serde::{Deserialize, Serialize};

use super::clock::{Minute, WEEK, hour_of_week};
use super::settings::{FAMILIES, Family};

/// Days after which a level's evidence counts half.
const HALF_LIFE: [f64; FAMILIES] = [21.0, 21.0, 60.0, 365.0, 365.0];
/// Hours that the prior weighs.
const PRIOR_HOURS: [f64; FAMILIES] = [24.0, 24.0, 24.0, 8760.0, 8760.0];
/// Least rates an hour: silence never makes a single document a sensation.
const FLOOR: [f64; FAMILIES] = [0.2 / 24.0, 0.1 / 24.0, 0.02 / 24.0, 1.0 / 8760.0, 0.3 / 8760.0];
/// Share of the prior that looks like a current outage; people always ask "is it only me".
const SHARE: [f64; FAMILIES] = [0.6, 0.6, 0.1, 0.5, 0.5];
/// Pseudo-counts of the default profile.
const PROFILE_PRIOR: f64 = 20.0;
/// Days after which a profile's evidence counts half.
const PROFILE_HALF_LIFE: f64 = 56.0;
/// Families with a profile: social, reviews, news. Trends and notices are too rare to have one.
const PROFILED: usize = 3;

/// Activity of a working day, hour by hour.
const BUSINESS: [f64; 24] = [
    0.25, 0.15, 0.1, 0.08, 0.1, 0.2, 0.5, 1.0, 1.5, 1.8, 1.8, 1.7, 1.5, 1.7, 1.7, 1.7, 1.6, 1.5, 1.3, 1.2, 1.1, 1.0,
    0.8, 0.5,
];
/// Activity of leisure.
const LEISURE: [f64; 24] = [
    0.8, 0.5, 0.3, 0.2, 0.15, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.1, 1.3, 1.1, 1.0, 1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 1.9, 1.8,
    1.3,
];
/// Activity of news desks.
const DESK: [f64; 24] = [
    0.15, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.5, 1.8, 2.0, 2.0, 1.8, 1.5, 1.6, 1.8, 1.8, 1.7, 1.5, 1.2, 0.8, 0.6, 0.5, 0.4,
    0.25,
];

/// Documents an hour that a service of this size brings before anything is learned.
fn prior(tier: Tier, family: usize) -> f64 {
    let by_tier = match tier {
        Tier::L => [1.0, 0.10, 0.3 / 24.0, 6.0 / 8760.0, 0.5 / 8760.0],
        Tier::M => [0.3, 0.04, 0.15 / 24.0, 4.0 / 8760.0, 0.5 / 8760.0],
        Tier::S => [0.08, 0.015, 0.05 / 24.0, 3.0 / 8760.0, 0.5 / 8760.0],
        Tier::XS => [0.04, 0.0125, 0.03 / 24.0, 2.0 / 8760.0, 0.5 / 8760.0],
    };
    by_tier[family]
}

fn default_profile(family: usize) -> Vec<f64> {
    let mut profile: Vec<f64> = (0..WEEK)
        .map(|hour| {
            let (of_day, weekend) = (hour % 24, hour >= 120);
            if family == Family::News.index() {
                DESK[of_day] * if weekend { 0.45 } else { 1.0 }
            } else {
                0.5 * BUSINESS[of_day] * if weekend { 0.6 } else { 1.0 }
                    + 0.5 * LEISURE[of_day] * if weekend { 1.15 } else { 1.0 }
            }
        })
        .collect();
    normalise(&mut profile);
    profile
}

fn normalise(profile: &mut [f64]) {
    let mean = profile.iter().sum::<f64>() / profile.len() as f64;
    profile.iter_mut().for_each(|value| *value /= mean);
}

/// Counts above this teach no more than this; `expected` is the usual count.
pub(super) fn winsorised(count: f64, expected: f64) -> f64 {
    count.min(expected + 4.0 * (expected * (1.0 + expected / 4.0)).sqrt() + 2.0)
}

/// A rate per unit of time (hour, or day) as a Gamma posterior: `events` in `hours`, both fading.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Level {
    events: f64,
    hours: f64,
    prior: f64,
    prior_hours: f64,
}

impl Level {
    pub(super) fn new(prior_rate: f64, prior_hours: f64) -> Self {
        Self { events: prior_rate * prior_hours, hours: prior_hours, prior: prior_rate * prior_hours, prior_hours }
    }

    pub(super) fn learn(&mut self, events: f64, hours: f64, half_life: f64) {
        let keep = (-hours / half_life).exp2();
        self.events = self.prior * (1.0 - keep) + self.events * keep + events;
        self.hours = self.prior_hours * (1.0 - keep) + self.hours * keep + hours;
    }

    pub(super) fn rate(&self) -> f64 {
        self.events / self.hours
    }
}

/// Usual rates of one family at one minute, in documents a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rates {
    /// Documents that look like a current outage.
    pub a: f64,
    /// Others that use outage words.
    pub h: f64,
    /// Profile at this hour; 1 on average.
    pub phi: f64,
}

/// The learned usual of one service, or of one feature of it (then without a profile of its own).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The hour that is being collected, since 1970.
    hour: Option<i64>,
    /// Whether it learns a profile of its own; features take their service's.
    shaped: bool,
    /// Soft counts of that hour: A and H by family.
    collected: [[f64; 2]; FAMILIES],
    levels: Vec<[Level; 2]>,
    counts: Vec<Vec<f64>>,
    exposure: Vec<Vec<f64>>,
    profile: Vec<Vec<f64>>,
}

impl Baseline {
    /// A service of this size before anything is learned; `share` is 1 for the service and less for one of its features.
    #[must_use]
    pub fn new(tier: Tier, share: f64) -> Self {
        let levels = (0..FAMILIES)
            .map(|family| {
                let rate = (prior(tier, family) * share).max(FLOOR[family]);
                let hours = PRIOR_HOURS[family];
                [Level::new(rate * SHARE[family], hours), Level::new(rate * (1.0 - SHARE[family]), hours)]
            })
            .collect();
        Self {
            hour: None,
            shaped: share >= 1.0,
            collected: [[0.0; 2]; FAMILIES],
            levels,
            counts: Vec::new(),
            exposure: Vec::new(),
            profile: Vec::new(),
        }
    }

    /// Notes a counted document with probability `p` of a current outage.
    pub fn count(&mut self, at: Minute, family: Family, p: f64) {
        self.roll(at);
        self.collected[family.index()][0] += p;
        self.collected[family.index()][1] += 1.0 - p;
    }

    /// Learns from every hour that ended before this minute.
    pub fn roll(&mut self, now: Minute) {
        let now = now.div_euclid(60);
        let mut hour = self.hour.unwrap_or(now);
        while hour < now {
            self.learn(hour_of_week(hour * 60));
            self.collected = [[0.0; 2]; FAMILIES];
            hour += 1;
        }
        self.hour = Some(hour);
    }

    fn learn(&mut self, hour: usize) {
        for (family, half_life) in HALF_LIFE.iter().enumerate() {
            let phi = self.phi(family, hour);
            for kind in 0..2 {
                let level = &mut self.levels[family][kind];
                let count = winsorised(self.collected[family][kind], level.rate() * phi);
                level.learn(count, 1.0, half_life * 24.0);
            }
        }
        if self.shaped {
            self.learn_profile(hour);
        }
    }

    fn learn_profile(&mut self, hour: usize) {
        if self.counts.is_empty() {
            self.counts = vec![vec![0.0; WEEK]; PROFILED];
            self.exposure = vec![vec![0.0; WEEK]; PROFILED];
        }
        let keep = (-7.0 / PROFILE_HALF_LIFE).exp2();
        for family in 0..PROFILED {
            let level = self.levels[family][0].rate() + self.levels[family][1].rate();
            let count = self.collected[family][0] + self.collected[family][1];
            let count = winsorised(count, level * self.phi(family, hour));
            let (counts, exposure) = (&mut self.counts[family][hour], &mut self.exposure[family][hour]);
            (*counts, *exposure) = (*counts * keep + count, *exposure * keep + level);
        }
        // Once a day is enough for a shape that takes weeks.
        if hour % 24 == 23 {
            self.profile = (0..PROFILED).map(|family| self.shape(family)).collect();
        }
    }

    fn shape(&self, family: usize) -> Vec<f64> {
        let learned = self.counts[family].iter().zip(&self.exposure[family]);
        let mut profile: Vec<f64> = learned
            .enumerate()
            .map(|(hour, (count, exposure))| {
                (PROFILE_PRIOR * default_phi(family, hour) + count) / (PROFILE_PRIOR + exposure)
            })
            .collect();
        normalise(&mut profile);
        profile
    }

    fn phi(&self, family: usize, hour: usize) -> f64 {
        if family >= PROFILED {
            return 1.0;
        }
        match self.profile.get(family) {
            Some(profile) => profile[hour],
            None => default_phi(family, hour),
        }
    }

    /// The usual rates at a minute. A feature has no profile: `shape` is its service's baseline.
    #[must_use]
    pub fn rates(&self, at: Minute, shape: &Baseline) -> [Rates; FAMILIES] {
        let hour = hour_of_week(at);
        std::array::from_fn(|family| {
            let phi = shape.phi(family, hour);
            let rate = |kind: usize| self.levels[family][kind].rate().max(FLOOR[family] / 2.0) * phi.max(0.1) / 60.0;
            Rates { a: rate(0), h: rate(1), phi }
        })
    }

    /// Usual documents an hour of a family, of both kinds together.
    #[must_use]
    pub fn per_hour(&self, at: Minute, family: Family) -> f64 {
        let rates = self.rates(at, self)[family.index()];
        (rates.a + rates.h) * 60.0
    }
}

fn default_phi(family: usize, hour: usize) -> f64 {
    use std::sync::OnceLock;
    static PROFILES: OnceLock<Vec<Vec<f64>>> = OnceLock::new();
    PROFILES.get_or_init(|| (0..PROFILED).map(default_profile).collect())[family][hour]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::clock::day_start;

    #[test]
    fn a_level_follows_the_stream_and_an_outage_does_not_teach_it() {
        let mut baseline = Baseline::new(Tier::M, 1.0);
        let noon = |day: i64| day_start(day) + 12 * 60;
        for day in 19_000..19_060 {
            for minute in [0, 200, 400] {
                baseline.count(noon(day) + minute, Family::Social, 0.5);
            }
        }
        let before = baseline.per_hour(noon(19_060), Family::Social);
        assert!((0.1..0.5).contains(&before), "three a day, more at noon than at night: {before}");
        for burst in 0..500 {
            baseline.count(noon(19_060) + burst % 60, Family::Social, 0.9);
        }
        let after = baseline.per_hour(noon(19_061), Family::Social);
        assert!(after < before * 2.0, "five hundred posts of one hour must not teach: {before} to {after}");
    }

    #[test]
    fn profiles_have_mean_one() {
        for family in 0..PROFILED {
            let mean = default_profile(family).iter().sum::<f64>() / WEEK as f64;
            assert!((mean - 1.0).abs() < 1e-9);
        }
    }
}
