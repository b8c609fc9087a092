//! Opening store, index and pipeline of a data directory.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::Utc;

use meoktong_index::document::kst;
use meoktong_index::{Opened as IndexOpened, SearchIndex};

use super::Common;
use crate::config::Config;
use crate::crawl::fetch::{Fetcher, Limits};
use crate::crawl::guard::Allowed;
use crate::detect::Settings;
use crate::pipeline::{Clock, Parts, Pipeline};
use crate::store::Store;
use crate::wiring::{Brain, Post, Watcher, brain, endpoints};

/// A data directory, open.
pub struct Opened {
    /// The pipeline over it.
    pub pipeline: Arc<Pipeline>,
    /// What reads Korean.
    pub brain: Brain,
}

/// The wall clock in Korea; the only one.
pub(super) fn wall_clock() -> Clock {
    Arc::new(|| Utc::now().with_timezone(&kst()))
}

pub(super) fn store(common: &Common) -> Result<Arc<Store>> {
    Ok(Arc::new(Store::open(&common.data_dir)?))
}

pub(super) fn index(common: &Common, brain: &Brain) -> Result<Arc<SearchIndex>> {
    let (index, opened) = SearchIndex::open(&common.data_dir.join("index"), brain.tokens.clone(), &brain.fingerprint)?;
    if let IndexOpened::Empty(why) = opened {
        tracing::info!("the search index is built from the store: {why}");
    }
    Ok(Arc::new(index))
}

pub(super) fn fetcher(config: &Config) -> Result<Fetcher> {
    let limits = Limits {
        timeout: Duration::from_secs(config.crawl.timeout_seconds),
        body_bytes: config.crawl.max_body_mib << 20,
        host_delay: Duration::from_millis(config.crawl.host_delay_ms),
        contact: config.crawl.contact.clone(),
        robots: config.crawl.robots,
        proxy: config.crawl.proxy,
    };
    Ok(Fetcher::new(limits, Allowed { private: config.crawl.allow_private, ..Allowed::default() })?)
}

/// Everything, brought to where the last process stopped.
pub(super) fn pipeline(common: &Common, config: Config) -> Result<Opened> {
    let brain = brain()?;
    Ok(Opened { pipeline: pipeline_over(common, config, &brain)?, brain })
}

/// The same with dictionaries that are loaded already.
pub(super) fn pipeline_over(common: &Common, config: Config, brain: &Brain) -> Result<Arc<Pipeline>> {
    let store = store(common)?;
    let told = endpoints(&config.endpoint)?;
    let detector = Watcher::restore(brain.catalogue.clone(), Settings::default(), told.clone(), &store)?;
    let pipeline = Pipeline::start(Parts {
        index: index(common, brain)?,
        fetcher: Arc::new(fetcher(&config)?),
        catalogue: brain.catalogue.clone(),
        analyse: brain.analyse.clone(),
        detector: Box::new(detector),
        deliver: Arc::new(Post::new(&told, config.crawl.allow_private)?),
        clock: wall_clock(),
        store,
        config,
    })?;
    Ok(Arc::new(pipeline))
}
