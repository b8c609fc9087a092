//! The imperative shell: from fetch to commit to index, from tick to incident to delivery. What is decided is
//! decided by the pure parts, which are handed in.

mod crawl;
mod daemon;
mod documents;
mod folder;
mod health;
mod index;
mod pages;
mod stream;

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset};

use meoktong_dictionaries::Catalogue;
use meoktong_index::{Document, Kind, SearchIndex};

use crate::analyse::Analysis;
use crate::config::Config;
use crate::crawl::fetch::Fetcher;
use crate::dedupe::Stories;
use crate::store::{Attempt, ChangeRow, IncidentRow, OutboxRow, Store, TransitionCommit};

pub use crawl::{CrawlReport, condition, to_document};
pub use documents::Arrived;
pub use folder::{Rows, imported, rows};
pub use index::{index_gap, index_with, linked};

/// Documents indexed in one commit.
const INDEX_BATCH: usize = 500;
/// How far back a new document is compared with stored ones at start, in seconds.
const STORY_WINDOW: i64 = 48 * 3600;
/// A message taken by one worker is free again after this many seconds: longer than any HTTP try.
const LEASE: i64 = 120;

/// The analysis of a document; pure.
pub type Analyse = Arc<dyn Fn(&Document) -> Analysis + Send + Sync>;

/// Tells the time; the demo's clock is virtual.
pub type Clock = Arc<dyn Fn() -> DateTime<FixedOffset> + Send + Sync>;

/// One change of an incident with everything that is stored and sent because of it.
#[derive(Debug, Clone)]
pub struct Move {
    /// When, in event time.
    pub at: DateTime<FixedOffset>,
    /// The incident after the change.
    pub incident: IncidentRow,
    /// `opened`, `feature_added`, `impact_raised`, `restored`, `resolved` …
    pub change: String,
    /// Ids of the documents behind it.
    pub evidence: Vec<String>,
    /// The change in the form of the command-line contract.
    pub detail: serde_json::Value,
    /// Whom it is told.
    pub messages: Vec<OutboxRow>,
}

/// What the pipeline asks of the detector together with the deciding half of alerting.
pub trait Detect: Send {
    /// Takes a document in.
    fn observe(&mut self, document: &Document, analysis: &Analysis, story: &str, author: Option<&str>);
    /// Moves the clock and returns what changed.
    fn tick(&mut self, now: DateTime<FixedOffset>) -> Vec<Move>;
    /// What must survive a restart.
    fn memory(&self) -> Vec<u8>;
    /// Layout of [`Detect::memory`].
    fn version(&self) -> i64;
    /// Failure reports an hour that a service usually has at a time, where that is known.
    fn usual(&self, _service: &str, _at: DateTime<FixedOffset>) -> Option<f64> {
        None
    }
    /// Whether it goes on from a stored memory. One that does not must see the stored documents again.
    fn remembers(&self) -> bool;
    /// Hears that sources of a kind answer and are not silent against their habit: that nothing came from them then means
    /// that there was nothing. Without this word for a while the kind is blind.
    fn alive(&mut self, kind: Kind, now: DateTime<FixedOffset>);
    /// The messages by which the operator learns that a source is broken, one for each endpoint.
    fn broken(&self, source: &str, error: &str, now: DateTime<FixedOffset>) -> Vec<OutboxRow>;
}

/// One try to send a message.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Attempt> + Send + 'a>>;

/// What the pipeline asks of the sending half of alerting: the only HTTP POST.
pub trait Deliver: Send + Sync {
    /// Tries once and says what follows.
    fn deliver<'a>(&'a self, message: &'a OutboxRow, now: DateTime<FixedOffset>) -> Sending<'a>;
}

/// What a pipeline is made of.
pub struct Parts {
    /// Configuration.
    pub config: Config,
    /// The truth.
    pub store: Arc<Store>,
    /// The search index.
    pub index: Arc<SearchIndex>,
    /// The only HTTP GET.
    pub fetcher: Arc<Fetcher>,
    /// Services, for the queries of search sources.
    pub catalogue: Arc<Catalogue>,
    /// The analysis.
    pub analyse: Analyse,
    /// The detector.
    pub detector: Box<dyn Detect>,
    /// The only HTTP POST.
    pub deliver: Arc<dyn Deliver>,
    /// The time.
    pub clock: Clock,
}

/// The running whole.
pub struct Pipeline {
    /// Configuration.
    pub config: Config,
    /// The truth.
    pub store: Arc<Store>,
    /// The search index.
    pub index: Arc<SearchIndex>,
    fetcher: Arc<Fetcher>,
    catalogue: Arc<Catalogue>,
    analyse: Analyse,
    // Makes hashes of authors useless outside this installation.
    salt: String,
    deliver: Arc<dyn Deliver>,
    /// The time.
    pub clock: Clock,
    /// Rises whenever something was stored that a page may show.
    pub stirred: tokio::sync::watch::Sender<u64>,
    // One writer: documents are committed and observed in one order.
    writing: Mutex<Writing>,
}

struct Writing {
    stories: Stories,
    detector: Box<dyn Detect>,
    seen: i64,
    /// Changes of a tick that could not be stored; the next one tries again.
    unstored: Vec<Move>,
    judged: i64,
}

impl Pipeline {
    /// Puts the parts together and brings them to where the last process stopped: stories of the last two days, documents
    /// that the detector has not seen, rows that the index lacks.
    ///
    /// # Errors
    /// When store or index cannot be read.
    pub fn start(parts: Parts) -> Result<Self> {
        let Parts { config, store, index, fetcher, catalogue, analyse, mut detector, deliver, clock } = parts;
        let now = clock().timestamp();
        let salt = store.salt(&fresh_salt())?;
        let mut stories = Stories::default();
        for known in store.documents_since(now - STORY_WINDOW, 20_000)? {
            let at = known.document.published_at.map_or(known.fetched, |p| p.at.timestamp());
            stories.restore(&known.document, at, &about(&known.analysis), &known.story);
        }
        let mut seen = match store.detector_state()? {
            Some((version, seen, _)) if version == detector.version() && detector.remembers() => seen,
            // Nothing older than the baseline needs is observed again; the detector itself drops what is too old.
            _ => 0,
        };
        loop {
            let missed = store.documents_after(seen, INDEX_BATCH)?;
            let Some(last) = missed.last() else { break };
            seen = last.row;
            for known in &missed {
                detector.observe(&known.document, &known.analysis, &known.story, known.author.as_deref());
            }
        }
        let writing = Mutex::new(Writing { stories, detector, seen, unstored: Vec::new(), judged: 0 });
        let stirred = tokio::sync::watch::Sender::new(0);
        let pipeline =
            Self { config, store, index, fetcher, catalogue, analyse, salt, deliver, clock, stirred, writing };
        pipeline.index_gap()?;
        Ok(pipeline)
    }

    /// Failure reports an hour that a service usually has at these times.
    #[must_use]
    pub fn usual(&self, service: &str, at: &[DateTime<FixedOffset>]) -> Vec<Option<f64>> {
        let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        at.iter().map(|at| writing.detector.usual(service, *at)).collect()
    }

    /// Tells those who show the state that it has changed.
    fn stir(&self) {
        self.stirred.send_modify(|count| *count += 1);
    }

    /// Moves the detector's clock, stores what changed together with its messages, and returns the changes.
    ///
    /// # Errors
    /// When the store fails; the changes are kept and stored by the next tick, or made again after a restart.
    pub fn tick(&self, now: DateTime<FixedOffset>) -> Result<Vec<Move>> {
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut moves = std::mem::take(&mut writing.unstored);
        moves.extend(writing.detector.tick(now));
        if moves.is_empty() {
            return Ok(moves);
        }
        let memory = writing.detector.memory();
        // One commit for all changes of a tick: the memory holds all of them.
        let mut commit = TransitionCommit { at: now.timestamp(), ..TransitionCommit::default() };
        commit.detector = Some((&memory, writing.detector.version(), writing.seen));
        for made in &moves {
            let change =
                ChangeRow { at: made.at.to_rfc3339(), change: made.change.clone(), detail: made.detail.clone() };
            commit.changes.push((made.incident.id.clone(), change));
            commit.evidence.extend(made.evidence.iter().map(|id| (made.incident.id.clone(), id.clone())));
            commit.outbox.extend(made.messages.iter().cloned());
            commit.incidents.push(made.incident.clone());
        }
        if let Err(error) = self.store.commit_transition_with_outbox(&commit) {
            writing.unstored = moves;
            return Err(error).context("incident changes could not be stored; the next tick tries again");
        }
        self.stir();
        for made in &moves {
            tracing::info!(incident = %made.incident.id, service = %made.incident.service, change = %made.change,
                impact = %made.incident.impact, score = made.incident.score, "incident");
        }
        Ok(moves)
    }

    /// Sends the messages that are due. Returns how many were tried.
    ///
    /// # Errors
    /// When the store fails; the lease of a message then runs out and it is sent once more with the same id.
    pub async fn deliver_due(&self) -> Result<usize> {
        let now = (self.clock)();
        let due = self.store.claim_due_messages(now.timestamp(), LEASE, 32)?;
        for message in &due {
            let attempt = self.deliver.deliver(message, now).await;
            tracing::info!(delivery = %message.id, endpoint = %message.endpoint, status = attempt.status,
                error = attempt.error.as_deref(), took_ms = attempt.took_ms, "delivery");
            self.store.commit_attempt(&message.id, &message.endpoint, &attempt)?;
        }
        if !due.is_empty() {
            self.stir();
        }
        Ok(due.len())
    }
}

/// A salt that nobody can guess: the keys of std's hash maps come from the operating system.
fn fresh_salt() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

/// What a document reports on, for comparing headlines.
fn about(analysis: &Analysis) -> Vec<String> {
    analysis.failed().map(|service| service.service.clone()).collect()
}
