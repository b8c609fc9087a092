//! Minutes since 1970, and what hour of the Korean week they fall in. No clock is read here.

use chrono::{DateTime, FixedOffset};
use meoktong_index::document::kst;

/// Minutes since 1970-01-01 00:00 UTC.
pub type Minute = i64;

/// Korea's offset in minutes; it keeps no daylight saving time.
const KOREA: i64 = 540;

/// Hours in a week.
pub const WEEK: usize = 168;

/// The minute in which an instant lies.
#[must_use]
pub fn minute(at: &DateTime<FixedOffset>) -> Minute {
    at.timestamp().div_euclid(60)
}

/// The instant at which a minute begins, in Korean time.
///
/// # Panics
/// Beyond the year 262,000.
#[must_use]
pub fn instant(minute: Minute) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(minute * 60, 0).expect("a minute of the common era").with_timezone(&kst())
}

/// Days since 1970-01-01 in Korea.
#[must_use]
pub fn day(minute: Minute) -> i64 {
    (minute + KOREA).div_euclid(1440)
}

/// The first minute of a Korean day.
#[must_use]
pub fn day_start(day: i64) -> Minute {
    day * 1440 - KOREA
}

/// Hour of the Korean week, Monday 00 = 0.
#[must_use]
pub fn hour_of_week(minute: Minute) -> usize {
    let hours = (minute + KOREA).div_euclid(60);
    // The first of January 1970 was a Thursday.
    usize::try_from((hours + 72).rem_euclid(168)).unwrap_or(0)
}

/// `13:05` in Korea.
#[must_use]
pub fn hh_mm(minute: Minute) -> String {
    instant(minute).format("%H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_begins_on_monday_in_korea() {
        let at = |text: &str| minute(&DateTime::parse_from_rfc3339(text).unwrap());
        assert_eq!(hour_of_week(at("2022-10-10T00:30:00+09:00")), 0, "a Monday");
        assert_eq!(hour_of_week(at("2022-10-15T15:30:00+09:00")), 5 * 24 + 15, "the Saturday of the data-centre fire");
        assert_eq!(day(at("2022-10-15T23:59:00+09:00")) + 1, day(at("2022-10-15T15:00:00Z")));
        assert_eq!(instant(at("2022-10-15T15:30:40+09:00")).to_rfc3339(), "2022-10-15T15:30:00+09:00");
    }
}
