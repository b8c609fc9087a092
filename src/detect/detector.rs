//! The state machine: observations in, transitions out, minute by minute of a clock that is passed in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use meoktong_dictionaries::Catalogue;
use meoktong_dictionaries::catalogue::{Service, Tier};
use meoktong_index::Document;
use serde::{Deserialize, Serialize};

use super::blast::{exposed, unaffected};
use super::clock::{Minute, day, day_start, instant, minute};
use super::cusum::Heartbeat;
use super::day::{DayMeter, DayScore};
use super::explain::explain;
use super::impact::impact;
use super::incident::{Incident, confirms};
use super::settings::{Family, Settings};
use super::signal::{Observation, Recovery, family, observations};
use super::track::Tracks;
use super::transition::{Change, OnsetSource, State, Transition};
use crate::analyse::{Analysis, Precision};

/// Probability of a text about an outage that is already over: it feeds the flood, not the meter.
const ECHO: f64 = 0.05;
/// Minutes after an end in which texts still tell of it.
const ECHO_MINUTES: i64 = 48 * 60;
/// Minutes within which a new incident follows the one before.
const FOLLOWS: i64 = 24 * 60;
/// Minutes after a text that says it goes on in which silence elsewhere ends nothing.
const SAID_TO_GO_ON: i64 = 30;
/// Minutes over which the busiest time of an outage is measured.
const PEAK: i64 = 15;
/// Nats of new reports that undo a recovery.
const RELAPSE: f64 = 6.0;
/// Minutes for which document ids are remembered.
const SEEN: i64 = 7 * 24 * 60;

/// An incident that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Closed {
    id: String,
    onset: Minute,
    ended: Minute,
    at: Minute,
}

/// Everything known of one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Watch {
    tracks: Tracks,
    days: DayMeter,
    /// Usual failure reports a day, as of the last judgement.
    day_usual: f64,
    /// Copies of reports since the meters were last empty.
    copies: u32,
    incident: Option<Incident>,
    last: Option<Closed>,
}

/// What the detector remembers; stored and restored, so that a restart changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    clock: Option<Minute>,
    services: BTreeMap<String, Watch>,
    heartbeat: Heartbeat,
    pending: Vec<Observation>,
    seen: BTreeMap<String, Minute>,
    seen_swept: Option<Minute>,
}

/// Turns analysed documents into incidents.
#[derive(Debug, Clone)]
pub struct Detector {
    catalogue: Catalogue,
    settings: Settings,
    memory: Memory,
    /// Services that share an operator or an edge with one.
    kin: BTreeMap<String, BTreeSet<String>>,
}

impl Detector {
    /// A detector that has seen nothing.
    #[must_use]
    pub fn new(catalogue: &Catalogue, settings: Settings) -> Self {
        Self::restore(catalogue, settings, Memory::default())
    }

    /// A detector that goes on where another stopped.
    #[must_use]
    pub fn restore(catalogue: &Catalogue, settings: Settings, memory: Memory) -> Self {
        Self { catalogue: catalogue.clone(), settings, memory, kin: kin(catalogue) }
    }

    /// What to store.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Open incidents, in order of service.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.memory.services.values().filter_map(|watch| watch.incident.as_ref())
    }

    /// Failure reports an hour that a service usually has at a time, over all families, as far as it was learned.
    #[must_use]
    pub fn usual(&self, service: &str, at: DateTime<FixedOffset>) -> Option<f64> {
        let usual = &self.memory.services.get(service)?.tracks.usual.service;
        Some(usual.rates(minute(&at), usual).iter().map(|rates| rates.a * 60.0).sum())
    }

    /// Takes a document in; it counts at the next [`Detector::tick`]. `story` names the wire story that it copies, if the
    /// deduplication knows. The same id counts once.
    pub fn observe(&mut self, document: &Document, analysis: &Analysis, story: Option<&str>) {
        self.observe_by(document, analysis, story, None);
    }

    /// The same with the author of a post, who counts once in half an hour.
    pub fn observe_by(&mut self, document: &Document, analysis: &Analysis, story: Option<&str>, author: Option<&str>) {
        let Some(published) = document.published_at else {
            return;
        };
        let at = minute(&published.at);
        if self.memory.seen.insert(document.id.clone(), at).is_some() {
            return;
        }
        let kind = family(document.kind);
        if !published.day_only {
            self.memory.heartbeat.beat(kind, at, self.settings.blind_minutes[kind.index()]);
        }
        let known = observations(document, analysis, story, author, self.settings.affirmed);
        let speaker = document
            .about
            .as_deref()
            .filter(|_| kind == Family::Official)
            .and_then(|label| self.operator(label))
            .map(str::to_owned);
        for mut observation in known {
            let Some(service) = self.catalogue.service(&observation.service) else { continue };
            // What an operator says of another's service is hearsay, however official its own notice is.
            if observation.family == Family::Official
                && speaker.as_ref().is_some_and(|speaker| *speaker != service.operator)
            {
                observation.family = Family::News;
            }
            self.memory.pending.push(observation);
        }
    }

    /// Notes that sources of a kind answered at a minute, though they may have brought nothing: their silence then counts.
    pub fn alive(&mut self, family: Family, at: Minute) {
        self.memory.heartbeat.beat(family, at, self.settings.blind_minutes[family.index()]);
    }

    /// Takes in what an analysed document says of one service; [`Detector::observe`] does so for each service of a document.
    pub fn take(&mut self, observation: Observation) {
        self.memory.pending.push(observation);
    }

    /// Who runs the service that a notice board belongs to.
    fn operator(&self, label: &str) -> Option<&str> {
        let label = label.trim();
        let own = |service: &&Service| {
            service.id == label
                || service.name == label
                || service.name_en == label
                || service.aliases.iter().any(|alias| alias == label)
        };
        self.catalogue.services().iter().find(own).map(|service| service.operator.as_str())
    }

    /// Moves the clock to `now` and returns what changed on the way, in order of time. Documents published later than
    /// `now` wait.
    pub fn tick(&mut self, now: DateTime<FixedOffset>) -> Vec<Transition> {
        let now = minute(&now);
        self.memory.pending.sort_by(|a, b| (a.at, &a.document, &a.service).cmp(&(b.at, &b.document, &b.service)));
        let mut changes = Vec::new();
        let dated = self.collect_days(now);
        let first = self.memory.pending.first().map_or(now, |observation| observation.at);
        let mut clock = self.memory.clock.unwrap_or_else(|| first.min(now) - 1);
        // Late documents count at once; the clock never goes back.
        if clock >= now {
            self.step(clock, &mut changes);
        }
        while clock < now {
            let due = self.memory.pending.first().map_or(now, |observation| observation.at);
            clock = if self.incidents().next().is_some() { clock + 1 } else { due.clamp(clock + 1, now) };
            self.memory.clock = Some(clock);
            self.step(clock, &mut changes);
        }
        self.memory.clock = Some(clock);
        for service in dated {
            self.judge_day(&service, clock, &mut changes);
        }
        if self.memory.seen_swept.is_none_or(|swept| clock >= swept + 60) {
            self.memory.seen.retain(|_, at| clock - *at < SEEN);
            self.memory.seen_swept = Some(clock);
        }
        changes
    }

    /// Puts date-only documents of days that have begun to their days. Returns the services concerned.
    fn collect_days(&mut self, now: Minute) -> BTreeSet<String> {
        let today = day(now);
        let (dated, rest) = std::mem::take(&mut self.memory.pending)
            .into_iter()
            .partition(|o: &Observation| o.day_only && day(o.at) <= today);
        self.memory.pending = rest;
        let dated: Vec<Observation> = dated;
        let mut services = BTreeSet::new();
        for observation in dated {
            let service = observation.service.clone();
            let of = day(observation.at);
            if self.watch(&service).days.take(of, observation) && of >= today - 2 {
                services.insert(service);
            }
        }
        services
    }

    fn watch(&mut self, service: &str) -> &mut Watch {
        let tier = self.catalogue.service(service).map_or(Tier::S, |service| service.tier);
        self.memory.services.entry(service.to_owned()).or_insert_with(|| Watch {
            tracks: Tracks::new(tier),
            days: DayMeter::new(tier),
            day_usual: 0.0,
            copies: 0,
            incident: None,
            last: None,
        })
    }

    /// One minute: what was published in it, then what that means.
    fn step(&mut self, now: Minute, changes: &mut Vec<Transition>) {
        let due = self.memory.pending.partition_point(|observation| observation.at <= now);
        let mut by_service: BTreeMap<String, Vec<Observation>> = BTreeMap::new();
        for observation in self.memory.pending.drain(..due) {
            by_service.entry(observation.service.clone()).or_default().push(observation);
        }
        let mut touched: BTreeSet<String> = BTreeSet::new();
        for (service, mut observations) in by_service {
            self.watch(&service);
            let (Memory { services, heartbeat, .. }, settings) = (&mut self.memory, &self.settings);
            let Some(watch) = services.get_mut(&service) else { continue };
            for observation in &mut observations {
                if watch.last.as_ref().is_some_and(|last| echoes(observation, last)) {
                    observation.p = observation.p.min(ECHO);
                    observation.recovery = Recovery::None;
                }
            }
            for (report, counted) in watch.tracks.take(observations, now, settings, heartbeat) {
                if report && counted.is_none() {
                    watch.copies += 1;
                }
                if let Some(incident) = &mut watch.incident {
                    incident.copies = watch.copies;
                    if let Some(counted) = counted {
                        incident.hear(&counted);
                    }
                }
            }
            touched.insert(service);
        }
        touched.extend(self.incidents().map(|incident| incident.service.clone()));
        let mut confirmed = self.confirmed();
        for service in touched {
            if let Some(watch) = self.memory.services.get_mut(&service) {
                watch.tracks.advance(now, &self.settings, &self.memory.heartbeat);
                if watch.tracks.now.trail.is_empty() {
                    watch.copies = 0;
                }
                match &watch.incident {
                    None => self.try_open(&service, now, &mut confirmed, changes),
                    Some(_) => self.progress(&service, now, &mut confirmed, changes),
                }
            }
        }
    }

    fn try_open(
        &mut self,
        service: &str,
        now: Minute,
        confirmed: &mut BTreeSet<String>,
        changes: &mut Vec<Transition>,
    ) {
        let Some(watch) = self.memory.services.get(service) else { return };
        let track = &watch.tracks.now;
        // A feature's meter is one of several that could alarm by chance, so it needs more.
        let offered = self.catalogue.service(service).map_or(1, |service| service.features.len().max(1));
        let by_feature = self.settings.suspect + (offered as f64).ln();
        let feature = track
            .features
            .values()
            .filter(|meter| meter.score >= by_feature)
            .max_by(|a, b| a.score.total_cmp(&b.score));
        // An operator who says that it goes on needs no second voice; a notice of planned work misread does.
        let admitted = track.trail.iter().any(|counted| {
            let Observation { family, p, ongoing, .. } = counted.observation;
            family == Family::Official && p >= 0.8 && ongoing
        });
        let (meter, threshold) = match feature {
            _ if admitted || track.meter.score >= self.settings.suspect => (&track.meter, self.settings.suspect),
            Some(feature) => (feature, by_feature),
            None => return,
        };
        let reports: Vec<_> = track.trail.iter().filter(|counted| counted.observation.p >= 0.5).collect();
        let official = reports.iter().any(|counted| counted.observation.family == Family::Official);
        // Ranks alone never open an incident, and one text is no crowd.
        let texts = reports.iter().filter(|counted| counted.observation.family != Family::Trends).count();
        if texts == 0 || (reports.len() < 2 && !official) {
            return;
        }
        let (since, copies) = (meter.since.unwrap_or(now), watch.copies);
        let first =
            reports.iter().map(|counted| counted.observation.at).filter(|at| *at >= since).min().unwrap_or(since);
        let after = watch.last.as_ref().map(|last| last.ended);
        let mut incident = Incident::open(service, now, first, None, after, &track.trail);
        incident.copies = copies;
        if self.explained(&incident) {
            return;
        }
        let score = meter.score;
        self.opened(service, incident, now, score, threshold, changes);
        self.progress(service, now, confirmed, changes);
    }

    /// Whether all that failed runs inside a service that is known to be down: that is its outage, and here its reach.
    fn explained(&self, incident: &Incident) -> bool {
        let down = self.confirmed();
        !incident.features.is_empty()
            && self.incidents().filter(|parent| down.contains(&parent.service)).any(|parent| {
                let hit = exposed(&self.catalogue, &parent.service, &parent.features, &down);
                let within = |feature: &String| {
                    hit.iter().any(|e| {
                        e.service == incident.service && (e.feature.is_none() || e.feature.as_ref() == Some(feature))
                    })
                };
                incident.features.iter().all(within)
            })
    }

    fn opened(
        &mut self,
        service: &str,
        mut incident: Incident,
        now: Minute,
        score: f64,
        threshold: f64,
        changes: &mut Vec<Transition>,
    ) {
        let confirmed = self.confirmed();
        let Some(watch) = self.memory.services.get_mut(service) else { return };
        if let Some(last) = &watch.last
            && now - last.at <= FOLLOWS
        {
            incident.follows = Some(last.id.clone());
        }
        incident.impact = impact(&self.catalogue, &incident, now, related(&self.kin, service, &confirmed));
        watch.incident = Some(incident);
        self.emit(service, Change::Opened, now, score, threshold, changes);
    }

    fn confirmed(&self) -> BTreeSet<String> {
        let confirmed = |incident: &&Incident| matches!(incident.state, State::Confirmed | State::Recovering);
        self.incidents().filter(confirmed).map(|incident| incident.service.clone()).collect()
    }

    /// Moves an open incident on.
    fn progress(
        &mut self,
        service: &str,
        now: Minute,
        confirmed: &mut BTreeSet<String>,
        changes: &mut Vec<Transition>,
    ) {
        let settings = self.settings.clone();
        let Some(Watch { tracks, incident: Some(incident), .. }) = self.memory.services.get_mut(service) else {
            return;
        };
        let track = &tracks.now;
        let score = track.meter.score;
        let mut news = Vec::new();
        if incident.state == State::Suspected && confirms(score, &track.meter.ledger, &track.trail, &settings, false) {
            incident.state = State::Confirmed;
            confirmed.insert(service.to_owned());
            news.push((Change::Confirmed, settings.confirm));
        }
        let joined = incident.join(|feature| track.features.get(feature).map_or(0.0, |meter| meter.score));
        if !joined.is_empty() {
            news.push((Change::FeatureAdded, 4.0));
        }
        let matters = impact(&self.catalogue, incident, now, related(&self.kin, service, confirmed));
        if matters > incident.impact {
            incident.impact = matters;
            news.push((Change::ImpactRaised, 0.0));
        }
        let mut over = None;
        match incident.state {
            State::Recovering
                if incident.relapse >= RELAPSE || (incident.relapse > 0.0 && !incident.officially_over()) =>
            {
                incident.relapsed();
                news.push((Change::Confirmed, 0.0));
            }
            State::Recovering => {
                // A later text may know the end better than the first one did.
                incident.ended = incident.recovery().or(incident.ended);
                let settled = incident.restored.map_or(0, |restored| now - restored);
                // Reports that go on speak against the notice; a straggler or two are usual.
                let window = settings.settle_minutes;
                let quiet = || {
                    let heard = tracks.soft_count(now, window.min(settled), false);
                    heard <= tracks.usual_count(now, window, false, &settings).max(1.0)
                };
                if settled >= window && quiet() {
                    incident.state = State::Resolved;
                    over = Some(Change::Resolved);
                }
            }
            State::Suspected | State::Confirmed => {
                if incident.state == State::Confirmed
                    && let Some(ended) = incident.recovery()
                {
                    (incident.state, incident.restored, incident.ended) = (State::Recovering, Some(now), Some(ended));
                    news.push((Change::Restored, 0.0));
                } else if incident.last_day.is_none() {
                    over = decayed(incident, tracks, now, &settings, &self.memory.heartbeat);
                } else {
                    over = self.day_closes(service, now);
                }
            }
            State::Resolved | State::Retracted => {}
        }
        for (change, threshold) in news {
            self.emit(service, change, now, score, threshold, changes);
        }
        if let Some(change) = over {
            confirmed.remove(service);
            self.close(service, change, now, score, changes);
        }
    }

    /// At the end of a day without excess, what date-only documents opened is over.
    fn day_closes(&mut self, service: &str, now: Minute) -> Option<Change> {
        let today = day(now);
        if now != day_start(today + 1) - 1 {
            return None;
        }
        let settings = &self.settings;
        let Watch { days, incident: Some(incident), .. } = self.memory.services.get_mut(service)? else { return None };
        let last = incident.last_day?;
        if today <= last {
            return None;
        }
        if days.score(today, settings).score > 0.0 {
            incident.last_day = Some(today);
            return None;
        }
        incident.ended = Some(day_start(last + 1));
        let confirmed = incident.state == State::Confirmed;
        incident.state = if confirmed { State::Resolved } else { State::Retracted };
        Some(if confirmed { Change::Resolved } else { Change::Retracted })
    }

    fn close(&mut self, service: &str, change: Change, now: Minute, score: f64, changes: &mut Vec<Transition>) {
        self.emit(service, change, now, score, 0.0, changes);
        let (Memory { services, heartbeat, .. }, settings) = (&mut self.memory, &self.settings);
        let Some(watch) = services.get_mut(service) else { return };
        let Some(incident) = watch.incident.take() else { return };
        if change == Change::Resolved {
            let ended = incident.ended.unwrap_or(now);
            watch.last = Some(Closed { id: incident.id, onset: incident.onset, ended, at: now });
        }
        watch.tracks.reset(now, settings, heartbeat);
        if change == Change::Resolved {
            // What was said of services that it took along is explained, and must not open an incident after it.
            let failed = BTreeSet::from([service.to_owned()]);
            for hit in exposed(&self.catalogue, service, &incident.features, &failed) {
                if let Some(watch) = services.get_mut(&hit.service).filter(|watch| watch.incident.is_none()) {
                    watch.tracks.reset(now, settings, heartbeat);
                }
            }
        }
    }

    /// Whether a day's date-only documents exceed the usual of a day.
    fn judge_day(&mut self, service: &str, now: Minute, changes: &mut Vec<Transition>) {
        let today = day(now);
        let settings = self.settings.clone();
        let Some(watch) = self.memory.services.get_mut(service) else { return };
        let DayScore { score, ledger, documents, usual } = watch.days.score(today, &settings);
        let threshold = settings.day_suspect;
        watch.day_usual = usual;
        let sure = confirms(score, &ledger, &documents, &settings, true);
        match &mut watch.incident {
            None if score >= threshold && documents.len() >= 2 => {
                let after = watch.last.as_ref().map(|last| last.ended);
                let incident = Incident::open(service, now, day_start(today), Some(today), after, &documents);
                self.opened(service, incident, now, score, threshold, changes);
            }
            Some(incident) => {
                let known: BTreeSet<String> = incident.evidence.iter().map(|e| e.document.clone()).collect();
                for counted in documents.iter().filter(|counted| !known.contains(&counted.observation.document)) {
                    incident.hear(counted);
                }
                if incident.last_day.is_some() && score > 0.0 {
                    incident.last_day = Some(today);
                }
            }
            None => return,
        }
        if let Some(Watch { incident: Some(incident), .. }) = self.memory.services.get_mut(service)
            && incident.state == State::Suspected
            && sure
        {
            incident.state = State::Confirmed;
            self.emit(service, Change::Confirmed, now, score, settings.confirm, changes);
        }
    }

    fn emit(
        &self,
        service: &str,
        change: Change,
        now: Minute,
        score: f64,
        threshold: f64,
        changes: &mut Vec<Transition>,
    ) {
        let Some(Watch { tracks, incident: Some(incident), day_usual, .. }) = self.memory.services.get(service) else {
            return;
        };
        let mut failed = self.confirmed();
        failed.insert(service.to_owned());
        let exposed = exposed(&self.catalogue, service, &incident.features, &failed);
        let unaffected = unaffected(&self.catalogue, &exposed, &incident.spared, &failed);
        let usual = match incident.onset_source {
            OnsetSource::Day => *day_usual,
            _ => Family::ALL.iter().map(|family| tracks.usual.service.per_hour(now, *family)).sum(),
        };
        changes.push(Transition {
            at: instant(now),
            incident: incident.id.clone(),
            change,
            service: service.to_owned(),
            features: incident.features.iter().filter(|f| !incident.recovered.contains(*f)).cloned().collect(),
            impact: incident.impact,
            state: incident.state,
            score: (score * 100.0).round() / 100.0,
            threshold: (threshold * 100.0).round() / 100.0,
            evidence: incident.evidence.clone(),
            exposed,
            unaffected,
            onset: incident.onset(),
            ended: incident.ended.map(instant),
            cause: incident.cause(),
            first_official: incident.first_official.map(instant),
            follows: incident.follows.clone(),
            explanation: explain(incident, change, now, score, usual),
        });
    }
}

/// For each service those that share its operator or an edge with it.
fn kin(catalogue: &Catalogue) -> BTreeMap<String, BTreeSet<String>> {
    let mut kin: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut by_operator: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for service in catalogue.services() {
        by_operator.entry(&service.operator).or_default().push(&service.id);
    }
    for own in by_operator.values() {
        for service in own {
            kin.entry((*service).to_owned()).or_default().extend(own.iter().map(|other| (*other).to_owned()));
        }
    }
    for edge in catalogue.edges() {
        let (a, b) = (&edge.dependent.service, &edge.provider.service);
        kin.entry(a.clone()).or_default().insert(b.clone());
        kin.entry(b.clone()).or_default().insert(a.clone());
    }
    kin
}

/// How many confirmed failures, this one included, share an operator or an edge with it.
fn related(kin: &BTreeMap<String, BTreeSet<String>>, service: &str, confirmed: &BTreeSet<String>) -> usize {
    if !confirmed.contains(service) {
        return 0;
    }
    let of = |other: &&String| other.as_str() == service || kin.get(service).is_some_and(|kin| kin.contains(*other));
    confirmed.iter().filter(of).count()
}

/// Whether reports have been few for long enough: as few as usual, or next to nothing of what they were. Where posts carry
/// an outage they end it, since those who complain stop when it works, while articles about it go on.
fn decayed(
    incident: &mut Incident,
    tracks: &Tracks,
    now: Minute,
    settings: &Settings,
    heartbeat: &Heartbeat,
) -> Option<Change> {
    let age = now - incident.onset.max(incident.opened - 360);
    let posts = incident.tally[Family::Social.index()].0;
    let posts_only = posts >= settings.close_posts && heartbeat.is_fed(Family::Social, now);
    let documents = if posts_only { posts } else { incident.documents() };
    // A confirmed outage may earn more patience: closing and opening again tells people twice.
    let least = settings.close_window[usize::from(incident.state != State::Suspected)];
    let window = (3 * age / i64::from(documents.max(1))).clamp(least, 180);
    incident.peak = incident.peak.max(tracks.soft_count(now, PEAK, posts_only) / PEAK as f64);
    let next_to_nothing = settings.close_share * incident.peak * window as f64;
    let few = tracks.usual_count(now, window, posts_only, settings).max(next_to_nothing).max(1.0);
    let said = incident.last_ongoing.is_some_and(|at| now - at < SAID_TO_GO_ON);
    if said || now - incident.opened < window || tracks.soft_count(now, window, posts_only) > few {
        incident.quiet_since = None;
        return None;
    }
    let since = *incident.quiet_since.get_or_insert(now);
    if now - since < settings.close_quiet {
        return None;
    }
    incident.ended = Some(incident.last_report);
    let suspected = incident.state == State::Suspected;
    incident.state = if suspected { State::Retracted } else { State::Resolved };
    Some(if suspected { Change::Retracted } else { Change::Resolved })
}

/// Whether a text tells of an incident that is already over.
fn echoes(observation: &Observation, last: &Closed) -> bool {
    if observation.at > last.at + ECHO_MINUTES {
        return false;
    }
    if matches!(observation.family, Family::Reviews | Family::Trends) {
        return false;
    }
    let restored = observation.recovery == Recovery::Whole;
    match observation.start {
        Some(start) => match start.precision {
            Precision::Minute | Precision::Hour => start.at <= last.ended,
            Precision::Day => !observation.ongoing && day(start.at) <= day(last.ended),
            Precision::Month | Precision::Year => !observation.ongoing,
        },
        None if observation.family == Family::Social => restored,
        None => restored || (!observation.ongoing && observation.at <= last.at + FOLLOWS / 2),
    }
}
