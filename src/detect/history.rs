//! Past outages as texts tell of them, merged across documents: the same service at an overlapping time is one outage, as far as
//! the precision of each text allows. Events of one text stay apart, because the text tells them apart.

use chrono::{DateTime, Datelike, Duration, FixedOffset, TimeZone};
use serde::Serialize;

use crate::analyse::{Event, Precision};

/// Minutes by which two exact statements of one start may differ.
const SLACK: i64 = 120;

/// A document with what it tells: id, publication, events.
pub type Told = (String, Option<DateTime<FixedOffset>>, Vec<Event>);

/// One outage of the past.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Past {
    /// Service id.
    pub service: String,
    /// Year in Korea.
    pub year: i32,
    /// Start as the most exact text tells it.
    pub start: DateTime<FixedOffset>,
    /// How exactly that is known.
    pub precision: Precision,
    /// End, where a text tells it.
    pub end: Option<DateTime<FixedOffset>>,
    /// Length in minutes, where a text tells it.
    pub minutes: Option<i64>,
    /// Features that any text names.
    pub features: Vec<String>,
    /// Cause in the words of the most exact text.
    pub cause: Option<String>,
    /// How many documents tell of it.
    pub documents: usize,
    /// Their ids, first come first.
    pub told_by: Vec<String>,
}

/// Merges what documents tell, most exact first; `told` is document id, publication and events. A current report without a start
/// stands for its day of publication; an event of the past without a time has no place and is left out.
#[must_use]
pub fn merge(told: &[Told]) -> Vec<Past> {
    let mut events: Vec<(Precision, DateTime<FixedOffset>, &str, &Event)> = Vec::new();
    for (document, published, of) in told {
        for event in of {
            let placed = match (event.start, published) {
                (Some(start), _) => Some((event.start_precision.unwrap_or(Precision::Day), start)),
                (None, Some(published)) if !event.historical => Some((Precision::Day, *published)),
                _ => None,
            };
            events.extend(placed.map(|(precision, start)| (precision, start, document.as_str(), event)));
        }
    }
    events.sort_by(|a, b| {
        (a.0, a.1, a.2, &a.3.service, a.3.duration_minutes).cmp(&(b.0, b.1, b.2, &b.3.service, b.3.duration_minutes))
    });
    let mut merged: Vec<Past> = Vec::new();
    for (precision, start, document, event) in events {
        let same = |past: &&mut Past| {
            past.service == event.service
                && !past.told_by.iter().any(|teller| teller == document)
                && overlap(past, precision, start, event)
        };
        match merged.iter_mut().find(same) {
            Some(past) => past.hear(document, event),
            None => {
                let mut past = Past {
                    service: event.service.clone(),
                    year: start.year(),
                    start,
                    precision,
                    end: None,
                    minutes: None,
                    features: Vec::new(),
                    cause: None,
                    documents: 0,
                    told_by: Vec::new(),
                };
                past.hear(document, event);
                merged.push(past);
            }
        }
    }
    merged.sort_by(|a, b| (b.start, &a.service).cmp(&(a.start, &b.service)));
    merged
}

impl Past {
    fn hear(&mut self, document: &str, event: &Event) {
        self.documents += 1;
        self.told_by.push(document.to_owned());
        self.end = self.end.or(event.end);
        self.minutes = self.minutes.or(event.duration_minutes);
        self.cause = self.cause.take().or_else(|| event.cause.clone());
        self.features.extend(
            event.features.iter().filter(|feature| !self.features.contains(feature)).cloned().collect::<Vec<_>>(),
        );
        self.features.sort();
    }
}

/// Whether a statement of this precision can mean this outage.
fn overlap(past: &Past, precision: Precision, start: DateTime<FixedOffset>, event: &Event) -> bool {
    let exact = |precision| matches!(precision, Precision::Minute | Precision::Hour);
    if exact(past.precision) && exact(precision) {
        let slack = Duration::minutes(SLACK);
        let lasted = |end: Option<DateTime<FixedOffset>>, from: DateTime<FixedOffset>, minutes: Option<i64>| {
            end.unwrap_or(from + Duration::minutes(minutes.unwrap_or(0).clamp(0, 14 * 1440)))
        };
        let until = lasted(past.end, past.start, past.minutes);
        let other = lasted(event.end, start, event.duration_minutes);
        return start <= until.max(past.start + slack) && past.start <= other.max(start + slack);
    }
    // Lengths that both texts know and that are far apart tell two outages of one vague time apart.
    if let (Some(a), Some(b)) = (past.minutes, event.duration_minutes)
        && (a - b).abs() * 2 > a.max(b)
    {
        return false;
    }
    let (a, b) = (span(past.start, past.precision), span(start, precision));
    a.0 < b.1 && b.0 < a.1
}

/// The time that a statement leaves open.
fn span(start: DateTime<FixedOffset>, precision: Precision) -> (DateTime<FixedOffset>, DateTime<FixedOffset>) {
    let first =
        |year: i32, month: u32| start.timezone().with_ymd_and_hms(year, month, 1, 0, 0, 0).single().unwrap_or(start);
    match precision {
        Precision::Minute | Precision::Hour => (start, start + Duration::hours(1)),
        Precision::Day => {
            let midnight = start - Duration::seconds(i64::from(chrono::Timelike::num_seconds_from_midnight(&start)));
            (midnight, midnight + Duration::days(1))
        }
        Precision::Month => {
            let (year, month) = (start.year(), start.month());
            let next = if month == 12 { first(year + 1, 1) } else { first(year, month + 1) };
            (first(year, month), next)
        }
        Precision::Year => (first(start.year(), 1), first(start.year() + 1, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::Status;

    fn at(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+09:00")).unwrap()
    }

    fn event(start: &str, precision: Precision, minutes: Option<i64>) -> Event {
        Event {
            service: "kakaotalk".into(),
            name: "카카오톡".into(),
            features: Vec::new(),
            start: Some(at(start)),
            start_precision: Some(precision),
            end: None,
            duration_minutes: minutes,
            duration_bound: None,
            cause: None,
            status: Status::Unknown,
            historical: true,
        }
    }

    fn starts(told: &[(&str, Vec<Event>)]) -> Vec<(String, usize)> {
        let told: Vec<_> =
            told.iter().map(|(id, events)| ((*id).to_owned(), Some(at("2020-03-05T10:00")), events.clone())).collect();
        merge(&told).into_iter().map(|past| (past.start.format("%m-%d %H:%M").to_string(), past.documents)).collect()
    }

    #[test]
    fn one_outage_told_by_day_hour_and_month_is_one() {
        let told = [
            ("a", vec![event("2020-03-02T00:00", Precision::Day, None)]),
            ("b", vec![event("2020-03-02T09:00", Precision::Hour, Some(80))]),
            ("c", vec![event("2020-03-01T00:00", Precision::Month, Some(80))]),
            ("d", vec![event("2020-03-02T09:40", Precision::Minute, None)]),
        ];
        assert_eq!(starts(&told), [("03-02 09:40".into(), 4)]);
    }

    #[test]
    fn what_one_text_tells_apart_stays_apart() {
        let both =
            vec![event("2020-03-02T09:00", Precision::Hour, None), event("2020-03-02T00:00", Precision::Day, None)];
        assert_eq!(starts(&[("a", both)]).len(), 2);
        let far = [
            ("a", vec![event("2020-03-02T09:00", Precision::Hour, Some(80))]),
            ("b", vec![event("2020-03-02T20:00", Precision::Hour, Some(60))]),
            ("c", vec![event("2020-03-02T00:00", Precision::Day, Some(600))]),
        ];
        assert_eq!(starts(&far).len(), 3, "other hours, other lengths");
    }

    #[test]
    fn a_past_event_without_a_time_has_no_place() {
        let vague = Event { start: None, start_precision: None, ..event("2020-01-01T00:00", Precision::Day, None) };
        let now = Event { historical: false, ..vague.clone() };
        assert_eq!(starts(&[("a", vec![vague])]).len(), 0);
        assert_eq!(starts(&[("a", vec![now])]), [("03-05 10:00".into(), 1)]);
    }
}
