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
}
