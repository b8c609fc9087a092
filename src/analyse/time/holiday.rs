//! Korean holidays and days that people name instead of a date.
//!
//! Fixed days follow the Act on Public Holidays and common usage. Lunar days (설 = 1 Jan, 부처님 오신 날 = 8 Apr, 추석 = 15 Aug of the
//! lunar calendar) are the civil dates of the Korean calendar (UTC+9), which now and then differ by a day from the Chinese one (설 1997,
//! 2027, 2028). 수능 (college entrance test) is announced year by year; 2017 and 2020 are the postponed dates.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// First and last year of [`LUNAR`].
const FIRST: i32 = 2010;

/// Month and day of a year.
type MonthDay = (u32, u32);

/// 설 (lunar new year), 부처님 오신 날 (Buddha's birthday), 추석 (harvest festival), from 2010 on.
const LUNAR: [[MonthDay; 3]; 26] = [
    [(2, 14), (5, 21), (9, 22)],
    [(2, 3), (5, 10), (9, 12)],
    [(1, 23), (5, 28), (9, 30)],
    [(2, 10), (5, 17), (9, 19)],
    [(1, 31), (5, 6), (9, 8)],
    [(2, 19), (5, 25), (9, 27)],
    [(2, 8), (5, 14), (9, 15)],
    [(1, 28), (5, 3), (10, 4)],
    [(2, 16), (5, 22), (9, 24)],
    [(2, 5), (5, 12), (9, 13)],
    [(1, 25), (4, 30), (10, 1)],
    [(2, 12), (5, 19), (9, 21)],
    [(2, 1), (5, 8), (9, 10)],
    [(1, 22), (5, 27), (9, 29)],
    [(2, 10), (5, 15), (9, 17)],
    [(1, 29), (5, 5), (10, 6)],
    [(2, 17), (5, 24), (9, 25)],
    [(2, 7), (5, 13), (9, 15)],
    [(1, 27), (5, 2), (10, 3)],
    [(2, 13), (5, 20), (9, 22)],
    [(2, 3), (5, 9), (9, 12)],
    [(1, 23), (5, 28), (10, 1)],
    [(2, 11), (5, 16), (9, 19)],
    [(1, 31), (5, 6), (9, 8)],
    [(2, 19), (5, 25), (9, 27)],
    [(2, 8), (5, 15), (9, 16)],
];

/// 수능 (college entrance test), 2010–2026.
const CSAT: [MonthDay; 17] = [
    (11, 18),
    (11, 10),
    (11, 8),
    (11, 7),
    (11, 13),
    (11, 12),
    (11, 17),
    (11, 23),
    (11, 15),
    (11, 14),
    (12, 3),
    (11, 18),
    (11, 17),
    (11, 16),
    (11, 14),
    (11, 13),
    (11, 19),
];

/// A named day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holiday {
    /// The same month and day every year.
    Fixed(u32, u32),
    /// Column of the lunar table: 0 설, 1 부처님 오신 날, 2 추석.
    Lunar(usize),
    /// 수능.
    Csat,
}

/// Names, longest first where one begins another. `설` and `수능` alone are too short to trust and need a companion word.
const NAMES: &[(&str, Holiday)] = &[
    ("새해 첫날", Holiday::Fixed(1, 1)),
    ("새해 첫 날", Holiday::Fixed(1, 1)),
    ("새해첫날", Holiday::Fixed(1, 1)),
    ("신정", Holiday::Fixed(1, 1)),
    ("설날", Holiday::Lunar(0)),
    ("설 명절", Holiday::Lunar(0)),
    ("설명절", Holiday::Lunar(0)),
    ("설 연휴", Holiday::Lunar(0)),
    ("설연휴", Holiday::Lunar(0)),
    ("설 당일", Holiday::Lunar(0)),
    ("음력설", Holiday::Lunar(0)),
    ("추석", Holiday::Lunar(2)),
    ("한가위", Holiday::Lunar(2)),
    ("부처님 오신 날", Holiday::Lunar(1)),
    ("부처님오신날", Holiday::Lunar(1)),
    ("석가탄신일", Holiday::Lunar(1)),
    ("초파일", Holiday::Lunar(1)),
    ("삼일절", Holiday::Fixed(3, 1)),
    ("3·1절", Holiday::Fixed(3, 1)),
    ("3.1절", Holiday::Fixed(3, 1)),
    ("식목일", Holiday::Fixed(4, 5)),
    ("만우절", Holiday::Fixed(4, 1)),
    ("근로자의 날", Holiday::Fixed(5, 1)),
    ("근로자의날", Holiday::Fixed(5, 1)),
    ("노동절", Holiday::Fixed(5, 1)),
    ("어린이날", Holiday::Fixed(5, 5)),
    ("어버이날", Holiday::Fixed(5, 8)),
    ("스승의 날", Holiday::Fixed(5, 15)),
    ("스승의날", Holiday::Fixed(5, 15)),
    ("현충일", Holiday::Fixed(6, 6)),
    ("제헌절", Holiday::Fixed(7, 17)),
    ("광복절", Holiday::Fixed(8, 15)),
    ("개천절", Holiday::Fixed(10, 3)),
    ("한글날", Holiday::Fixed(10, 9)),
    ("핼러윈", Holiday::Fixed(10, 31)),
    ("할로윈", Holiday::Fixed(10, 31)),
    ("빼빼로데이", Holiday::Fixed(11, 11)),
    ("밸런타인데이", Holiday::Fixed(2, 14)),
    ("발렌타인데이", Holiday::Fixed(2, 14)),
    ("화이트데이", Holiday::Fixed(3, 14)),
    ("크리스마스이브", Holiday::Fixed(12, 24)),
    ("크리스마스 이브", Holiday::Fixed(12, 24)),
    ("크리스마스", Holiday::Fixed(12, 25)),
    ("성탄절", Holiday::Fixed(12, 25)),
    ("수능일", Holiday::Csat),
    ("수능 당일", Holiday::Csat),
    ("수능날", Holiday::Csat),
    ("수능 날", Holiday::Csat),
    ("수능시험일", Holiday::Csat),
];

impl Holiday {
    /// The day in that year, if the table holds it.
    pub(super) fn on(self, year: i32) -> Option<NaiveDate> {
        let index = usize::try_from(year - FIRST).ok();
        let (m, d) = match self {
            Holiday::Fixed(m, d) => (m, d),
            Holiday::Lunar(column) => LUNAR.get(index?)?[column],
            Holiday::Csat => *CSAT.get(index?)?,
        };
        NaiveDate::from_ymd_opt(year, m, d)
    }

    /// First and last day of the run of free days (연휴) around the day: the day itself (설 and 추석: the days before and after too), grown
    /// over weekends and fixed public holidays that touch it, and the substitute day of the law of 2014. Days the government adds for one
    /// year are not known here.
    pub(super) fn block(self, year: i32) -> Option<(NaiveDate, NaiveDate)> {
        let day = self.on(year)?;
        let lunar_triple = matches!(self, Holiday::Lunar(0 | 2));
        let (mut first, mut last) = if lunar_triple { (day.pred_opt()?, day.succ_opt()?) } else { (day, day) };
        let fixed = |d: NaiveDate| {
            matches!((d.month(), d.day()), (1, 1) | (3, 1) | (5, 5) | (6, 6) | (8, 15) | (10, 3) | (10, 9) | (12, 25))
        };
        let substitute =
            lunar_triple && year >= 2014 && first.iter_days().take(3).any(|d| d.weekday() == Weekday::Sun || fixed(d));
        let free = |d: NaiveDate| matches!(d.weekday(), Weekday::Sat | Weekday::Sun) || fixed(d);
        if substitute {
            last = last.succ_opt()?;
        }
        // Ten days bound the growth; no real run is longer.
        for _ in 0..10 {
            if !free(first.pred_opt()?) {
                break;
            }
            first = first.pred_opt()?;
        }
        for _ in 0..10 {
            if !free(last.succ_opt()?) {
                break;
            }
            last = last.checked_add_days(Days::new(1))?;
        }
        Some((first, last))
    }
}

/// The holiday whose name starts at `i`, and the byte after the name. 연휴 and 당일 stay in the text for the caller.
pub(super) fn named(s: &str, i: usize) -> Option<(Holiday, usize)> {
    let rest = &s[i..];
    let (name, day) = NAMES.iter().filter(|(name, _)| rest.starts_with(name)).max_by_key(|(name, _)| name.len())?;
    let keep = name.strip_suffix("연휴").or_else(|| name.strip_suffix("당일")).unwrap_or(name);
    Some((*day, i + keep.trim_end().len()))
}
