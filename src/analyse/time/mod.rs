//! Korean time expressions: finding them in text and tying them to the calendar.
//!
//! [`find`] reads a text from left to right and keeps what a reader keeps in mind: the publication time, the last date mentioned (이날,
//! 같은 달, 이듬해), the half of the day of the last clock time. It never looks at the system clock, and what the text and the publication
//! time do not settle stays unresolved ([`TimeExpr::value`] is `None`), never guessed.
//!
//! | file | holds |
//! |---|---|
//! | `scan` | cursor helpers, the prefilter |
//! | `number` | digits, native and Sino-Korean numbers |
//! | `length` | lengths (`1시간 20분 동안`, `사흘 만에`) |
//! | `clock` | clock times and parts of the day |
//! | `date` | dates as written (year, month, day, relative days, weeks, holidays) |
//! | `holiday` | the table of holidays |
//! | `resolve` | from words to calendar days, with the context of the text |
//! | `compose` | points, ranges, lengths put together |

mod clock;
mod compose;
mod date;
mod holiday;
mod length;
mod number;
mod resolve;
mod scan;
#[cfg(test)]
mod tests;

use chrono::{DateTime, FixedOffset};

/// Which way a date without month or year leans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bias {
    /// The latest one not after publication, as news means it.
    #[default]
    Past,
    /// The next one, as notices of coming maintenance mean it.
    Future,
}

/// What the text is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Anchor {
    /// Publication time, Korean time (+09:00); `None` leaves relative expressions unresolved.
    pub published: Option<DateTime<FixedOffset>>,
    /// Only the day of publication is known; the clock of `published` means nothing.
    pub date_only: bool,
    /// Which way bare days lean.
    pub bias: Bias,
}

/// How exactly an expression names its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// Hour and minute.
    Minute,
    /// Hour only.
    Hour,
    /// Day, or a part of a day.
    Day,
    /// Month, or a part of a month.
    Month,
    /// Year, or a part of a year.
    Year,
}

impl Precision {
    /// The name in the output: `minute`, `hour`, `day`, `month`, `year`.
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::Minute => "minute",
            Precision::Hour => "hour",
            Precision::Day => "day",
            Precision::Month => "month",
            Precision::Year => "year",
        }
    }
}

/// How a stated length, or the clock time of a point, relates to the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// As stated.
    Exact,
    /// 약, 가량, 여, 정도, 쯤, 남짓, 께.
    About,
    /// 넘게, 이상, 째.
    MoreThan,
    /// 이내, 미만, 가까이.
    LessThan,
}

impl Bound {
    /// The name in the output: `exact`, `about`, `more_than`, `less_than`.
    pub fn as_str(self) -> &'static str {
        match self {
            Bound::Exact => "exact",
            Bound::About => "about",
            Bound::MoreThan => "more_than",
            Bound::LessThan => "less_than",
        }
    }
}

/// What kind of expression it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// One time: a minute, an hour, a day, a month; a part of the day or of the month has `until` too.
    Point,
    /// A start with an end (`부터 … 까지`, `~`) or with a length (`부터 20분간`).
    Range,
    /// Only a length.
    Duration,
    /// A repeated time (매일, 매달 25일); never resolved.
    Frequency,
}

/// What the word after the expression says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// Nothing.
    None,
    /// 부터, 이후: it is a start.
    From,
    /// 까지: it is an end.
    Until,
    /// `D 만에`: the length after which something happened.
    After,
    /// `D 뒤`, `D 후`: that long after the time told before.
    Later,
    /// 째: it goes on.
    Ongoing,
    /// `D 전`, 이전.
    Before,
    /// 현재, 기준: the state at that time, not its start.
    AsOf,
}

/// Unit of a length; larger units order higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// 초.
    Second,
    /// 분.
    Minute,
    /// 시간.
    Hour,
    /// 일.
    Day,
    /// 주.
    Week,
    /// 달, 개월.
    Month,
    /// 년, 해.
    Year,
}

impl Unit {
    fn precision(self) -> Precision {
        match self {
            Unit::Second | Unit::Minute => Precision::Minute,
            Unit::Hour => Precision::Hour,
            Unit::Day | Unit::Week => Precision::Day,
            Unit::Month => Precision::Month,
            Unit::Year => Precision::Year,
        }
    }
}

/// A time expression of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeExpr {
    /// First byte in the text.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Start of the time named, Korean time. For a lone end (`까지`) it is that end. Counts only down to `precision`.
    pub value: Option<DateTime<FixedOffset>>,
    /// End of the time named. At `until_precision` of a day or more that day (month, year) still belongs to it.
    pub until: Option<DateTime<FixedOffset>>,
    /// How exactly `until` is known.
    pub until_precision: Option<Precision>,
    /// `until` (or, for `D 만인 X`, `value`) was computed from a stated length.
    pub derived: bool,
    /// How exactly `value` is known; of a mere length, its smallest unit.
    pub precision: Precision,
    /// Stated length in minutes; a month counts 30 days, a year 365.
    pub duration_minutes: Option<i64>,
    /// How the stated length (without one: the clock time) relates to the truth.
    pub bound: Option<Bound>,
    /// 께, 쯤, 경, 무렵 at the start or the end.
    pub approx: bool,
    /// Kind of expression.
    pub form: Form,
    /// What the word after it says.
    pub relation: Relation,
    /// The words point to the past (지난해, 2년 전), or `value` lies more than two days before publication.
    pub historical: bool,
    /// The words point to the future (오는, 내일, 예정), or `value` lies after publication.
    pub future: bool,
    /// A clock time whose date comes from the context.
    pub clock_only: bool,
    /// The expression itself names its date (not 이날 or 전날, which lean on another).
    pub explicit_date: bool,
    /// Told in local time abroad; resolved where the zone is known, else kept to the day.
    pub foreign: bool,
    /// Smallest unit of the stated length.
    pub length_unit: Option<Unit>,
}

/// Finds the time expressions of `text` (NFC), in order and without overlap, and resolves them against `anchor`.
///
/// Time and memory are linear in the length of the text; no text makes it fail.
pub fn find(text: &str, anchor: &Anchor) -> Vec<TimeExpr> {
    compose::Reader::new(text, anchor).run()
}
