//! Sources that bring documents by themselves: a stream that is listened to, and what others post to us.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use url::Url;

use super::Pipeline;
use super::crawl::{CrawlReport, Failure, Gathered, to_document};
use crate::config::{Adapter, Source};
use crate::crawl::fields::{self, Fields};
use crate::crawl::schedule::back_off;
use crate::crawl::social::{Frame, jetstream};
use crate::store::{Crawled, FetchState};

/// Posts kept back before they are stored.
const BATCH: usize = 200;
/// Longest time for which they are kept back.
const FLUSH: Duration = Duration::from_secs(3);
/// Longest silence of a stream that is alive: the whole network never is that quiet.
const SILENCE: Duration = Duration::from_secs(60);
/// How long `crawl` listens when it is called by hand.
const ONCE: Duration = Duration::from_secs(10);
/// Overlap when a stream is taken up again, in microseconds: frames are not strictly in order.
const OVERLAP: u64 = 2_000_000;

/// Why listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Stopped,
    Closed,
}

/// Waits for the word to stop; its guard must not live on in a task that moves between threads.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Pipeline {
    /// Listens to a stream until `stop` turns true, and takes it up again where it broke off.
    pub(super) async fn listen(self: Arc<Self>, source: Source, mut stop: watch::Receiver<bool>) {
        let mut failures = 0;
        while !*stop.borrow() {
            let wait = match self.connected(&source, &mut stop, None).await {
                Ok(Ended::Stopped) => return,
                Ok(Ended::Closed) => {
                    failures = 0;
                    Duration::from_secs(1)
                }
                Err(failure) => {
                    failures += 1;
                    if let Err(error) = self.stream_failed(&source, failure) {
                        tracing::error!(source = %source.name, "{error:#}");
                    }
                    back_off(failures).to_std().unwrap_or(FLUSH).min(Duration::from_secs(600))
                }
            };
            tokio::select! {
                _ = tokio::time::sleep(wait) => {}
                () = stopped(&mut stop) => return,
            }
        }
    }

    /// Listens for some seconds, for a crawl by hand.
    pub(super) async fn listen_once(
        self: &Arc<Self>,
        source: &Source,
        gathered: &mut Gathered,
        report: &mut CrawlReport,
    ) -> Result<(), Failure> {
        let (_keep, mut stop) = watch::channel(false);
        let before = self.store.fetch_state(&source.name).map_err(anyhow::Error::from)?.stored;
        self.connected(source, &mut stop, Some(ONCE)).await?;
        // What was heard is stored already; the caller's own commit must not set the clock of the stream back.
        let state = self.store.fetch_state(&source.name).map_err(anyhow::Error::from)?;
        let progress = self.store.progress(&source.name).map_err(anyhow::Error::from)?;
        gathered.cursor = serde_json::from_str(&progress.cursor).unwrap_or_default();
        report.new = (state.stored - before).max(0) as usize;
        gathered.crawled = Crawled { state, progress, at: gathered.crawled.at, ..Crawled::default() };
        Ok(())
    }

    async fn connected(
        self: &Arc<Self>,
        source: &Source,
        stop: &mut watch::Receiver<bool>,
        most: Option<Duration>,
    ) -> Result<Ended, Failure> {
        let now = (self.clock)();
        let progress = self.store.progress(&source.name).map_err(anyhow::Error::from)?;
        let state = self.store.fetch_state(&source.name).map_err(anyhow::Error::from)?;
        let mut gathered = self.empty(&state, progress, now.timestamp());
        let mut url =
            Url::parse(source.address()).map_err(|error| Failure::new(format!("its url is none ({error})")))?;
        if !url.query_pairs().any(|(name, _)| name == "wantedCollections") {
            url.query_pairs_mut().append_pair("wantedCollections", "app.bsky.feed.post");
        }
        if let Some(time) = gathered.cursor.time_us {
            url.query_pairs_mut().append_pair("cursor", &time.saturating_sub(OVERLAP).to_string());
        }
        let mut socket = self.fetcher.socket(url.as_str()).await?;
        tracing::info!(source = %source.name, "listening");
        let end = tokio::time::sleep(most.unwrap_or(Duration::from_secs(u64::from(u32::MAX))));
        tokio::pin!(end);
        let mut flush = tokio::time::interval(FLUSH);
        flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let ended = loop {
            tokio::select! {
                frame = tokio::time::timeout(SILENCE, socket.next()) => match frame {
                    Err(_) => break Err(Failure::new(format!("the stream was silent for {} s", SILENCE.as_secs()))),
                    Ok(None | Some(Ok(Message::Close(_)))) => break Ok(Ended::Closed),
                    Ok(Some(Err(error))) => break Err(Failure::new(format!("the stream broke off ({error})"))),
                    Ok(Some(Ok(Message::Ping(data)))) => {
                        let _ = socket.send(Message::Pong(data)).await;
                    }
                    Ok(Some(Ok(Message::Text(text)))) => {
                        if let Err(failure) = self.hear(source, &text, &mut gathered) {
                            break Err(failure);
                        }
                        if gathered.arrived.len() >= BATCH {
                            self.flush(source, &mut gathered).await?;
                        }
                    }
                    Ok(Some(Ok(_))) => {}
                },
                _ = flush.tick() => self.flush(source, &mut gathered).await?,
                _ = &mut end => break Ok(Ended::Stopped),
                () = stopped(stop) => break Ok(Ended::Stopped),
            }
        };
        self.flush(source, &mut gathered).await?;
        let _ = socket.close(None).await;
        ended
    }

    /// Takes one frame. Posts that report nothing are not kept: a whole network's talk is none of our business.
    fn hear(&self, source: &Source, text: &str, gathered: &mut Gathered) -> Result<(), Failure> {
        let now = (self.clock)();
        match jetstream(text, now) {
            Frame::Post(entry, time) => {
                gathered.cursor.time_us = Some(time);
                let mut probe = to_document(source, &entry);
                probe.published_at = entry.published;
                let analysis = (self.analyse)(&probe);
                if analysis.is_outage_report || (!analysis.signals.is_empty() && !analysis.services.is_empty()) {
                    self.take_entry(source, &entry, false, gathered, now)?;
                }
            }
            Frame::Deleted(url, time) => {
                gathered.cursor.time_us = Some(time);
                let entry = crate::crawl::Entry { url: Some(url), ..Default::default() };
                let id = to_document(source, &entry).id;
                gathered.arrived.retain(|arrived| arrived.document.id != id);
                self.store.blank(&id).map_err(anyhow::Error::from)?;
            }
            Frame::Other(time) => gathered.cursor.time_us = time.or(gathered.cursor.time_us),
            Frame::Error(what) => return Err(Failure::new(format!("the stream ended with {what}"))),
        }
        Ok(())
    }

    async fn flush(self: &Arc<Self>, source: &Source, gathered: &mut Gathered) -> Result<(), Failure> {
        let now = (self.clock)();
        let mut ready = std::mem::take(gathered);
        ready.crawled.at = now.timestamp();
        ready.crawled.state.checked_at = Some(now.timestamp());
        let cursor = ready.cursor.clone();
        let mut report = CrawlReport::default();
        self.keep(source, ready, now, &mut report).await?;
        let state = self.store.fetch_state(&source.name).map_err(anyhow::Error::from)?;
        let progress = self.store.progress(&source.name).map_err(anyhow::Error::from)?;
        *gathered = self.empty(&state, progress, now.timestamp());
        gathered.cursor = cursor;
        Ok(())
    }

    fn empty(&self, state: &FetchState, progress: crate::store::Progress, at: i64) -> Gathered {
        Gathered {
            cursor: serde_json::from_str(&progress.cursor).unwrap_or_default(),
            crawled: Crawled { state: state.clone(), progress, at, ..Crawled::default() },
            ..Gathered::default()
        }
    }

    fn stream_failed(&self, source: &Source, failure: Failure) -> Result<()> {
        let now = (self.clock)();
        let before = self.store.fetch_state(&source.name)?;
        let progress = self.store.progress(&source.name)?;
        let state = FetchState { checked_at: Some(now.timestamp()), ..before.clone() };
        let crawled = Crawled { state, progress, ..Crawled::default() };
        let mut report = CrawlReport::default();
        self.failed(source, &before, crawled, failure, now, &mut report)?;
        tracing::warn!("{}", report.error.unwrap_or_default());
        Ok(())
    }

    /// Takes what was posted to an inbound source: one document, or an array of them. Returns how many were new, known and
    /// set aside.
    ///
    /// # Errors
    /// When the body is not what the source's field map says, or the store fails.
    pub async fn receive(self: &Arc<Self>, source: &Source, body: &[u8]) -> Result<CrawlReport> {
        debug_assert_eq!(source.adapter, Adapter::Inbound);
        let now = (self.clock)();
        let own = Fields::own();
        let reading = fields::read(body, source.fields.as_ref().unwrap_or(&own), now)?;
        let progress = self.store.progress(&source.name)?;
        let state = self.store.fetch_state(&source.name)?;
        let mut gathered = self.empty(&state, progress, now.timestamp());
        gathered.crawled.state.checked_at = Some(now.timestamp());
        let mut report =
            CrawlReport { source: source.name.clone(), skipped: reading.skipped, ..CrawlReport::default() };
        for mut entry in reading.entries {
            entry.estimated = entry.published.is_none();
            if !self
                .take_entry(source, &entry, false, &mut gathered, now)
                .map_err(|f| anyhow::anyhow!(f.what().to_owned()))?
            {
                report.known += 1;
            }
        }
        self.keep(source, gathered, now, &mut report).await?;
        Ok(report)
    }
}
