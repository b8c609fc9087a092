//! The whole pipeline on a recorded day, through real HTTP on loopback.

pub mod day;
pub mod server;
pub mod sites;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset, Timelike};
use serde::Serialize;

use meoktong_index::SearchIndex;

use crate::config::{Config, Endpoint};
use crate::crawl::fetch::{Fetcher, Limits};
use crate::crawl::guard::Allowed;
use crate::detect::{Change, Family, OnsetSource, Settings, Transition};
use crate::pipeline::{CrawlReport, Move, Parts, Pipeline};
use crate::store::{IncidentRow, Store};
use crate::wiring::{Brain, Post, Watcher, endpoints};

use self::server::{Inbox, Served, VirtualClock};
use self::sites::Sites;

/// Signs the demo's webhooks; it guards nothing.
const SECRET: &str = "whsec_bWVva3RvbmctZGVtby1zZWNyZXQtMzItYnl0ZXMhIQ==";
/// Minutes that the clock runs on behind the last publication, so that what is over is seen to be over.
const RUN_OUT: i64 = 90;

/// An incident with what its last change knew of it.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// The incident as it stands in the store.
    #[serde(flatten)]
    pub row: IncidentRow,
    /// Since when it failed.
    pub onset: DateTime<FixedOffset>,
    /// How that is known.
    pub onset_source: OnsetSource,
    /// Until when, as far as known.
    pub ended: Option<DateTime<FixedOffset>>,
    /// When independent sources agreed, which is when people are told.
    pub confirmed_at: DateTime<FixedOffset>,
    /// Minutes by which that was before the operator's first notice; negative if after it, none without one.
    pub lead_minutes: Option<i64>,
    /// Why, in a text's words.
    pub cause: Option<String>,
    /// Documents that speak for it, by kind of source.
    pub sources: Vec<(Family, usize)>,
    /// Ids of those documents.
    pub evidence: Vec<String>,
}

impl Told {
    /// Reads an incident's story out of the store; none if it was never confirmed.
    ///
    /// # Errors
    /// When the store fails or a record cannot be read.
    pub fn read(store: &Store, row: IncidentRow) -> Result<Option<Self>> {
        let timeline = store.timeline(&row.id)?;
        let changes = timeline.into_iter().map(|change| serde_json::from_value(change.detail));
        let changes: Vec<Transition> = changes.collect::<Result<_, _>>().context("a stored change cannot be read")?;
        let first = changes.iter().filter(|change| change.change == Change::Confirmed).map(|change| change.at).min();
        let (Some(confirmed_at), Some(last)) = (first, changes.iter().max_by_key(|change| change.at)) else {
            return Ok(None);
        };
        let count = |family: Family| last.evidence.iter().filter(|evidence| evidence.family == family).count();
        let sources =
            Family::ALL.into_iter().map(|family| (family, count(family))).filter(|(_, count)| *count > 0).collect();
        Ok(Some(Self {
            onset: last.onset.at,
            onset_source: last.onset.source,
            ended: last.ended,
            confirmed_at,
            lead_minutes: last.first_official.map(|notice| (notice - confirmed_at).num_minutes()),
            cause: last.cause.as_ref().map(|cause| cause.text.clone()),
            sources,
            evidence: last.evidence.iter().map(|evidence| evidence.document.clone()).collect(),
            row,
        }))
    }
}

/// What the replay of the day came to.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Documents stored.
    pub documents: i64,
    /// Answers with a body, without one, and missing pages.
    pub answers: (u64, u64, u64),
    /// Crawls that failed, with their reasons.
    pub failures: Vec<String>,
    /// Incidents, oldest first; suspicions and withdrawn ones are left out.
    pub incidents: Vec<Told>,
    /// Webhooks that arrived, and how many of them were signed rightly.
    pub webhooks: (usize, usize),
    /// Bodies of the webhooks, in order of arrival.
    #[serde(skip)]
    pub bodies: Vec<String>,
    /// Real time that it took.
    pub seconds: f64,
}

/// The pipeline after the day, for looking around in it.
pub struct Demo {
    /// Store and index hold the day.
    pub pipeline: Arc<Pipeline>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What one minute of the day brought.
#[derive(Debug, Default)]
pub struct Minute {
    /// Sources that were asked.
    pub crawls: Vec<CrawlReport>,
    /// Incidents that changed.
    pub moves: Vec<Move>,
}

/// The day as it is played: sites and a webhook receiver on loopback, the real pipeline between them, a virtual clock.
pub struct Stage {
    /// The pipeline that crawls the sites.
    pub pipeline: Arc<Pipeline>,
    clock: VirtualClock,
    now: DateTime<FixedOffset>,
    last: DateTime<FixedOffset>,
    /// When something is published, in order.
    published: Vec<DateTime<FixedOffset>>,
    served: Arc<Served>,
    inbox: Inbox,
    failures: Vec<String>,
    begun: Instant,
}

impl Stage {
    /// Sets the sites up and stops before the first minute.
    ///
    /// # Errors
    /// When a port or the store fails.
    pub async fn set(brain: &Brain, mut config: Config) -> Result<Self> {
        let begun = Instant::now();
        let day = day::day();
        let published: Vec<_> = day.iter().map(|published| published.at).collect();
        let first = *published.first().context("the demo day is empty")?;
        let last = *published.last().context("the demo day is empty")?;
        let start =
            first.with_hour(0).and_then(|at| at.with_minute(0)).and_then(|at| at.with_second(0)).unwrap_or(first);
        let clock = VirtualClock::at(start);
        let sites = Sites::new(day);
        config.source = sites.sources();
        config.documents.keep_chars = 0;
        // The day is polled as its schedules say, so that every run tells the same story.
        config.crawl.adaptive = false;
        let hosts = sites.hosts();
        let (web, served) = server::sites(sites, clock.clone()).await?;
        let (hook, inbox) = server::receiver(SECRET).await?;
        config.endpoint = vec![Endpoint {
            name: "demo".to_owned(),
            url: Some(format!("http://{hook}/hook")),
            secret: Some(SECRET.to_owned()),
            ..Endpoint::default()
        }];
        let told = endpoints(&config.endpoint)?;
        let store = Arc::new(Store::in_memory()?);
        let fixed: HashMap<_, _> = hosts.into_iter().map(|host| (host, web)).collect();
        let limits = Limits {
            timeout: Duration::from_secs(config.crawl.timeout_seconds),
            body_bytes: config.crawl.max_body_mib << 20,
            host_delay: Duration::ZERO,
            contact: config.crawl.contact.clone(),
            robots: true,
            proxy: false,
        };
        let settings = Settings::default();
        let (store_of, catalogue) = (store.clone(), brain.catalogue.clone());
        let time = clock.clone();
        let pipeline = Arc::new(Pipeline::start(Parts {
            index: Arc::new(SearchIndex::in_memory(brain.tokens.clone())?),
            fetcher: Arc::new(Fetcher::new(limits, Allowed { private: true, fixed })?),
            catalogue: brain.catalogue.clone(),
            analyse: brain.analyse.clone(),
            detector: Box::new(Watcher::restore(catalogue, settings, told.clone(), &store_of)?),
            deliver: Arc::new(Post::new(&told, true)?),
            clock: Arc::new(move || time.now()),
            store,
            config,
        })?);
        Ok(Self { pipeline, clock, now: start, last, published, served, inbox, failures: Vec::new(), begun })
    }

    /// The minute that comes next.
    #[must_use]
    pub fn now(&self) -> DateTime<FixedOffset> {
        self.now
    }

    /// Whether the day has been played, with time behind it in which what is over is seen to be over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.now > self.last + chrono::Duration::minutes(RUN_OUT)
    }

    /// How many publications the next minutes bring.
    #[must_use]
    pub fn ahead(&self, minutes: i64) -> usize {
        let until = self.now + chrono::Duration::minutes(minutes);
        self.published.iter().filter(|at| (self.now..until).contains(at)).count()
    }

    /// Webhooks received so far.
    #[must_use]
    pub fn webhooks(&self) -> usize {
        self.inbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len()
    }

    /// Plays a minute: crawls what is due, indexes, detects, delivers.
    ///
    /// # Errors
    /// When the store or the index fails.
    pub async fn minute(&mut self) -> Result<Minute> {
        self.clock.set(self.now);
        let mut minute = Minute::default();
        if self.now <= self.last + chrono::Duration::minutes(10) {
            let due = self.pipeline.due()?;
            minute.crawls = self.pipeline.crawl_all(&due).await?;
            self.failures.extend(minute.crawls.iter().filter_map(|report| report.error.clone()));
        }
        minute.moves = self.pipeline.beat().await?;
        self.now += chrono::Duration::minutes(1);
        Ok(minute)
    }

    /// What has come of it so far.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outcome(&self) -> Result<Outcome> {
        let store = &self.pipeline.store;
        let mut incidents = Vec::new();
        for row in store.incidents(false, 1000)?.into_iter().rev() {
            incidents.extend(Told::read(store, row)?);
        }
        let received = self.inbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(Outcome {
            documents: store.document_count()?.0,
            answers: (
                self.served.fresh.load(Ordering::Relaxed),
                self.served.unchanged.load(Ordering::Relaxed),
                self.served.missing.load(Ordering::Relaxed),
            ),
            failures: self.failures.clone(),
            incidents,
            webhooks: (received.len(), received.iter().filter(|one| one.genuine).count()),
            bodies: received.into_iter().map(|one| one.body).collect(),
            seconds: self.begun.elapsed().as_secs_f64(),
        })
    }
}

/// Replays the day as fast as the machine can. `progress` is told the virtual time once an hour of it.
///
/// # Errors
/// When a port or the store fails.
pub async fn replay(brain: &Brain, config: Config, mut progress: impl FnMut(DateTime<FixedOffset>)) -> Result<Demo> {
    let mut stage = Stage::set(brain, config).await?;
    while !stage.is_over() {
        if stage.now().minute() == 0 {
            progress(stage.now());
        }
        stage.minute().await?;
    }
    let outcome = stage.outcome()?;
    Ok(Demo { pipeline: stage.pipeline, outcome })
}
