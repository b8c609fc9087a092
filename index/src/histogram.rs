//! How many documents were published when.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeZone};
use serde::{Deserialize, Serialize};

use crate::document::kst;

/// Width of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day in Korea.
    Day,
    /// Seven days, from Monday.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
    /// The narrowest of these that gives at most some 120 bars.
    Auto,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// Its day in Korea, or its first: `2022-10-15`.
    pub day: String,
    /// Its begin, RFC 3339 in Korean time.
    pub start: String,
    /// Documents in it.
    pub count: u64,
}

/// Seconds by which a Korean day begins before one of UTC.
const OFFSET: i64 = 9 * 3600;
const DAY: i64 = 86_400;

/// Counts times (seconds since 1970); gives the width too, where that was left open.
pub(crate) fn histogram(times: &[u32], asked: Interval) -> (Interval, Vec<Bar>) {
    let (first, last) = times.iter().fold((u32::MAX, 0), |(first, last), &at| (first.min(at), last.max(at)));
    let span = i64::from(last.saturating_sub(first));
    let interval = match (asked, span) {
        (Interval::Auto, ..=7_200) => Interval::Minute,
        (Interval::Auto, ..=432_000) => Interval::Hour,
        (Interval::Auto, ..=10_368_000) => Interval::Day,
        (Interval::Auto, ..=72_576_000) => Interval::Week,
        (Interval::Auto, ..=315_360_000) => Interval::Month,
        (Interval::Auto, _) => Interval::Year,
        (asked, _) => asked,
    };
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    let width = match interval {
        Interval::Minute => 60,
        Interval::Hour => 3600,
        _ => DAY,
    };
    // Hits come in runs of neighbours, so the last bar is nearly always the right one.
    let mut run = (i64::MIN, 0);
    for &at in times {
        let bar = (i64::from(at) + OFFSET).div_euclid(width);
        if bar != run.0 {
            if run.1 > 0 {
                *counts.entry(run.0).or_default() += run.1;
            }
            run = (bar, 0);
        }
        run.1 += 1;
    }
    if run.1 > 0 {
        *counts.entry(run.0).or_default() += run.1;
    }
    let mut bars: BTreeMap<i64, u64> = BTreeMap::new();
    for (bar, count) in counts {
        *bars.entry(start(bar * width, interval)).or_default() += count;
    }
    let bars = bars.into_iter().filter_map(|(local, count)| {
        let at = DateTime::from_timestamp(local - OFFSET, 0)?.with_timezone(&kst());
        Some(Bar { day: at.format("%Y-%m-%d").to_string(), start: at.to_rfc3339(), count })
    });
    (interval, bars.collect())
}

/// Begin of the bar, in seconds of Korean time.
fn start(local: i64, interval: Interval) -> i64 {
    let day = |date: NaiveDate| date.and_hms_opt(0, 0, 0).map_or(local, |at| at.and_utc().timestamp());
    let date = chrono::Utc.timestamp_opt(local, 0).single().map(|at| at.date_naive());
    match (interval, date) {
        (Interval::Week, _) => {
            let days = local.div_euclid(DAY);
            // The epoch was a Thursday.
            (days - (days + 3).rem_euclid(7)) * DAY
        }
        (Interval::Month, Some(date)) => date.with_day(1).map_or(local, day),
        (Interval::Year, Some(date)) => NaiveDate::from_ymd_opt(date.year(), 1, 1).map_or(local, day),
        _ => local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(at: &str) -> u32 {
        DateTime::parse_from_rfc3339(at).unwrap().timestamp() as u32
    }

    fn shown(times: &[&str], asked: Interval) -> String {
        let times: Vec<u32> = times.iter().map(|at| seconds(at)).collect();
        let (interval, bars) = histogram(&times, asked);
        let bars = bars.iter().map(|bar| format!("{} {}", &bar.start[..16], bar.count)).collect::<Vec<_>>();
        format!("{interval:?}: {}", bars.join(", "))
    }

    #[test]
    fn bars_begin_where_korea_begins() {
        let times = ["2022-10-15T15:30:10+09:00", "2022-10-15T15:30:50+09:00", "2022-10-16T00:10:00+09:00"];
        assert_eq!(shown(&times, Interval::Minute), "Minute: 2022-10-15T15:30 2, 2022-10-16T00:10 1");
        assert_eq!(shown(&times, Interval::Day), "Day: 2022-10-15T00:00 2, 2022-10-16T00:00 1");
        assert_eq!(shown(&times, Interval::Week), "Week: 2022-10-10T00:00 3");
        assert_eq!(shown(&times, Interval::Month), "Month: 2022-10-01T00:00 3");
        assert_eq!(shown(&times, Interval::Year), "Year: 2022-01-01T00:00 3");
    }

    #[test]
    fn the_width_follows_the_span() {
        let from = "2022-10-15T15:30:00+09:00";
        for (to, width) in [
            ("2022-10-15T16:30:00+09:00", Interval::Minute),
            ("2022-10-17T16:30:00+09:00", Interval::Hour),
            ("2022-12-15T15:30:00+09:00", Interval::Day),
            ("2024-01-15T15:30:00+09:00", Interval::Week),
            ("2026-10-15T15:30:00+09:00", Interval::Month),
            ("2036-10-15T15:30:00+09:00", Interval::Year),
        ] {
            assert_eq!(histogram(&[seconds(from), seconds(to)], Interval::Auto).0, width, "{to}");
        }
        assert!(histogram(&[], Interval::Auto).1.is_empty());
    }
}
