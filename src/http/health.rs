//! How the sources are.

use anyhow::Result;
use serde::Serialize;
use utoipa::ToSchema;

use meoktong_index::Kind;

use super::Shared;
use crate::config::Source;
use crate::store::FetchState;

/// How a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Health {
    /// It answers.
    Healthy,
    /// It failed the last time.
    Failing,
    /// It answers, but nothing new has come for longer than `crawl.stale_hours`.
    Silent,
    /// It has not been asked yet.
    Waiting,
    /// Switched off.
    Off,
}

/// A source with how it stands.
pub(super) struct Watched {
    pub(super) source: Source,
    pub(super) state: FetchState,
    pub(super) health: Health,
}

/// All sources, those that need a look first.
pub(super) fn sources(shared: &Shared) -> Result<Vec<Watched>> {
    let pipeline = &shared.pipeline;
    let now = (pipeline.clock)().timestamp();
    let mut watched = Vec::new();
    for source in &pipeline.config.source {
        let state = pipeline.store.fetch_state(&source.name)?;
        let stale = now - pipeline.config.crawl.stale_hours * 3600;
        let health = match &state {
            _ if !source.enabled => Health::Off,
            FetchState { checked_at: None, .. } => Health::Waiting,
            FetchState { last_error: Some(_), .. } => Health::Failing,
            // Operators may have nothing to announce for months; that is no fault of the source.
            FetchState { newest_at: Some(newest), .. }
                if *newest < stale && !matches!(source.kind, Kind::Notice | Kind::Status) =>
            {
                Health::Silent
            }
            _ => Health::Healthy,
        };
        watched.push(Watched { source: source.clone(), state, health });
    }
    let rank = |health| match health {
        Health::Failing => 0,
        Health::Silent => 1,
        Health::Waiting => 2,
        Health::Healthy => 3,
        Health::Off => 4,
    };
    watched.sort_by_key(|one| rank(one.health));
    Ok(watched)
}

/// How many of the enabled ones answer, and how many are enabled.
pub(super) fn tally(watched: &[Watched]) -> (usize, usize) {
    let enabled = watched.iter().filter(|one| one.health != Health::Off);
    let healthy = enabled.clone().filter(|one| matches!(one.health, Health::Healthy | Health::Waiting));
    (healthy.count(), enabled.count())
}
