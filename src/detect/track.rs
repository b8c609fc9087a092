//! What the meters of one service saw: every counted document, once per story and author.
//!
//! Two tracks run over the same observations: one ninety minutes behind, which late documents can no longer reach and
//! which teaches the baseline, and one at the present. A late document rebuilds the present from the past.

use std::collections::BTreeMap;

use meoktong_dictionaries::catalogue::Tier;
use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::clock::Minute;
use super::cusum::{Heartbeat, Meter};
use super::settings::{FAMILIES, Family, Settings};
use super::signal::{Observation, Recovery};
use super::story::Sketch;

/// Counted documents that are kept of one excursion, the latest; up to twice as many for a while.
const TRAIL: usize = 400;
/// Minutes for which failure reports are remembered, longer than any closing window.
const HEARD: i64 = 360;
/// Share of a service's usual documents that name one given feature.
const FEATURE_SHARE: f64 = 0.2;

/// A document that counted, with its worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Counted {
    /// Worth in nats.
    pub nats: f64,
    /// Story that it tells.
    pub story: String,
    /// What it said.
    pub observation: Observation,
}

/// The usual of a service and of its features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    tier: Tier2,
    /// Of the service.
    pub service: Baseline,
    features: BTreeMap<String, Baseline>,
}

/// [`Tier`] in a form that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Tier2 {
    L,
    M,
    S,
    XS,
}

impl Usual {
    /// A service before anything is learned.
    #[must_use]
    pub fn new(tier: Tier) -> Self {
        let stored = match tier {
            Tier::L => Tier2::L,
            Tier::M => Tier2::M,
            Tier::S => Tier2::S,
            Tier::XS => Tier2::XS,
        };
        Self { tier: stored, service: Baseline::new(tier, 1.0), features: BTreeMap::new() }
    }

    fn tier(&self) -> Tier {
        match self.tier {
            Tier2::L => Tier::L,
            Tier2::M => Tier::M,
            Tier2::S => Tier::S,
            Tier2::XS => Tier::XS,
        }
    }

    fn feature(&mut self, feature: &str) -> &Baseline {
        let tier = self.tier();
        self.features.entry(feature.to_owned()).or_insert_with(|| Baseline::new(tier, FEATURE_SHARE))
    }

    fn learn(&mut self, counted: &Counted) {
        let Observation { at, family, p, ref features, .. } = counted.observation;
        self.service.count(at, family, p);
        let tier = self.tier();
        for feature in features {
            self.features
                .entry(feature.clone())
                .or_insert_with(|| Baseline::new(tier, FEATURE_SHARE))
                .count(at, family, p);
        }
    }
}

/// Meters and memory of one service at one time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The whole service.
    pub meter: Meter,
    /// Its features, as far as documents named them.
    pub features: BTreeMap<String, Meter>,
    /// Documents that counted since the meters were last empty.
    pub trail: Vec<Counted>,
    /// Failure reports of the last hours: minute, sum of probabilities of posts, and of all other documents.
    heard: Vec<(Minute, [f64; 2])>,
    voices: BTreeMap<String, Minute>,
    /// Stories told, by a hash of their name.
    stories: BTreeMap<u64, Minute>,
    swept: Minute,
    sketches: Vec<(Minute, String, Sketch)>,
    forgot: Minute,
}

impl Track {
    /// Drains every meter up to a minute.
    pub fn advance(&mut self, to: Minute, usual: &mut Usual, settings: &Settings, heartbeat: &Heartbeat) {
        self.meter.advance(to, settings, heartbeat, |at| usual.service.rates(at, &usual.service));
        for (feature, meter) in &mut self.features {
            usual.feature(feature);
            let own = &usual.features[feature];
            meter.advance(to, settings, heartbeat, |at| own.rates(at, &usual.service));
        }
        if self.meter.is_empty() {
            self.features.retain(|_, meter| !meter.is_empty());
            if self.features.is_empty() {
                self.trail.clear();
            }
        }
    }

    /// Adds what an observation is worth; none if it is a copy, or its author has just spoken.
    pub fn apply(
        &mut self,
        observation: &Observation,
        usual: &mut Usual,
        settings: &Settings,
        heartbeat: &Heartbeat,
    ) -> Option<Counted> {
        let at = observation.at;
        self.advance(at, usual, settings, heartbeat);
        self.forget(at, settings);
        let story = self.story(observation);
        let told = self.stories.insert(name_hash(&story), at);
        if told.is_some_and(|told| at - told < settings.story_minutes) {
            return None;
        }
        if let Some(voice) = &observation.voice {
            // Failure and recovery by the same source are two things said.
            let said = if observation.recovery == Recovery::Whole { "recovered" } else { "fails" };
            let key = format!("{voice}:{said}");
            let spoke = self.voices.get(&key).copied();
            if spoke.is_some_and(|before| at - before < settings.author_minutes) {
                return None;
            }
            self.voices.insert(key, at);
        }
        let Observation { family, p, .. } = *observation;
        let nats = self.meter.add(settings, family, p, &usual.service.rates(at, &usual.service));
        for feature in &observation.features {
            usual.feature(feature);
            let own = &usual.features[feature];
            let meter = self.features.entry(feature.clone()).or_default();
            meter.advance(at, settings, heartbeat, |_| [Default::default(); FAMILIES]);
            meter.add(settings, family, p, &own.rates(at, &usual.service));
        }
        if observation.recovery != Recovery::Whole {
            let of = usize::from(family != Family::Social);
            match self.heard.last_mut() {
                Some((minute, sums)) if *minute == at => sums[of] += p,
                _ => {
                    let mut sums = [0.0; 2];
                    sums[of] = p;
                    self.heard.push((at, sums));
                }
            }
        }
        // The sketch has done its work; the trail is stored, so it goes without.
        let observation = Observation { sketch: Sketch::default(), ..observation.clone() };
        let counted = Counted { nats, story, observation };
        if self.trail.len() == 2 * TRAIL {
            self.trail.drain(..TRAIL);
        }
        self.trail.push(counted.clone());
        Some(counted)
    }

    /// Forgets the evidence, after an incident has ended; what was said stays known, so that copies do not count again.
    pub fn reset(&mut self) {
        self.meter.reset();
        self.features.clear();
        self.trail.clear();
    }

    /// Drops what is too old to matter, once an hour: the checks themselves look at the time.
    fn forget(&mut self, at: Minute, settings: &Settings) {
        if at < self.forgot + 60 {
            return;
        }
        self.forgot = at;
        self.heard.retain(|(heard, _)| at - *heard < HEARD);
        self.voices.retain(|_, spoke| at - *spoke < settings.author_minutes);
        // Half a million stories of a long outage are walked twice a day, not every hour.
        if at >= self.swept + 720 {
            self.swept = at;
            self.stories.retain(|_, told| at - *told < settings.story_minutes);
        }
        self.sketches.retain(|(told, _, _)| at - *told < settings.story_minutes);
    }

    fn story(&mut self, observation: &Observation) -> String {
        if let Some(story) = &observation.story {
            return story.clone();
        }
        let known = self.sketches.iter().find(|(_, _, sketch)| observation.sketch.is_copy_of(sketch));
        if let Some((_, story, _)) = known {
            return story.clone();
        }
        let story = format!("~{}", observation.document);
        if observation.sketch != Sketch::default() {
            self.sketches.push((observation.at, story.clone(), observation.sketch.clone()));
        }
        story
    }
}

/// FNV-1a: stories are compared within two days of one service, where 64 bits do not collide.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Both tracks of a service, with the observations between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tracks {
    /// The present.
    pub now: Track,
    /// What is usual.
    pub usual: Usual,
    settled: Track,
    settled_at: Minute,
    recent: Vec<Observation>,
}

impl Tracks {
    /// A service of which nothing has been seen.
    #[must_use]
    pub fn new(tier: Tier) -> Self {
        Self {
            now: Track::default(),
            usual: Usual::new(tier),
            settled: Track::default(),
            settled_at: Minute::MIN,
            recent: Vec::new(),
        }
    }

    /// Takes observations in order of time, some of them late. Returns each with whether it looks like a report and, if it
    /// counted, its worth; what is too late to place does not count.
    pub fn take(
        &mut self,
        observations: Vec<Observation>,
        now: Minute,
        settings: &Settings,
        heartbeat: &Heartbeat,
    ) -> Vec<(bool, Option<Counted>)> {
        self.settle(now - settings.late_minutes, settings, heartbeat);
        let key = |o: &Observation| (o.at, o.document.clone());
        let last = self.recent.last().map(key);
        let late = observations.first().is_some_and(|first| last.is_some_and(|last| key(first) < last));
        let mut taken = Vec::with_capacity(observations.len());
        if !late {
            for observation in observations {
                let report = observation.p >= 0.5;
                if observation.at < self.settled_at {
                    taken.push((report, None));
                    continue;
                }
                let counted = self.now.apply(&observation, &mut self.usual, settings, heartbeat);
                self.recent.push(observation);
                taken.push((report, counted));
            }
            return taken;
        }
        // Late ones belong between those that were there: all is counted once more from the settled past.
        let mut waiting: BTreeMap<String, usize> = BTreeMap::new();
        for observation in observations {
            taken.push((observation.p >= 0.5, None));
            if observation.at >= self.settled_at {
                waiting.insert(observation.document.clone(), taken.len() - 1);
                self.recent.push(observation);
            }
        }
        self.recent.sort_by_cached_key(key);
        self.now = self.settled.clone();
        for observation in &self.recent {
            let counted = self.now.apply(observation, &mut self.usual, settings, heartbeat);
            if let Some(place) = waiting.get(&observation.document) {
                taken[*place].1 = counted;
            }
        }
        taken
    }

    /// Moves the settled track on, and teaches the baseline what passes into it.
    fn settle(&mut self, until: Minute, settings: &Settings, heartbeat: &Heartbeat) {
        if until <= self.settled_at {
            return;
        }
        let passed = self.recent.partition_point(|observation| observation.at < until);
        for observation in self.recent.drain(..passed) {
            if let Some(counted) = self.settled.apply(&observation, &mut self.usual, settings, heartbeat) {
                self.usual.learn(&counted);
            }
        }
        self.settled_at = until;
        self.usual.service.roll(until);
        for feature in self.usual.features.values_mut() {
            feature.roll(until);
        }
    }

    /// Drains the present track.
    pub fn advance(&mut self, to: Minute, settings: &Settings, heartbeat: &Heartbeat) {
        self.now.advance(to, &mut self.usual, settings, heartbeat);
    }

    /// Forgets the evidence, after an incident has ended.
    pub fn reset(&mut self, now: Minute, settings: &Settings, heartbeat: &Heartbeat) {
        for observation in self.recent.drain(..) {
            if let Some(counted) = self.settled.apply(&observation, &mut self.usual, settings, heartbeat) {
                self.usual.learn(&counted);
            }
        }
        self.settled_at = self.settled_at.max(now);
        self.settled.reset();
        self.now.reset();
    }

    /// Soft count of failure reports within the last minutes, recoveries not counted; of posts only, or of all.
    #[must_use]
    pub fn soft_count(&self, now: Minute, minutes: i64, posts_only: bool) -> f64 {
        let from = now - minutes;
        let recent = self.now.heard.iter().rev().take_while(|(at, _)| *at > from);
        recent.map(|(_, [posts, others])| if posts_only { *posts } else { posts + others }).sum()
    }

    /// How many failure reports are usual in that time, by the inflated null hypothesis.
    #[must_use]
    pub fn usual_count(&self, now: Minute, minutes: i64, posts_only: bool, settings: &Settings) -> f64 {
        let rates = self.usual.service.rates(now, &self.usual.service);
        let of = Family::ALL.iter().filter(|family| !posts_only || **family == Family::Social);
        of.map(|f| settings.null[f.index()] * rates[f.index()].a).sum::<f64>() * minutes as f64
    }
}
