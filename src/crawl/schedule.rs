//! When a source is due. Cron expressions mean Korean time.

use chrono::{DateTime, Duration, FixedOffset};
use cron::Schedule;
use meoktong_index::document::kst;

use crate::normalise::short_hash;

/// Reads a cron expression of five fields, or of six with seconds first.
///
/// # Errors
/// What is wrong with it.
pub fn parse(expression: &str) -> Result<Schedule, String> {
    let fields = expression.split_whitespace().count();
    let full = if fields == 5 { format!("0 {expression}") } else { expression.to_owned() };
    full.parse().map_err(|error: cron::error::Error| {
        format!("{expression:?} is no schedule ({error}): use minute hour day month weekday, like \"*/3 * * * *\"")
    })
}

/// The next time after `now`, some seconds late by the source's name, so that sources with one schedule do not all
/// start in the same second.
#[must_use]
pub fn next(schedule: &Schedule, source: &str, now: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    let spread = u64::from_str_radix(&short_hash(&[source])[..4], 16).unwrap_or(0) % 30;
    let now = now.with_timezone(&kst());
    let due = schedule.after(&now).next().unwrap_or_else(|| now + Duration::days(1));
    due + Duration::seconds(spread as i64)
}

/// Between which intervals a source may be polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Interval of the schedule.
    pub usual: Duration,
    /// Least.
    pub least: Duration,
    /// Most.
    pub most: Duration,
}

impl Bounds {
    /// The bounds of a schedule at a moment: half to twice its interval, unless minutes are given.
    #[must_use]
    pub fn of(schedule: &Schedule, now: DateTime<FixedOffset>, least: Option<f64>, most: Option<f64>) -> Self {
        let now = now.with_timezone(&kst());
        let mut fires = schedule.after(&now);
        let usual = match (fires.next(), fires.next()) {
            (Some(first), Some(second)) => second - first,
            _ => Duration::days(1),
        };
        let minutes = |given: Option<f64>| {
            given.filter(|m| m.is_finite()).map(|m| Duration::seconds((m * 60.0).clamp(1.0, 1e6) as i64))
        };
        let least = minutes(least).unwrap_or_else(|| (usual / 2).max(Duration::minutes(1))).min(usual);
        let most = minutes(most).unwrap_or(usual * 2).max(usual);
        Self { usual, least, most }
    }

    /// The new factor on the usual interval: at the least while an incident is open; less when something new came, more
    /// when nothing did.
    #[must_use]
    pub fn pace(&self, before: f64, new: usize, incident: bool) -> f64 {
        let seconds = self.usual.num_seconds().max(1) as f64;
        let (least, most) = (self.least.num_seconds() as f64 / seconds, self.most.num_seconds() as f64 / seconds);
        let wanted = match (incident, new) {
            (true, _) => least,
            (_, 0) => before.max(least) * 1.15,
            (_, 1..=2) => before.min(1.0) * 0.9,
            _ => before.min(1.0) * 0.7,
        };
        wanted.clamp(least, most)
    }

    /// When the source is due: the schedule's next time at the usual pace, sooner or later by the factor.
    #[must_use]
    pub fn due(
        &self,
        schedule: &Schedule,
        source: &str,
        now: DateTime<FixedOffset>,
        pace: f64,
    ) -> DateTime<FixedOffset> {
        let usual = next(schedule, source, now);
        let wanted =
            now.with_timezone(&kst()) + Duration::milliseconds((self.usual.num_milliseconds() as f64 * pace) as i64);
        if pace < 1.0 {
            wanted.min(usual)
        } else if pace > 1.0 {
            // Still at one of the schedule's own times: the first that is late enough.
            next(schedule, source, wanted - self.usual).max(usual)
        } else {
            usual
        }
    }
}

/// How long to wait after failures in a row: one minute, doubled each time, six hours at most.
#[must_use]
pub fn back_off(errors: i64) -> Duration {
    Duration::minutes(1 << errors.clamp(1, 10).saturating_sub(1)).min(Duration::hours(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_korean() {
        let now = DateTime::parse_from_rfc3339("2026-03-08T23:30:00Z").unwrap();
        let due = next(&parse("0 9 * * *").unwrap(), "x", now);
        assert_eq!(due.format("%Y-%m-%d %H:%M").to_string(), "2026-03-09 09:00");
        assert!(parse("every day").unwrap_err().contains("*/3"));
        assert_eq!(back_off(1), Duration::minutes(1));
        assert_eq!(back_off(99), Duration::hours(6));
    }

    #[test]
    fn lively_sources_are_asked_more_often_and_still_ones_less_within_bounds() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T09:00:10+09:00").unwrap();
        let schedule = parse("*/10 * * * *").unwrap();
        let bounds = Bounds::of(&schedule, now, None, None);
        assert_eq!(
            (bounds.least, bounds.usual, bounds.most),
            (Duration::minutes(5), Duration::minutes(10), Duration::minutes(20))
        );
        let own = Bounds::of(&schedule, now, Some(2.0), Some(60.0));
        assert_eq!((own.least, own.most), (Duration::minutes(2), Duration::hours(1)));
        let mut pace = 1.0;
        for _ in 0..50 {
            pace = bounds.pace(pace, 0, false);
        }
        assert_eq!(pace, 2.0);
        let late = bounds.due(&schedule, "x", now, pace);
        assert!(late - now > Duration::minutes(10) && late - now < Duration::minutes(21), "{late}");
        assert_eq!(bounds.pace(pace, 0, true), 0.5);
        assert!(bounds.pace(pace, 5, false) < 1.0);
        assert!(bounds.due(&schedule, "x", now, 0.5) - now <= Duration::minutes(5));
        assert_eq!(bounds.due(&schedule, "x", now, 1.0), next(&schedule, "x", now));
    }
}
