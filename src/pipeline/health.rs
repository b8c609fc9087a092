//! Which sources speak, which are silent against their habit, which are broken; and who is told.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use anyhow::Result;
use chrono::{DateTime, FixedOffset};
use meoktong_index::Kind;

use super::Pipeline;
use crate::crawl::habit::{Habit, judge};
use crate::store::TransitionCommit;

/// How often habits are judged, in seconds: they are counted by the hour.
const EVERY: i64 = 600;
/// Share of a kind's sources that must speak for the kind to be heard.
const SPEAKING: f64 = 0.5;

impl Pipeline {
    /// Tells the detector which kinds of sources are heard. Sources that fail, are broken or silent against their own habit
    /// do not count, so that their silence is not taken for calm.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn judge_sources(&self, now: DateTime<FixedOffset>) -> Result<()> {
        {
            let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            if now.timestamp() - writing.judged < EVERY {
                return Ok(());
            }
            writing.judged = now.timestamp();
        }
        let mut kinds: BTreeMap<&'static str, (Kind, f64, f64)> = BTreeMap::new();
        for source in self.config.source.iter().filter(|source| source.enabled) {
            let state = self.store.fetch_state(&source.name)?;
            if state.succeeded_at.is_none() {
                continue;
            }
            let silent = self.is_silent(&source.name, now)?;
            if silent {
                tracing::warn!(source = %source.name, "silent against its habit");
            }
            let counts = kinds.entry(source.kind.as_str()).or_insert((source.kind, 0.0, 0.0));
            counts.1 += 1.0;
            counts.2 += f64::from(state.error_count == 0 && !silent);
        }
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for (kind, all, speaking) in kinds.into_values() {
            if speaking >= all * SPEAKING {
                writing.detector.alive(kind, now);
            }
        }
        Ok(())
    }

    /// Whether a source is silent against its own habit.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_silent(&self, source: &str, now: DateTime<FixedOffset>) -> Result<bool> {
        let hours = self.store.habit_hours(source)?;
        Ok(matches!(judge(&hours, now.timestamp().div_euclid(3600)), Habit::Silent(_)))
    }

    /// Tells every endpoint that a source is broken.
    pub(super) fn tell_broken(&self, source: &str, error: &str, now: DateTime<FixedOffset>) -> Result<()> {
        let outbox = {
            let writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            writing.detector.broken(source, error, now)
        };
        let commit = TransitionCommit { at: now.timestamp(), outbox, ..TransitionCommit::default() };
        self.store.commit_transition_with_outbox(&commit)?;
        Ok(())
    }
}
