//! One source, once: plan, fetch, read, keep what is new.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Duration, FixedOffset};
use meoktong_index::{Document, Kind, Published};
use serde::Serialize;

use super::{Arrived, Pipeline};
use crate::config::{Adapter, Source};
use crate::crawl::fetch::{FetchError, Fetched, Validators};
use crate::crawl::plan::{self, Call, Cursor, Keys};
use crate::crawl::read::{Answer, read};
use crate::crawl::schedule::{self, Bounds};
use crate::crawl::{Entry, ReadError, Reading};
use crate::normalise::{address_key, canonical_url, short_hash};
use crate::store::{Crawled, FetchState, Progress, Rank, Update};

/// Requests of one run that may fail before the rest is left for the next run.
const MOST_FAILED: usize = 3;
/// Failures in a row with which a refusal (401, 403, 404, 410) begins: what is refused now is refused in a minute too.
const REFUSED: i64 = 6;

/// What a crawl of one source did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CrawlReport {
    /// Source.
    pub source: String,
    /// Documents stored.
    pub new: usize,
    /// Documents that were known.
    pub known: usize,
    /// Known documents that say something else now.
    pub updated: usize,
    /// Entries set aside: neither headline nor text, or not what the format says.
    pub skipped: usize,
    /// Whether the source said that nothing changed.
    pub unchanged: bool,
    /// Why it failed, with the way out.
    pub error: Option<String>,
    /// Pages of entries that could not be fetched; their excerpts were stored.
    pub pages_failed: usize,
    /// What else there is to know: a quota that is used up, page rules that no longer match.
    pub note: Option<String>,
    /// Requests sent for the source itself.
    pub requests: usize,
    /// Seconds it took.
    pub seconds: f64,
}

/// Why a crawl ended without an answer.
#[derive(Debug)]
pub(super) struct Failure {
    what: String,
    wait: Option<Duration>,
    refused: bool,
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let wait = error.retry_after().map(|seconds| Duration::seconds(seconds as i64));
        let refused = matches!(error, FetchError::Status { status: 401 | 403 | 404 | 410, .. } | FetchError::Robots(_));
        Self { what: error.to_string(), wait, refused }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let refused = matches!(error, ReadError::Challenge(_));
        Self { what: error.to_string(), wait: None, refused }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { what: format!("{error:#}"), wait: None, refused: false }
    }
}

impl Failure {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), wait: None, refused: false }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }
}

/// What one run gathers before it is stored.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) arrived: Vec<Arrived>,
    pub(super) crawled: Crawled,
    pub(super) cursor: Cursor,
    pub(super) seen: HashSet<String>,
    /// Seconds for which nothing changes, as the server says.
    pub(super) hold: u64,
}

impl Pipeline {
    /// Crawls one source. A failure is part of the report and of the source's state, never of others.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn crawl(self: &Arc<Self>, source: &Source) -> Result<CrawlReport> {
        let begun = std::time::Instant::now();
        let now = (self.clock)();
        let before = self.store.fetch_state(&source.name)?;
        let progress = self.store.progress(&source.name)?;
        let mut report = CrawlReport { source: source.name.clone(), ..CrawlReport::default() };
        let (usual, bounds) = self.rhythm(source, now);
        let mut gathered = Gathered {
            cursor: serde_json::from_str(&progress.cursor).unwrap_or_default(),
            crawled: Crawled {
                state: FetchState { checked_at: Some(now.timestamp()), ..before.clone() },
                progress,
                at: now.timestamp(),
                ..Crawled::default()
            },
            ..Gathered::default()
        };
        let done = match source.adapter {
            Adapter::Folder => self.read_folder(source, &mut gathered, now, &mut report).await,
            Adapter::Bluesky => self.listen_once(source, &mut gathered, &mut report).await,
            Adapter::Inbound => Ok(()),
            _ => self.fetch_new(source, &mut gathered, now, bounds, &mut report).await,
        };
        match done {
            Ok(()) => {
                let pace = gathered.crawled.progress.pace;
                let incident = self.config.crawl.adaptive && !self.store.incidents(true, 1)?.is_empty();
                let pace =
                    if self.config.crawl.adaptive { bounds.pace(pace, gathered.arrived.len(), incident) } else { 1.0 };
                gathered.crawled.progress.pace = pace;
                let due = usual.as_ref().map_or(now + Duration::hours(1), |s| bounds.due(s, &source.name, now, pace));
                let hold = now + Duration::seconds(gathered.hold as i64).min(bounds.most);
                let next = due.max(hold).timestamp();
                let state = &mut gathered.crawled.state;
                // A quota that is used up has set a later time already.
                state.next_check_at = if state.next_check_at > now.timestamp() && report.note.is_some() {
                    state.next_check_at.max(next)
                } else {
                    next
                };
                self.keep(source, gathered, now, &mut report).await?;
            }
            Err(failure) => self.failed(source, &before, gathered.crawled, failure, now, &mut report)?,
        }
        report.seconds = begun.elapsed().as_secs_f64();
        match &report.error {
            Some(error) => tracing::warn!(source = %source.name, error_count = before.error_count + 1, "{error}"),
            None if report.new > 0 => tracing::info!(source = %source.name, new = report.new, "crawled"),
            None => tracing::debug!(source = %source.name, unchanged = report.unchanged, "crawled"),
        }
        Ok(report)
    }

    fn rhythm(&self, source: &Source, now: DateTime<FixedOffset>) -> (Option<cron::Schedule>, Bounds) {
        let usual = schedule::parse(&source.schedule).ok();
        let hour = Duration::hours(1);
        let bounds = usual.as_ref().map_or(Bounds { usual: hour, least: hour, most: hour }, |schedule| {
            Bounds::of(schedule, now, source.min_minutes, source.max_minutes)
        });
        (usual, bounds)
    }

    /// Stores what a run gathered, and notes that the source answered.
    pub(super) async fn keep(
        self: &Arc<Self>,
        source: &Source,
        gathered: Gathered,
        now: DateTime<FixedOffset>,
        report: &mut CrawlReport,
    ) -> Result<()> {
        let Gathered { arrived, mut crawled, cursor, .. } = gathered;
        crawled.progress.cursor = serde_json::to_string(&cursor)?;
        crawled.progress.skipped += report.skipped as i64;
        if crawled.progress.broken_at.take().is_some() {
            tracing::info!(source = %source.name, "the source answers again");
        }
        let state = &mut crawled.state;
        state.succeeded_at = Some(now.timestamp());
        state.error_count = 0;
        state.last_error = None;
        let newest = arrived.iter().filter_map(|a| a.document.published_at).map(|p| p.at.timestamp()).max();
        state.newest_at = state.newest_at.max(newest);
        let keep = self.config.documents.keep_chars;
        let (pipeline, name) = (self.clone(), source.name.clone());
        let done = tokio::task::spawn_blocking(move || pipeline.take_in(arrived, now, keep, Some((&name, crawled))));
        let done = done.await??;
        report.new += done.rows.len();
        report.known += done.known.len();
        Ok(())
    }

    pub(super) fn failed(
        &self,
        source: &Source,
        before: &FetchState,
        crawled: Crawled,
        failure: Failure,
        now: DateTime<FixedOffset>,
        report: &mut CrawlReport,
    ) -> Result<()> {
        let Crawled { mut state, mut progress, .. } = crawled;
        state.error_count = before.error_count + 1;
        let counted = if failure.refused { state.error_count + REFUSED } else { state.error_count };
        let wait = failure.wait.unwrap_or_else(|| schedule::back_off(counted));
        let usual = self.rhythm(source, now).0.map_or(now, |usual| schedule::next(&usual, &source.name, now));
        state.next_check_at = usual.max(now + wait).timestamp();
        state.last_error = Some(failure.what.clone());
        // Validators of an answer that could not be used would hide the next one.
        (state.etag, state.last_modified, state.body_hash) = (None, None, None);
        if state.error_count >= self.config.crawl.broken_after && progress.broken_at.is_none() {
            progress.broken_at = Some(now.timestamp());
            tracing::error!(source = %source.name, errors = state.error_count, "the source is broken: {}", failure.what);
        }
        let breaks = progress.broken_at == Some(now.timestamp());
        self.store.commit_failure(&source.name, &state, &progress)?;
        if breaks {
            self.tell_broken(&source.name, &failure.what, now)?;
        }
        report.error = Some(format!("source {:?}: {}", source.name, failure.what));
        Ok(())
    }

    async fn fetch_new(
        &self,
        source: &Source,
        gathered: &mut Gathered,
        now: DateTime<FixedOffset>,
        bounds: Bounds,
        report: &mut CrawlReport,
    ) -> Result<(), Failure> {
        let keys = Keys::of(source).map_err(Failure::new)?;
        let charges = plan::charges(source, now);
        let mut most = usize::MAX;
        for charge in &charges {
            let left = self.store.left(charge).map_err(anyhow::Error::from)? / charge.amount.max(1);
            let others = self.config.source.iter().filter(|other| {
                other.enabled && plan::charges(other, now).iter().any(|one| one.account == charge.account)
            });
            most = most.min(plan::share(left, charge.rest(now), bounds.usual, others.count().max(1)));
        }
        if most == 0 {
            // A month that is used up is looked at again each day: the ceiling may have been raised.
            gathered.crawled.state.next_check_at = plan::midnight(now).timestamp();
            report.unchanged = true;
            report.note = Some("its quota is used up — it goes on when the next period begins".into());
            return Ok(());
        }
        let calls = plan::calls(source, &self.catalogue, &keys, &gathered.cursor, most, now);
        let single = calls.len() == 1 && calls[0].about.is_empty();
        if calls.is_empty() {
            return Err(Failure::new("it has nothing to ask — name queries, services or tags"));
        }
        let (mut answered, mut failures) = (0, Vec::new());
        let mut unchanged = 0;
        'calls: for first in calls {
            gathered.cursor.turn = gathered.cursor.turn.wrapping_add(1) % 1_000_000;
            let begins = !gathered.cursor.since.contains_key(&first.about);
            let mut next = Some(first);
            while let Some(call) = next.take() {
                if !self.store.spend(&charges).map_err(anyhow::Error::from)? {
                    report.note = Some("its quota is used up — it goes on when the next period begins".into());
                    break 'calls;
                }
                report.requests += 1;
                match self.one_call(source, &call, single, begins, gathered, now).await {
                    Ok(Some((reading, known))) => {
                        answered += 1;
                        for charge in charges.iter().filter(|charge| charge.amount > 1) {
                            let unit = charge.amount / plan::X_PAGE;
                            let unread = plan::X_PAGE.saturating_sub(reading.entries.len() as u64) * unit;
                            self.store.give_back(charge, unread).map_err(anyhow::Error::from)?;
                        }
                        report.skipped += reading.skipped;
                        report.known += known;
                        // Only where all of a page is new does it pay to turn it; the first time everything is.
                        if known == 0 && !begins && !reading.entries.is_empty() {
                            next = plan::next_page(source, &call, &reading);
                        }
                    }
                    Ok(None) => {
                        answered += 1;
                        unchanged += 1;
                    }
                    Err(failure) => {
                        let hopeless = failure.refused || failure.wait.is_some();
                        failures.push(failure);
                        if hopeless || failures.len() >= MOST_FAILED {
                            break 'calls;
                        }
                    }
                }
            }
        }
        if let Some(mut failure) = failures.pop() {
            // Daily limits end at midnight, whatever the answer says.
            if source.adapter == Adapter::NaverSearch && failure.what.contains("429") && failure.what.contains("010") {
                failure.wait = Some(plan::midnight(now) - now);
            }
            if answered == 0 {
                return Err(failure);
            }
            report.note =
                Some(format!("{} of {} requests failed: {}", failures.len() + 1, report.requests, failure.what));
        }
        report.unchanged = answered > 0 && unchanged == answered;
        if source.pages {
            self.add_pages(source, gathered, now, report).await;
        }
        if plan::legacy_ends(source, now) {
            report.note = Some("Naver's old interface ends on 2027-06-30 — set provider = \"hub\"".into());
        }
        // Oldest first: rows then follow time within an answer.
        gathered.arrived.sort_by_key(|a| a.document.published_at.map(|p| p.at));
        Ok(())
    }

    /// Sends one request and takes in its entries. None: nothing changed. Otherwise what was read, and how many were known.
    async fn one_call(
        &self,
        source: &Source,
        call: &Call,
        single: bool,
        begins: bool,
        gathered: &mut Gathered,
        now: DateTime<FixedOffset>,
    ) -> Result<Option<(Reading, usize)>, Failure> {
        let state = &mut gathered.crawled.state;
        let single = single && call.page == 1;
        let have = match single {
            true => Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() },
            false => Validators::default(),
        };
        let fetched = self.fetcher.ask(&call.request, &have).await?;
        let Fetched::Fresh { url, bytes, content_type, validators, max_age } = fetched else { return Ok(None) };
        gathered.hold = gathered.hold.max(max_age.unwrap_or(0));
        if single {
            (state.etag, state.last_modified) = (validators.etag, validators.last_modified);
            let hash = short_hash(&[&String::from_utf8_lossy(&bytes)]);
            if state.body_hash.as_ref() == Some(&hash) {
                return Ok(None);
            }
            state.body_hash = Some(hash);
        }
        let own = source.clone();
        let reading = tokio::task::spawn_blocking(move || {
            read(&own, Answer { bytes: &bytes, content_type: content_type.as_deref(), url: &url }, now)
        });
        let reading = reading.await.map_err(anyhow::Error::from)??;
        gathered.hold = gathered.hold.max(reading.ttl_minutes.map_or(0, |minutes| u64::from(minutes) * 60));
        let mut known = 0;
        for entry in &reading.entries {
            known += usize::from(!self.take_entry(source, entry, begins, gathered, now)?);
        }
        let newest = reading.newest.clone().filter(|_| call.page == 1);
        let since = gathered.cursor.since.entry(call.about.clone()).or_default();
        if let Some(newest) = newest {
            *since = newest;
        }
        Ok(Some((reading, known)))
    }

    /// Adds an entry to what is gathered. False when its document is known.
    pub(super) fn take_entry(
        &self,
        source: &Source,
        entry: &Entry,
        begins: bool,
        gathered: &mut Gathered,
        now: DateTime<FixedOffset>,
    ) -> Result<bool, Failure> {
        let mut document = to_document(source, entry);
        let crawled = &mut gathered.crawled;
        if let Some(rank) = entry.rank.filter(|_| source.kind == Kind::Trend) {
            crawled.ranks.push(Rank {
                query: entry.title.clone(),
                rank: rank as i64,
                delta: entry.delta,
                volume: entry.volume,
                at: now.timestamp(),
            });
        }
        if !gathered.seen.insert(document.id.clone()) {
            return Ok(false);
        }
        let hash = short_hash(&[&entry.title, &entry.text]);
        if self.store.has_document(&document.id).map_err(anyhow::Error::from)? {
            if matches!(source.kind, Kind::News | Kind::Notice | Kind::Status) {
                let keep = self.config.documents.keep_chars;
                let text = if keep > 0 { entry.text.chars().take(keep).collect() } else { entry.text.clone() };
                crawled.updates.push(Update { document: document.id, title: entry.title.clone(), text, hash });
            }
            return Ok(false);
        }
        // Without a time from the source the time of fetching is the best guess, except for what lay there before we
        // began to ask: that may be of any age.
        let estimated = document.published_at.is_none() && entry.estimated && !begins;
        if estimated {
            document.published_at = Some(Published { at: now, day_only: false });
        }
        crawled.contents.push((document.id.clone(), hash, estimated));
        gathered.arrived.push(Arrived { document, author: entry.author.clone() });
        Ok(true)
    }
}

/// The document of an entry. Its id derives from what it identifies: the canonical address of a text that has one, what
/// the source calls it otherwise.
#[must_use]
pub fn to_document(source: &Source, entry: &Entry) -> Document {
    let canonical = entry.url.as_deref().and_then(canonical_url);
    // The updates of one incident share an address.
    let by_key = matches!(source.adapter, Adapter::Statuspage | Adapter::AwsStatus | Adapter::GcpStatus);
    let id = match (canonical.as_ref().filter(|_| !by_key), &entry.key) {
        (Some(url), _) => short_hash(&[&address_key(url)]),
        (None, Some(key)) => short_hash(&[&source.name, key]),
        (None, None) => short_hash(&[&source.name, &entry.title, &entry.text]),
    };
    let board = entry.about.clone().filter(|_| source.kind == Kind::Post);
    // Where a source collects many publishers, each of them is a voice of its own.
    let collects = matches!(source.adapter, Adapter::NaverSearch | Adapter::KakaoSearch)
        || entry.url.as_deref().is_some_and(|url| url.starts_with("https://news.google.com/"));
    let publisher = entry.publisher.clone().filter(|_| collects && source.kind == Kind::News);
    Document {
        id: format!("doc_{id}"),
        kind: source.kind,
        title: entry.title.clone(),
        text: entry.text.clone(),
        published_at: entry.published,
        source: Some(publisher.unwrap_or_else(|| source.name.clone())),
        url: canonical,
        about: source.about.clone().or(board),
        rank: entry.rank,
        volume: entry.volume,
        rating: entry.rating,
    }
}

/// How a source is doing, in one word.
#[must_use]
pub fn condition(
    source: &Source,
    state: &FetchState,
    progress: &Progress,
    silent: bool,
    stale_before: i64,
) -> &'static str {
    match state {
        _ if !source.enabled => "off",
        _ if source.adapter == Adapter::Inbound => "listens",
        state if state.checked_at.is_none() => "new",
        _ if progress.broken_at.is_some() => "broken",
        state if state.error_count > 0 => "failing",
        _ if progress.drift_at.is_some() => "drift",
        _ if silent => "silent",
        state if state.newest_at.is_some_and(|newest| newest < stale_before) => "stale",
        _ => "ok",
    }
}
