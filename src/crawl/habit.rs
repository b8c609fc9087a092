//! Whether a source is silent against its own habit: what it usually brings at this hour of the week. Pure.

/// Hours of asking that are needed before a habit is known: a week.
const LEARNT: usize = 7 * 24;
/// Hours looked back: four weeks.
const BACK: i64 = 28 * 24;
/// A silence in which so many documents were to be expected is none by chance: the chance of it is under a thousandth even
/// where they come in bunches of two.
const EXPECTED: f64 = 14.0;
/// Hours from the epoch's Thursday to a Monday in Korea: only the phase of the week counts, not its name.
const KOREA: i64 = 9;

/// What the last hours say of a source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Habit {
    /// Too little is known.
    Unknown,
    /// It brings what it usually brings; expected an hour now.
    Usual(f64),
    /// Nothing came while so many documents were to be expected.
    Silent(f64),
}

/// Judges a source by what arrived from it: hours since 1970 with their documents, oldest first. Hours in which it was not
/// asked are left out of the list and count neither as habit nor as silence.
#[must_use]
pub fn judge(hours: &[(i64, i64)], now: i64) -> Habit {
    let known: Vec<(i64, i64)> = hours.iter().copied().filter(|(hour, _)| *hour > now - BACK && *hour <= now).collect();
    let last = known.iter().rposition(|(_, documents)| *documents > 0);
    let (learnt, gap) = known.split_at(last.map_or(0, |at| at + 1));
    if learnt.len() < LEARNT {
        return Habit::Unknown;
    }
    let mut week = [(0i64, 0i64); 168];
    let mut day = [(0i64, 0i64); 24];
    for (hour, documents) in learnt {
        let korea = hour + KOREA;
        for cell in [&mut week[korea.rem_euclid(168) as usize], &mut day[korea.rem_euclid(24) as usize]] {
            cell.0 += documents;
            cell.1 += 1;
        }
    }
    // Four weeks give four values an hour of the week; the same hour of all days steadies them.
    let usual = |hour: i64| {
        let korea = hour + KOREA;
        let (sum, times) = week[korea.rem_euclid(168) as usize];
        let (daily, days) = day[korea.rem_euclid(24) as usize];
        let mean = if days > 0 { daily as f64 / days as f64 } else { 0.0 };
        (sum as f64 + mean) / (times as f64 + 1.0)
    };
    // The hour that runs now is not over.
    let missed: f64 = gap.iter().filter(|(hour, _)| *hour < now).map(|(hour, _)| usual(*hour)).sum();
    if missed >= EXPECTED { Habit::Silent(missed) } else { Habit::Usual(usual(now)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight documents an hour by day, none by night.
    fn diurnal(from: i64, to: i64) -> Vec<(i64, i64)> {
        (from..to).map(|hour| (hour, if (9..21).contains(&(hour + KOREA).rem_euclid(24)) { 8 } else { 0 })).collect()
    }

    #[test]
    fn night_is_no_silence_and_a_mute_morning_is() {
        let day = 24 * 20_000 - KOREA;
        let mut hours = diurnal(day - 28 * 24, day);
        hours.extend((day..day + 8).map(|hour| (hour, 0)));
        assert!(matches!(judge(&hours, day + 8), Habit::Usual(_)), "the night");
        hours.extend((day + 8..day + 11).map(|hour| (hour, 0)));
        assert!(matches!(judge(&hours, day + 11), Habit::Silent(missed) if missed > 14.0), "two hours of the morning");
        hours.push((day + 11, 1));
        assert!(matches!(judge(&hours, day + 12), Habit::Usual(_)), "it speaks again");
    }

    #[test]
    fn what_was_not_asked_is_no_silence() {
        let day = 24 * 20_000 - KOREA;
        let hours = diurnal(day - 28 * 24, day - 13 * 24);
        assert!(matches!(judge(&hours, day), Habit::Usual(_)), "we were off for 13 days");
        assert_eq!(judge(&diurnal(day - 72, day), day), Habit::Unknown);
        assert_eq!(judge(&[], day), Habit::Unknown);
    }
}
