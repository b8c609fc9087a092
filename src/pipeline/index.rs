//! The derived side: the search index, saved searches, and what time takes away.

use std::ops::Range;

use anyhow::{Context, Result};
use chrono::{DateTime, Duration, FixedOffset};

use meoktong_dictionaries::Catalogue;
use meoktong_index::{Entry, Linked, Percolator, Query, SearchError, SearchIndex};

use super::{INDEX_BATCH, Pipeline};
use crate::alert::saved;
use crate::analyse::Assertion;
use crate::store::{Store, StoredDocument};

impl Pipeline {
    /// Indexes what is stored and not yet indexed, and matches it against the saved searches. Goes over to an index that
    /// another process has built. Returns how many documents were indexed.
    ///
    /// # Errors
    /// When store or index fail; the next call goes on where this one stopped.
    pub fn index_gap(&self) -> Result<usize> {
        if self.index.follow()? {
            tracing::info!("a rebuilt search index is in use");
        }
        let indexed = index_gap(&self.store, &self.index)?;
        self.percolate((self.clock)())?;
        Ok(indexed)
    }

    /// Matches documents that arrived since the last call against the saved searches; hits and messages are stored
    /// together with how far this went. Returns how many hits there were.
    ///
    /// # Errors
    /// When the store fails; the next call goes on where this one stopped.
    pub fn percolate(&self, now: DateTime<FixedOffset>) -> Result<usize> {
        let mut done = self.store.percolated()?;
        let mut found = 0;
        loop {
            let arrived = self.store.documents_after(done, INDEX_BATCH)?;
            let Some(last) = arrived.last() else { return Ok(found) };
            done = last.row;
            let searches = self.store.saved_searches()?;
            let mut queries = Vec::with_capacity(searches.len());
            for search in &searches {
                match Query::parse(&search.query, now) {
                    Ok(query) => queries.push((search.name.clone(), query)),
                    // It was right when it was saved; another version may read it otherwise.
                    Err(error) => tracing::warn!(search = %search.name, "saved search is left out: {error}"),
                }
            }
            let tokens = self.index.tokens();
            let percolator = Percolator::new(queries, &**tokens);
            let (mut hits, mut outbox) = (Vec::new(), Vec::new());
            for stored in &arrived {
                for name in percolator.matches(&entry(stored), &**tokens) {
                    hits.push((name.to_owned(), stored.row));
                    let Some(search) = searches.iter().find(|search| search.name == name) else { continue };
                    for endpoint in &search.endpoints {
                        let known = self.config.endpoint.iter().find(|known| known.name == *endpoint);
                        if let Some(known) = known {
                            outbox.push(saved::message(
                                name,
                                &search.query,
                                &stored.document,
                                endpoint,
                                known.format,
                                now,
                            ));
                        }
                    }
                }
            }
            found += hits.len();
            self.store.commit_percolation(done, &hits, &outbox, now.timestamp()).context("saved searches")?;
        }
    }

    /// Takes out of the index what is older than the configured days; 0 keeps everything.
    ///
    /// # Errors
    /// When the index fails.
    pub fn retire(&self, now: DateTime<FixedOffset>) -> Result<()> {
        let days = self.config.documents.index_days;
        if days > 0 {
            self.index.forget_before((now - Duration::days(days)).timestamp())?;
        }
        Ok(())
    }
}

/// Over a window of time (seconds since 1970), the reports that concern a feature by its profile in the catalogue without
/// naming the service: evidence for an incident that words alone would miss. None for what the catalogue does not hold.
///
/// # Errors
/// When the index fails.
pub fn linked(
    catalogue: &Catalogue,
    index: &SearchIndex,
    service: &str,
    feature: &str,
    window: Range<i64>,
    limit: usize,
) -> std::result::Result<Vec<Linked>, SearchError> {
    let Some(known) = catalogue.service(service) else { return Ok(Vec::new()) };
    let Some(feature) = known.feature(feature) else { return Ok(Vec::new()) };
    let names: Vec<String> = known.aliases.iter().chain(&known.risky).cloned().collect();
    index.linked(service, &names, &feature.profile(), window, limit)
}

/// Indexes what is stored and not yet indexed. The index remembers the last row in the same commit, so that a crash in
/// between indexes some documents once more and none never.
///
/// # Errors
/// When store or index fail.
pub fn index_gap(store: &Store, index: &SearchIndex) -> Result<usize> {
    index_with(store, index, |_| ())
}

/// As [`index_gap`]; `progress` hears after each batch how many documents are done.
///
/// # Errors
/// When store or index fail.
pub fn index_with(store: &Store, index: &SearchIndex, mut progress: impl FnMut(usize)) -> Result<usize> {
    let mut indexed = 0;
    loop {
        let stored = store.documents_after(index.last_row()?, INDEX_BATCH)?;
        let Some(last) = stored.last() else { return Ok(indexed) };
        let entries: Vec<Entry<'_>> = stored.iter().map(entry).collect();
        index.commit(&entries, last.row)?;
        indexed += stored.len();
        progress(indexed);
    }
}

fn entry(stored: &StoredDocument) -> Entry<'_> {
    let analysis = &stored.analysis;
    let sorted = |mut values: Vec<String>| {
        values.sort();
        values.dedup();
        values
    };
    let features = analysis.failed().flat_map(|service| service.features.iter().map(|f| f.feature.clone()));
    let told = analysis
        .signals
        .iter()
        .filter(|signal| matches!(signal.assertion, Assertion::Affirmed | Assertion::Restored))
        .map(|signal| signal.symptom.clone());
    Entry {
        row: stored.row,
        document: &stored.document,
        fetched: stored.fetched,
        services: analysis.failed().map(|service| service.service.clone()).collect(),
        features: sorted(features.collect()),
        symptoms: sorted(told.collect()),
        assertions: sorted(analysis.signals.iter().map(|signal| signal.assertion.as_str().to_owned()).collect()),
        outage: analysis.is_outage_report,
        current: analysis.is_current,
        probability: analysis.probability,
        story: &stored.story,
    }
}
