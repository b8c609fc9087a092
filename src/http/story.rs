//! An incident as people want it told: since when, how that is known, how early we were, which clocks run.

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use super::Shared;
use crate::alert::clocks::{Clock, clocks};
use crate::detect::{Change, Family, Transition};
use crate::store::{Acknowledgement, IncidentRow};

/// An incident with all its changes.
pub(super) struct Story {
    pub(super) row: IncidentRow,
    /// Oldest first.
    pub(super) changes: Vec<Transition>,
    /// Statutory duties that may run, earliest first.
    pub(super) clocks: Vec<Clock>,
    pub(super) seen: Option<Acknowledgement>,
}

impl Story {
    /// Reads it; none if there is no such incident.
    pub(super) fn read(shared: &Shared, id: &str) -> Result<Option<Self>> {
        let Some(row) = shared.pipeline.store.incident(id)? else { return Ok(None) };
        Self::of(shared, row).map(Some)
    }

    /// Reads what belongs to a row.
    pub(super) fn of(shared: &Shared, row: IncidentRow) -> Result<Self> {
        let store = &shared.pipeline.store;
        // A change that an older program wrote otherwise is left out rather than the whole incident.
        let mut changes: Vec<Transition> = store
            .timeline(&row.id)?
            .into_iter()
            .filter_map(|change| match serde_json::from_value(change.detail) {
                Ok(change) => Some(change),
                Err(error) => {
                    tracing::warn!(incident = %row.id, "a stored change cannot be read: {error}");
                    None
                }
            })
            .collect();
        changes.sort_by_key(|change: &Transition| change.at);
        let clocks = changes.last().map(|last| clocks(&shared.brain.catalogue, last)).unwrap_or_default();
        let seen = store.acknowledgement(&row.id)?;
        Ok(Self { row, changes, clocks, seen })
    }

    /// What is known last.
    pub(super) fn last(&self) -> Option<&Transition> {
        self.changes.last()
    }

    /// Since when it fails.
    pub(super) fn onset(&self) -> DateTime<FixedOffset> {
        self.last().map_or_else(|| self.opened(), |last| last.onset.at)
    }

    /// When it was suspected first.
    pub(super) fn opened(&self) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&self.row.opened_at).unwrap_or_default()
    }

    /// When independent sources agreed.
    pub(super) fn confirmed(&self) -> Option<DateTime<FixedOffset>> {
        self.changes.iter().find(|change| change.change == Change::Confirmed).map(|change| change.at)
    }

    /// Until when, as far as known.
    pub(super) fn ended(&self) -> Option<DateTime<FixedOffset>> {
        self.last().and_then(|last| last.ended)
    }

    /// The operator's first notice of the failure.
    pub(super) fn notice(&self) -> Option<DateTime<FixedOffset>> {
        self.last().and_then(|last| last.first_official)
    }

    /// Minutes by which the confirmation was before that notice; negative behind it.
    pub(super) fn lead(&self) -> Option<i64> {
        Some((self.notice()? - self.confirmed()?).num_minutes())
    }

    /// Minutes from onset to end, or to now.
    pub(super) fn lasted(&self, now: DateTime<FixedOffset>) -> i64 {
        (self.ended().unwrap_or(now) - self.onset()).num_minutes().max(0)
    }

    /// Documents that counted, by kind of source.
    pub(super) fn tally(&self) -> Vec<(Family, usize, f64)> {
        let evidence = self.last().map(|last| last.evidence.as_slice()).unwrap_or_default();
        let of = |family| {
            let own: Vec<_> = evidence.iter().filter(|evidence| evidence.family == family).collect();
            (family, own.len(), own.iter().map(|evidence| evidence.weight).sum())
        };
        Family::ALL.into_iter().map(of).filter(|(_, count, _)| *count > 0).collect()
    }
}
