//! One source, once: fetch, read, keep what is new.

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Duration, FixedOffset};
use serde::Serialize;
use url::Url;

use meoktong_index::{Document, Kind};

use super::{Arrived, Pipeline};
use crate::config::{Adapter, Source};
use crate::crawl::fetch::{Fetched, Validators};
use crate::crawl::{Entry, ReadError, article, charset, feed, notices, reviews, schedule, trends};
use crate::normalise::{canonical_url, short_hash};
use crate::store::FetchState;

/// Most entries taken from one answer; more is not a feed.
const MOST_ENTRIES: usize = 1000;

/// What a crawl of one source did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CrawlReport {
    /// Source.
    pub source: String,
    /// Documents stored.
    pub new: usize,
    /// Documents that were known.
    pub known: usize,
    /// Whether the source said that nothing changed.
    pub unchanged: bool,
    /// Why it failed, with the way out.
    pub error: Option<String>,
    /// Pages of entries that could not be fetched; their excerpts were stored.
    pub pages_failed: usize,
}

impl Pipeline {
    /// Crawls one source. A failure is part of the report and of the source's state, never of others.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn crawl(self: &Arc<Self>, source: &Source) -> Result<CrawlReport> {
        let now = (self.clock)();
        let before = self.store.fetch_state(&source.name)?;
        let mut report = CrawlReport { source: source.name.clone(), ..CrawlReport::default() };
        let next = match schedule::parse(&source.schedule) {
            Ok(schedule) => schedule::next(&schedule, &source.name, now),
            Err(_) => now + Duration::hours(1),
        };
        let mut state =
            FetchState { checked_at: Some(now.timestamp()), next_check_at: next.timestamp(), ..before.clone() };
        match self.fetch_new(source, &before, &mut state, now, &mut report).await {
            Ok(arrived) => {
                state.succeeded_at = Some(now.timestamp());
                state.error_count = 0;
                state.last_error = None;
                let newest = arrived.iter().filter_map(|a| a.document.published_at).map(|p| p.at.timestamp()).max();
                state.newest_at = state.newest_at.max(newest);
                let keep = self.config.documents.keep_chars;
                let (pipeline, name) = (self.clone(), source.name.clone());
                let done =
                    tokio::task::spawn_blocking(move || pipeline.take_in(arrived, now, keep, Some((&name, &state))));
                let done = done.await??;
                report.new = done.rows.len();
                report.known += done.known.len();
            }
            Err((error, wait)) => {
                state.error_count += 1;
                let back_off =
                    wait.map_or_else(|| schedule::back_off(state.error_count), |s| Duration::seconds(s as i64));
                state.next_check_at = state.next_check_at.max((now + back_off).timestamp());
                state.last_error = Some(error.clone());
                // Validators of an answer that could not be used would hide the next one.
                (state.etag, state.last_modified, state.body_hash) = (None, None, None);
                self.store.commit_fetch_state(&source.name, &state)?;
                report.error = Some(format!("source {:?}: {error}", source.name));
            }
        }
        match &report.error {
            Some(error) => tracing::warn!(source = %source.name, error_count = before.error_count + 1, "{error}"),
            None if report.new > 0 => tracing::info!(source = %source.name, new = report.new, "crawled"),
            None => tracing::debug!(source = %source.name, unchanged = report.unchanged, "crawled"),
        }
        Ok(report)
    }

    async fn fetch_new(
        &self,
        source: &Source,
        before: &FetchState,
        state: &mut FetchState,
        now: DateTime<FixedOffset>,
        report: &mut CrawlReport,
    ) -> Result<Vec<Arrived>, (String, Option<u64>)> {
        let have = Validators { etag: before.etag.clone(), last_modified: before.last_modified.clone() };
        let fetched = self.fetcher.get(&source.url, &have).await.map_err(|e| (e.to_string(), e.retry_after()))?;
        let Fetched::Fresh { url, bytes, content_type, validators } = fetched else {
            report.unchanged = true;
            return Ok(Vec::new());
        };
        (state.etag, state.last_modified) = (validators.etag, validators.last_modified);
        let hash = short_hash(&[&String::from_utf8_lossy(&bytes)]);
        if before.body_hash.as_ref() == Some(&hash) {
            report.unchanged = true;
            return Ok(Vec::new());
        }
        state.body_hash = Some(hash);
        let own = source.clone();
        let read = tokio::task::spawn_blocking(move || {
            entries(&own, &charset::decode(&bytes, content_type.as_deref()), &url, now)
        });
        let found = read.await.map_err(|e| (e.to_string(), None))?.map_err(|e| (e.to_string(), None))?;
        let mut arrived = Vec::new();
        for entry in found {
            let mut document = to_document(source, &entry);
            if self.store.has_document(&document.id).map_err(|e| (e.to_string(), None))? {
                report.known += 1;
                continue;
            }
            if source.pages && !self.add_page(source, &mut document, now).await {
                report.pages_failed += 1;
            }
            arrived.push(Arrived { document, author: entry.author });
        }
        // Oldest first: rows then follow time within an answer.
        arrived.sort_by_key(|a| a.document.published_at.map(|p| p.at));
        Ok(arrived)
    }

    /// Puts the text of the entry's page in place of its excerpt. False when there is none to be had.
    async fn add_page(&self, source: &Source, document: &mut Document, now: DateTime<FixedOffset>) -> bool {
        let Some(url) = document.url.clone() else { return true };
        let Ok(Fetched::Fresh { bytes, content_type, .. }) = self.fetcher.get(&url, &Validators::default()).await
        else {
            return false;
        };
        let body = source.body.clone();
        let read = tokio::task::spawn_blocking(move || {
            article::read(&charset::decode(&bytes, content_type.as_deref()), body.as_deref(), now)
        });
        let Ok(Some(page)) = read.await else { return false };
        if page.text.chars().count() > document.text.chars().count() {
            document.text = page.text;
        }
        if document.title.is_empty() {
            document.title = page.title;
        }
        document.published_at = document.published_at.or(page.published);
        true
    }
}

/// The entries of an answer.
///
/// # Errors
/// When it is not what the source's adapter reads.
pub fn entries(source: &Source, text: &str, at: &Url, now: DateTime<FixedOffset>) -> Result<Vec<Entry>, ReadError> {
    let mut found = match (source.adapter, &source.layout) {
        (Adapter::Feed, _) => feed::read(text, now),
        (Adapter::Trends, _) => trends::read(text, now),
        (Adapter::Reviews, _) => reviews::read(text, now),
        (Adapter::Notices, Some(layout)) => notices::read(text, at, layout, now),
        (Adapter::Notices, None) => Err(ReadError::Selector("layout.row".into())),
    }?;
    found.truncate(MOST_ENTRIES);
    Ok(found)
}

/// The document of an entry. Its id derives from what it identifies: the canonical address of a text that has one, what
/// the source calls it otherwise.
#[must_use]
pub fn to_document(source: &Source, entry: &Entry) -> Document {
    let canonical = entry.url.as_deref().and_then(canonical_url);
    let id = match (&canonical, &entry.key) {
        (Some(url), _) => short_hash(&[url]),
        (None, Some(key)) => short_hash(&[&source.name, key]),
        (None, None) => short_hash(&[&source.name, &entry.title, &entry.text]),
    };
    let board = entry.about.clone().filter(|_| source.kind == Kind::Post);
    Document {
        id: format!("doc_{id}"),
        kind: source.kind,
        title: entry.title.clone(),
        text: entry.text.clone(),
        published_at: entry.published,
        source: Some(source.name.clone()),
        url: canonical,
        about: source.about.clone().or(board),
        rank: entry.rank,
        volume: entry.volume,
        rating: entry.rating,
    }
}
