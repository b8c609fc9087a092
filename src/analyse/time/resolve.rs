//! From words to calendar days, with the context of the text.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Weekday};

use super::clock::Clock;
use super::date::{Calendar, Date, DayRef, Kind, Lean, MonthRef, Slice, YearRef};
use super::length::Length;
use super::{Anchor, Bias, Precision, Unit};

/// Seconds of Korean time east of Greenwich.
const KST: i32 = 9 * 3600;

/// Clock times this much after publication still count as past: clocks of newsrooms differ.
const SLACK_MINUTES: i64 = 5;

/// A resolved date: its days and how exactly they are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DateValue {
    pub(super) first: NaiveDate,
    /// Last day (inclusive) where the words name more than one unit.
    pub(super) last: Option<NaiveDate>,
    pub(super) precision: Precision,
}

impl DateValue {
    fn day(d: NaiveDate) -> Self {
        DateValue { first: d, last: None, precision: Precision::Day }
    }
}

/// What the reader remembers.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) published: Option<NaiveDateTime>,
    pub(super) date_only: bool,
    pub(super) bias: Bias,
    /// Last date that 이날 may point to.
    this_day: Option<NaiveDate>,
    /// Date that a bare clock time belongs to.
    clock_day: Option<NaiveDate>,
    /// Start and end day of the last range over midnight.
    night: Option<(NaiveDateTime, NaiveDate)>,
    /// Last clock time of the paragraph.
    pub(super) last_clock: Option<NaiveDateTime>,
    /// Last date of any kind.
    last_day: Option<NaiveDate>,
    /// Year named in the paragraph, and whether in this sentence.
    year: Option<(i32, bool)>,
    /// Month of the last date.
    month: Option<(i32, u32)>,
    /// First date of the text not far before publication.
    lead: Option<NaiveDate>,
}

/// First day of the month `shift` months from that of `d`.
fn month_start(year: i32, month: u32, shift: i32) -> Option<NaiveDate> {
    let n = year.checked_mul(12)?.checked_add(i32::try_from(month).ok()? - 1)?.checked_add(shift)?;
    NaiveDate::from_ymd_opt(n.div_euclid(12), u32::try_from(n.rem_euclid(12)).ok()? + 1, 1)
}

fn month_end(first: NaiveDate) -> Option<NaiveDate> {
    month_start(first.year(), first.month(), 1)?.pred_opt()
}

fn add_days(d: NaiveDate, n: i64) -> Option<NaiveDate> {
    d.checked_add_signed(chrono::Duration::try_days(n)?)
}

fn monday(d: NaiveDate) -> Option<NaiveDate> {
    d.checked_sub_days(Days::new(u64::from(d.weekday().num_days_from_monday())))
}

/// `at` plus (`sign` 1) or minus (-1) a length; months keep the day where they can.
pub(super) fn shift(at: NaiveDateTime, l: &Length, sign: i32) -> Option<NaiveDateTime> {
    if l.vague {
        return None;
    }
    let months = chrono::Months::new(u32::try_from(l.months).ok()?);
    let date = if sign > 0 { at.checked_add_months(months)? } else { at.checked_sub_months(months)? };
    let date = date.checked_add_signed(chrono::Duration::try_days(i64::from(l.days) * i64::from(sign))?)?;
    date.checked_add_signed(chrono::Duration::try_seconds(l.seconds * i64::from(sign))?)
}

/// Korean time as a value of the output.
pub(super) fn kst(t: NaiveDateTime) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(KST)?.from_local_datetime(&t).single()
}

impl Context {
    pub(super) fn new(anchor: &Anchor) -> Self {
        Context {
            published: anchor.published.and_then(|t| Some(t.with_timezone(&FixedOffset::east_opt(KST)?).naive_local())),
            date_only: anchor.date_only,
            bias: anchor.bias,
            this_day: None,
            clock_day: None,
            night: None,
            last_clock: None,
            last_day: None,
            year: None,
            month: None,
            lead: None,
        }
    }

    /// Day of publication.
    pub(super) fn today(&self) -> Option<NaiveDate> {
        self.published.map(|t| t.date())
    }

    /// A new sentence: the year of the last one no longer carries over by itself.
    pub(super) fn sentence(&mut self) {
        if let Some((_, here)) = &mut self.year {
            *here = false;
        }
        // Background dates rarely outlive their sentence when the story itself is of these days.
        if let (Some(lead), Some(day), Some(today)) = (self.lead, self.clock_day, self.today())
            && (today - lead).num_days() <= 3
            && (today - day).num_days() > 3
        {
            self.clock_day = Some(lead);
        }
    }

    /// A new paragraph: only recent dates, or the date the text opened with, are still in mind.
    pub(super) fn paragraph(&mut self) {
        self.year = None;
        self.last_clock = None;
        let today = self.today();
        let recent = |d: &NaiveDate| today.is_none_or(|t| (0..=3).contains(&(t - *d).num_days()));
        let keep = |d: Option<NaiveDate>, lead| d.filter(recent).or(lead);
        self.this_day = keep(self.this_day, self.lead);
        self.clock_day = keep(self.clock_day, self.lead);
        self.last_day = keep(self.last_day, self.lead);
        self.night = self.night.filter(|(t, _)| recent(&t.date()));
    }

    /// Remembers a resolved point. `own` says that its words name the day themselves (not 전날 or a bare clock time).
    pub(super) fn remember(&mut self, date: &Date, value: DateValue) {
        if let Kind::Calendar(c) = date.kind {
            match c.year {
                YearRef::None => {}
                _ => self.year = Some((value.first.year(), true)),
            }
        }
        if value.precision <= Precision::Month {
            self.month = Some((value.first.year(), value.first.month()));
        }
        if value.precision == Precision::Year || value.precision == Precision::Month {
            self.year = self.year.or(Some((value.first.year(), true)).filter(|_| date.past));
            return;
        }
        if !matches!(date.kind, Kind::Week(_, None) | Kind::LastNight | Kind::Now) {
            self.last_day = Some(value.first);
            self.clock_day = Some(value.first);
            self.night = None;
            if date.explicit() {
                self.this_day = Some(value.first);
                let near = self.today().is_none_or(|t| (0..=31).contains(&(t - value.first).num_days()));
                if near && !date.past && self.lead.is_none() {
                    self.lead = Some(value.first);
                }
            }
        }
        self.last_clock = self.last_clock.filter(|t| t.date() == value.first);
    }

    /// Remembers the clock time of a point or the start of a range.
    pub(super) fn remember_clock(&mut self, at: NaiveDateTime) {
        self.last_clock = Some(at);
    }

    /// Remembers a range that ends on another day than it starts.
    pub(super) fn remember_range(&mut self, from: NaiveDateTime, to: NaiveDateTime) {
        self.last_clock = Some(to);
        if to.date() != from.date() {
            self.night = Some((from, to.date()));
            self.this_day = self.this_day.map(|_| to.date());
            self.last_day = Some(to.date());
            self.clock_day = Some(to.date());
        }
    }

    /// The day that a date's words mean; `near` is the date in apposition (`어린이날인 5일`) or the start of the range, `list` says that the
    /// date before is its neighbour in a list, `ahead` that the sentence speaks of the future, `too` that 도 follows.
    pub(super) fn resolve(
        &self,
        date: &Date,
        near: Option<DateValue>,
        list: bool,
        ahead: bool,
        too: bool,
    ) -> Option<DateValue> {
        let today = self.today();
        match date.kind {
            Kind::Calendar(c) => self.calendar(&c, near, list, ahead, too),
            Kind::ThisDay => self.this_day.or(today).map(DateValue::day),
            Kind::DayBefore => {
                // 전날 leans on the day of the sentence if that is recent, else on publication.
                let base = match (self.this_day, today) {
                    (Some(d), Some(t)) if !(0..=3).contains(&(t - d).num_days()) => Some(t),
                    (Some(d), _) => Some(d),
                    (None, t) => t,
                };
                Some(DateValue::day(base?.pred_opt()?))
            }
            Kind::DayAfter => {
                let base = near.map(|n| n.last.unwrap_or(n.first)).or(self.last_day).or(today)?;
                Some(DateValue::day(base.succ_opt()?))
            }
            Kind::FromPublication(n) => Some(DateValue::day(add_days(today?, n)?)),
            Kind::Now => Some(DateValue::day(today?)),
            Kind::LastNight => Some(DateValue { first: today?.pred_opt()?, last: today, precision: Precision::Day }),
            Kind::Week(n, day) => {
                let start = add_days(monday(today?)?, n * 7)?;
                Some(match day {
                    Some(wd) => DateValue::day(add_days(start, i64::from(wd.num_days_from_monday()))?),
                    None => DateValue { first: start, last: add_days(start, 6), precision: Precision::Day },
                })
            }
            Kind::Weekday(lean, wd) => {
                if let Some(n) = near {
                    let ahead =
                        i64::from(wd.num_days_from_monday()) - i64::from(n.first.weekday().num_days_from_monday());
                    return Some(DateValue::day(add_days(n.first, ahead.rem_euclid(7))?));
                }
                let today = today?;
                let back = (i64::from(today.weekday().num_days_from_monday()) - i64::from(wd.num_days_from_monday()))
                    .rem_euclid(7);
                let next = if back == 0 { 7 } else { 7 - back };
                let days = match lean {
                    Lean::Past => -(if back == 0 { 7 } else { back }),
                    Lean::Future if self.bias == Bias::Future => {
                        return Some(DateValue::day(add_days(
                            add_days(monday(today)?, 7)?,
                            i64::from(wd.num_days_from_monday()),
                        )?));
                    }
                    Lean::Future => next,
                    Lean::This => {
                        return Some(DateValue::day(add_days(monday(today)?, i64::from(wd.num_days_from_monday()))?));
                    }
                    Lean::None if ahead || self.bias == Bias::Future => next,
                    Lean::None => -back,
                };
                Some(DateValue::day(add_days(today, days)?))
            }
            Kind::Weekend(n) => {
                let week = monday(today?)?;
                let mut first = add_days(week, 5 + 7 * n.unwrap_or(0))?;
                if n.is_none() && first > today? && !ahead && self.bias == Bias::Past {
                    first = add_days(first, -7)?;
                }
                Some(DateValue { first, last: first.succ_opt(), precision: Precision::Day })
            }
            Kind::Holiday { day, lean, year, before, block } => {
                let pick = |y: i32| {
                    let (first, last) = if block { day.block(y)? } else { (day.on(y)?, day.on(y)?) };
                    if before > 0 {
                        return Some(DateValue::day(add_days(first, -before)?));
                    }
                    Some(DateValue { first, last: Some(last).filter(|_| block), precision: Precision::Day })
                };
                let carried = self.year.filter(|(_, here)| *here && lean == Lean::None).map(|(y, _)| y);
                match self.year_of(year).or(carried) {
                    Some(y) => pick(y),
                    None => {
                        let today = today?;
                        let ahead = lean == Lean::Future || lean == Lean::None && (ahead || self.bias == Bias::Future);
                        if ahead {
                            (today.year()..=today.year() + 1)
                                .filter_map(pick)
                                .find(|v| v.last.unwrap_or(v.first) >= today)
                        } else {
                            (today.year() - 1..=today.year()).rev().filter_map(pick).find(|v| v.first <= today)
                        }
                    }
                }
            }
            Kind::Ago(l) => {
                if l.vague {
                    return None;
                }
                let at = shift(today?.and_time(NaiveTime::MIN), &l, -1)?.date();
                Some(match l.unit {
                    Unit::Year => DateValue {
                        first: NaiveDate::from_ymd_opt(at.year(), 1, 1)?,
                        last: None,
                        precision: Precision::Year,
                    },
                    Unit::Month => DateValue { first: at.with_day(1)?, last: None, precision: Precision::Month },
                    _ => DateValue::day(at),
                })
            }
        }
    }

    fn year_of(&self, y: YearRef) -> Option<i32> {
        match y {
            YearRef::None => None,
            YearRef::Abs(y) => Some(y),
            YearRef::Rel(n) => Some(self.today()?.year() + n),
            YearRef::Same => self.year.map(|(y, _)| y).or(self.month.map(|(y, _)| y)),
            YearRef::Next => Some(self.year.map(|(y, _)| y).or(self.month.map(|(y, _)| y))? + 1),
        }
    }

    fn calendar(&self, c: &Calendar, near: Option<DateValue>, list: bool, ahead: bool, too: bool) -> Option<DateValue> {
        let today = self.today();
        let mut year = self.year_of(c.year);
        if c.year != YearRef::None && year.is_none() {
            return None;
        }
        if c.year == YearRef::None && c.lean == Lean::None {
            year = match self.year {
                Some((y, here)) if here || too || list => Some(y),
                _ => None,
            };
            if let Some(n) = near {
                year = Some(n.first.year());
            }
        }
        let month = match c.month {
            MonthRef::None => None,
            MonthRef::Abs(m) => Some(m),
            MonthRef::Rel(n) => {
                let t = today?;
                let start = month_start(t.year(), t.month(), n)?;
                year = Some(start.year());
                Some(start.month())
            }
            MonthRef::Same => {
                let (y, m) = self.month?;
                year = Some(y);
                Some(m)
            }
        };
        if let Some(slice) = c.slice {
            return self.slice(slice, year, month, c.lean, ahead);
        }
        match (month, c.day) {
            (None, DayRef::None) => {
                Some(DateValue { first: NaiveDate::from_ymd_opt(year?, 1, 1)?, last: None, precision: Precision::Year })
            }
            (Some(m), DayRef::None) => {
                let first = self.month_near(year, m, c.lean, ahead)?;
                Some(DateValue { first, last: None, precision: Precision::Month })
            }
            (Some(m), day) => {
                let of = |y: i32| {
                    let first = NaiveDate::from_ymd_opt(y, m, 1)?;
                    Some(match day {
                        DayRef::Abs(d) => {
                            let start = NaiveDate::from_ymd_opt(y, m, d)?;
                            DateValue {
                                first: start,
                                last: c.to_day.and_then(|d| NaiveDate::from_ymd_opt(y, m, d)),
                                precision: Precision::Day,
                            }
                        }
                        DayRef::Last => DateValue::day(month_end(first)?),
                        DayRef::Week(n) => {
                            // The first week of a month is the one that holds its first Thursday (KS X ISO 8601).
                            let start = if n == 0 {
                                monday(nth_weekday(first, 0, Weekday::Thu)?)?
                            } else {
                                add_days(monday(add_days(first, 3)?)?, i64::from(n - 1) * 7)?
                            };
                            DateValue { first: start, last: add_days(start, 6), precision: Precision::Day }
                        }
                        DayRef::Weekday(n, wd) => DateValue::day(nth_weekday(first, n, wd)?),
                        DayRef::None => return None,
                    })
                };
                match year {
                    Some(y) => {
                        let v = of(y)?;
                        // A range that starts in December ends in the next year.
                        match near {
                            Some(n) if v.first < n.first && c.year == YearRef::None => of(y + 1),
                            _ => Some(v),
                        }
                    }
                    None => self.choose(today?, c.lean, ahead, of),
                }
            }
            (None, DayRef::Abs(d)) => {
                let made = |first: NaiveDate| {
                    let start = first.with_day(d)?;
                    Some(DateValue {
                        first: start,
                        last: c.to_day.and_then(|d| first.with_day(d)),
                        precision: Precision::Day,
                    })
                };
                // 어린이날인 5일, 5월 5일부터 7일까지, 31일부터 2일까지.
                if let Some(n) = near {
                    let v = made(n.first.with_day(1)?);
                    return match v {
                        Some(v) if v.first >= n.first || n.first.day() <= d => Some(v),
                        _ => made(month_start(n.first.year(), n.first.month(), 1)?),
                    };
                }
                if c.lean == Lean::None
                    && let Some((y, m)) = self.month
                    && list
                {
                    return made(NaiveDate::from_ymd_opt(y, m, 1)?);
                }
                let Some(today) = today else {
                    // Without a publication date a bare day still belongs to a month that the sentence has named.
                    let (y, m) =
                        self.month.filter(|_| c.lean == Lean::None && self.year.is_some_and(|(_, here)| here))?;
                    return made(NaiveDate::from_ymd_opt(y, m, 1)?);
                };
                let of = |shift: i32| made(month_start(today.year(), today.month(), shift)?);
                let past = |strict: bool| {
                    (-3..=0).rev().filter_map(of).find(|v| if strict { v.first < today } else { v.first <= today })
                };
                let next = |strict: bool| {
                    (0..=3).filter_map(of).find(|v| if strict { v.first > today } else { v.first >= today })
                };
                match c.lean {
                    Lean::Past => past(true),
                    Lean::Future => next(true),
                    Lean::This => of(0),
                    Lean::None if self.bias == Bias::Future => next(false),
                    Lean::None => {
                        let back = past(false)?;
                        let fore = next(false);
                        match fore {
                            Some(f) if ahead && (f.first - today) < (today - back.first) => Some(f),
                            _ => Some(back),
                        }
                    }
                }
            }
            (None, _) => None,
        }
    }

    /// The date of the year that the lean and the bias ask for.
    fn choose(
        &self,
        today: NaiveDate,
        lean: Lean,
        ahead: bool,
        of: impl Fn(i32) -> Option<DateValue>,
    ) -> Option<DateValue> {
        // Four years reach the next or last 29 February but for 1900 and 2100.
        let past = |strict: bool| {
            (today.year() - 4..=today.year())
                .rev()
                .filter_map(&of)
                .find(|v| if strict { v.first < today } else { v.first <= today })
        };
        let next = || (today.year()..=today.year() + 4).filter_map(&of).find(|v| v.last.unwrap_or(v.first) >= today);
        match lean {
            Lean::Past => past(true),
            Lean::Future => next(),
            Lean::This => of(today.year()),
            Lean::None if self.bias == Bias::Future => next(),
            Lean::None => {
                let back = past(false)?;
                match next() {
                    Some(f) if ahead && (f.first - today) < (today - back.first) => Some(f),
                    _ => Some(back),
                }
            }
        }
    }

    fn month_near(&self, year: Option<i32>, m: u32, lean: Lean, ahead: bool) -> Option<NaiveDate> {
        if let Some(y) = year {
            return NaiveDate::from_ymd_opt(y, m, 1);
        }
        let today = self.today()?;
        let this = NaiveDate::from_ymd_opt(today.year(), m, 1)?;
        let here = today.month();
        let y = match lean {
            Lean::This => today.year(),
            Lean::Past => today.year() - i32::from(m >= here),
            Lean::Future => today.year() + i32::from(m <= here),
            Lean::None if self.bias == Bias::Future => today.year() + i32::from(m < here),
            Lean::None if ahead && m > here && m - here <= 6 => today.year(),
            Lean::None => today.year() - i32::from(m > here),
        };
        this.with_year(y)
    }

    fn slice(&self, slice: Slice, year: Option<i32>, month: Option<u32>, lean: Lean, ahead: bool) -> Option<DateValue> {
        if let Some(m) = month {
            let first = self.month_near(year, m, lean, ahead)?;
            let last = month_end(first)?;
            let (a, b) = match slice {
                Slice::Early => (first, first.with_day(10)?),
                Slice::Middle => (first.with_day(11)?, first.with_day(20)?),
                _ => (first.with_day(21)?, last),
            };
            return Some(DateValue { first: a, last: Some(b), precision: Precision::Month });
        }
        let today = self.today();
        let year = year.or(today.filter(|_| lean == Lean::This).map(|t| t.year()));
        let months = |y: i32, a: u32, n: u32, precision| {
            let first = NaiveDate::from_ymd_opt(y, a, 1)?;
            Some(DateValue { first, last: month_end(month_start(y, a, i32::try_from(n).ok()? - 1)?), precision })
        };
        let latest = |a: u32| -> Option<i32> {
            if let Some(y) = year {
                return Some(y);
            }
            let t = today?;
            let fore = self.bias == Bias::Future || ahead;
            Some(if fore { t.year() + i32::from(a + 2 < t.month()) } else { t.year() - i32::from(a > t.month()) })
        };
        match slice {
            Slice::Quarter(0) => {
                let t = today?;
                let a = (t.month() - 1) / 3 * 3 + 1;
                let n = match lean {
                    Lean::Past => -3,
                    Lean::Future => 3,
                    _ => 0,
                };
                let first = month_start(t.year(), a, n)?;
                months(first.year(), first.month(), 3, Precision::Month)
            }
            Slice::Quarter(q) => {
                let a = (q - 1) * 3 + 1;
                months(latest(a)?, a, 3, Precision::Month)
            }
            Slice::Half(h) => {
                let a = (h - 1) * 6 + 1;
                months(latest(a)?, a, 6, Precision::Month)
            }
            Slice::Early => months(year.or(today.map(|t| t.year()))?, 1, 1, Precision::Year),
            Slice::Middle => None,
            Slice::Late => {
                let y = match year {
                    Some(y) => y,
                    None => today?.year(),
                };
                months(y, 12, 1, Precision::Year)
            }
        }
    }

    /// The day that a clock time without date belongs to, before the check against publication.
    pub(super) fn clock_day(&self, hour: u32) -> Option<NaiveDate> {
        if let Some((from, to)) = self.night {
            // `5일 21:47 ~ 6일 0:08`: late hours are of the 5th, early ones of the 6th.
            return Some(if hour >= chrono::Timelike::hour(&from) { from.date() } else { to });
        }
        self.clock_day.or(self.today())
    }

    /// Whether a time lies after publication, beyond the slack.
    pub(super) fn is_ahead(&self, t: NaiveDateTime) -> bool {
        match self.published {
            Some(p) if self.date_only => t.date() > p.date(),
            Some(p) => (t - p).num_minutes() > SLACK_MINUTES,
            None => false,
        }
    }

    /// Hour and minute (hour up to 24, or past it for the next day) of a clock time on that day.
    ///
    /// A bare `5시45분` follows the last clock time of the paragraph, else is the latest not after publication, else falls into the
    /// working day.
    pub(super) fn hour_on(&self, c: &Clock, day: Option<NaiveDate>) -> (u32, u32) {
        let (h, m) = c.time();
        // A notice's `3:30` may be of the afternoon; `03:30` is not.
        let loose = self.bias == Bias::Future && c.colon && !c.zero && c.part.is_none() && (1..12).contains(&h);
        if (c.settled() || h > 12) && !loose {
            return (h, m);
        }
        let late = if h == 12 { 12 } else { h + 12 };
        let early = if h == 12 { 0 } else { h };
        let at = |h: u32| day.and_then(|d| d.and_hms_opt(h, m, 0));
        if let Some(last) = self.last_clock.filter(|l| Some(l.date()) == day) {
            let near =
                |h: u32| at(h).filter(|t| (*t - last).num_minutes().abs() <= 120 && !self.is_ahead(*t)).is_some();
            for h in [early, late] {
                if near(h) {
                    return (h, m);
                }
            }
            for h in [early, late] {
                if at(h).is_some_and(|t| t >= last && !self.is_ahead(t)) {
                    return (h, m);
                }
            }
        }
        let same_day = self.published.filter(|p| Some(p.date()) == day && !self.date_only);
        if self.bias == Bias::Future {
            if same_day.is_some_and(|p| at(early).is_some_and(|t| t < p)) {
                return (late, m);
            }
            return (h, m);
        }
        if same_day.is_some() {
            if at(late).is_some_and(|t| !self.is_ahead(t)) && !(8..12).contains(&h) {
                return (late, m);
            }
            if at(early).is_some_and(|t| !self.is_ahead(t)) && early != 0 {
                return (early, m);
            }
        }
        if h < 7 { (late, m) } else { (h, m) }
    }
}

fn nth_weekday(first: NaiveDate, n: u32, wd: Weekday) -> Option<NaiveDate> {
    if n == 0 {
        let last = month_end(first)?;
        let back =
            (i64::from(last.weekday().num_days_from_monday()) - i64::from(wd.num_days_from_monday())).rem_euclid(7);
        return add_days(last, -back);
    }
    NaiveDate::from_weekday_of_month_opt(first.year(), first.month(), wd, u8::try_from(n).ok()?)
}

/// A clock time told abroad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Korea,
    /// 현지시간: some place, not said which.
    Local,
    /// Hours from Greenwich in winter, with summer time of the United States.
    America(i32),
    Utc,
}

/// The Korean time of a time told in that zone; `None` where the zone is not known.
pub(super) fn to_korea(t: NaiveDateTime, zone: Zone) -> Option<NaiveDateTime> {
    let offset = match zone {
        Zone::Korea => return Some(t),
        Zone::Local => return None,
        Zone::Utc => 0,
        Zone::America(winter) => {
            let y = t.year();
            let from = nth_weekday(NaiveDate::from_ymd_opt(y, 3, 1)?, 2, Weekday::Sun)?;
            let to = nth_weekday(NaiveDate::from_ymd_opt(y, 11, 1)?, 1, Weekday::Sun)?;
            winter + i32::from(t.date() >= from && t.date() < to)
        }
    };
    t.checked_add_signed(chrono::Duration::try_hours(i64::from(9 - offset))?)
}
