//! The daemon: who runs when, and how everything stops.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::{CrawlReport, Pipeline};
use crate::config::{Adapter, Source};

/// How often the schedule is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long crawls that have begun may take after the word to stop.
const LAST: Duration = Duration::from_secs(3);
/// How often new documents are indexed: what is stored is found well within a second.
const INDEX: Duration = Duration::from_millis(400);
/// How often documents that are too old leave the index.
const RETIRE: Duration = Duration::from_secs(3600);

impl Pipeline {
    /// Crawls these sources now, as many at a time as configured.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn crawl_all(self: &Arc<Self>, sources: &[Source]) -> Result<Vec<CrawlReport>> {
        self.crawl_each(sources, |_| {}).await
    }

    /// The same; `done` is told each report as it comes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn crawl_each(
        self: &Arc<Self>,
        sources: &[Source],
        mut done: impl FnMut(&CrawlReport),
    ) -> Result<Vec<CrawlReport>> {
        let permits = Arc::new(Semaphore::new(self.config.crawl.concurrency.max(1)));
        let mut running = JoinSet::new();
        for (place, source) in sources.iter().cloned().enumerate() {
            let (pipeline, permits) = (self.clone(), permits.clone());
            running.spawn(async move {
                let _permit = permits.acquire_owned().await?;
                Ok::<_, anyhow::Error>((place, pipeline.crawl(&source).await?))
            });
        }
        let mut reports = Vec::new();
        while let Some(ended) = running.join_next().await {
            let (place, report) = ended??;
            done(&report);
            reports.push((place, report));
        }
        reports.sort_by_key(|(place, _)| *place);
        Ok(reports.into_iter().map(|(_, report)| report).collect())
    }

    /// The enabled sources that are due.
    ///
    /// # Errors
    /// When the store fails.
    pub fn due(&self) -> Result<Vec<Source>> {
        let now = (self.clock)().timestamp();
        let mut due = Vec::new();
        for source in self.config.source.iter().filter(|source| source.enabled && !source.adapter.is_pushed()) {
            let next = self.store.fetch_state(&source.name)?.next_check_at;
            if next <= now {
                due.push((next, source));
            }
        }
        // The longest overdue first: permits are few, and none may be passed over for ever.
        due.sort_by_key(|(next, _)| *next);
        Ok(due.into_iter().map(|(_, source)| source.clone()).collect())
    }

    /// Indexes what is missing, moves the detector's clock and sends what is due.
    ///
    /// # Errors
    /// When store or index fail.
    pub async fn beat(self: &Arc<Self>) -> Result<Vec<super::Move>> {
        let pipeline = self.clone();
        let moves = tokio::task::spawn_blocking(move || {
            pipeline.index_gap()?;
            pipeline.judge_sources((pipeline.clock)())?;
            pipeline.tick((pipeline.clock)())
        })
        .await??;
        self.deliver_due().await?;
        Ok(moves)
    }

    /// Runs until `stop` turns true: crawls what is due, ticks, delivers. Work that has begun is finished.
    ///
    /// # Errors
    /// When the store fails for good.
    pub async fn run(self: &Arc<Self>, mut stop: watch::Receiver<bool>) -> Result<()> {
        let permits = Arc::new(Semaphore::new(self.config.crawl.concurrency.max(1)));
        let busy: Arc<Mutex<HashSet<String>>> = Arc::default();
        let mut crawls = JoinSet::new();
        let mut streams = JoinSet::new();
        for source in self.config.source.iter().filter(|source| source.enabled && source.adapter == Adapter::Bluesky) {
            streams.spawn(self.clone().listen(source.clone(), stop.clone()));
        }
        let mut look = tokio::time::interval(LOOK);
        let mut beat = tokio::time::interval(Duration::from_secs(self.config.detect.tick_seconds.max(1)));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut index = tokio::time::interval(INDEX);
        index.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut retire = tokio::time::interval(RETIRE);
        // Indexing is off the loop, one at a time: a long batch does not hold up crawls.
        let indexing = Arc::new(Semaphore::new(1));
        loop {
            tokio::select! {
                _ = index.tick() => {
                    if let Ok(permit) = indexing.clone().try_acquire_owned() {
                        let pipeline = self.clone();
                        tokio::task::spawn_blocking(move || {
                            if let Err(error) = pipeline.index_gap() {
                                tracing::error!("{error:#}");
                            }
                            drop(permit);
                        });
                    }
                }
                _ = retire.tick() => {
                    let pipeline = self.clone();
                    tokio::task::spawn_blocking(move || {
                        if let Err(error) = pipeline.retire((pipeline.clock)()) {
                            tracing::error!("{error:#}");
                        }
                    });
                }
                _ = stop.wait_for(|stop| *stop) => break,
                _ = look.tick() => {
                    while crawls.try_join_next().is_some() {}
                    for source in self.due()? {
                        // Never two crawls of one source, never more than there are permits for.
                        let Ok(permit) = permits.clone().try_acquire_owned() else { break };
                        if !busy.lock().unwrap_or_else(PoisonError::into_inner).insert(source.name.clone()) {
                            continue;
                        }
                        let (pipeline, busy) = (self.clone(), busy.clone());
                        crawls.spawn(async move {
                            if let Err(error) = pipeline.crawl(&source).await {
                                tracing::error!(source = %source.name, "{error:#}");
                            }
                            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&source.name);
                            drop(permit);
                        });
                    }
                }
                _ = beat.tick() => {
                    if let Err(error) = self.beat().await {
                        tracing::error!("{error:#}");
                    }
                }
            }
        }
        tracing::info!("stopping: finishing what has begun");
        // What has not ended by then is given up: a crawl is stored as a whole or not at all, and asked again.
        let begun = async {
            while crawls.join_next().await.is_some() {}
            while streams.join_next().await.is_some() {}
        };
        if tokio::time::timeout(LAST, begun).await.is_err() {
            tracing::warn!("some crawls were given up; they begin anew at the next start");
        }
        self.beat().await?;
        Ok(())
    }
}
