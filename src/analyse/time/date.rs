//! Dates as written, before the context settles what they mean: `2020년 3월 2일`, `지난달 30일`, `지난주 금요일`, `이날`, `사흘 전`, `추석`.

use chrono::Weekday;

use super::holiday::{self, Holiday};
use super::length::{self, Length};
use super::number::{self, Script};
use super::scan::{blanks, char_at, char_before, eat, eat_any, ends_word, particle_or_end};
use super::{Relation, Unit, clock};

/// Which way a prefix turns the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lean {
    None,
    /// 지난, 저번.
    Past,
    /// 오는, 다음.
    Future,
    /// 이번, 올.
    This,
}

/// A year as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum YearRef {
    None,
    Abs(i32),
    /// From the year of publication: 올해 0, 지난해 -1.
    Rel(i32),
    /// 같은 해, 그해.
    Same,
    /// 이듬해.
    Next,
}

/// A month as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MonthRef {
    None,
    Abs(u32),
    /// From the month of publication: 이달 0, 지난달 -1.
    Rel(i32),
    /// 같은 달.
    Same,
}

/// A day as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayRef {
    None,
    Abs(u32),
    /// 마지막 날.
    Last,
    /// 첫째 주; 0 is the last.
    Week(u32),
    /// 첫째 화요일; 0 is the last.
    Weekday(u32, Weekday),
}

/// A part of a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slice {
    Early,
    Middle,
    Late,
    Half(u32),
    Quarter(u32),
}

/// A calendar date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) lean: Lean,
    pub(super) year: YearRef,
    pub(super) month: MonthRef,
    pub(super) day: DayRef,
    /// Second day of `12~13일`.
    pub(super) to_day: Option<u32>,
    pub(super) slice: Option<Slice>,
}

/// What kind of date stands there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Calendar(Calendar),
    /// 이날, 당일, 같은 날.
    ThisDay,
    /// 전날.
    DayBefore,
    /// 다음 날, 이튿날, 익일.
    DayAfter,
    /// Days from publication: 어제 -1.
    FromPublication(i64),
    /// 간밤: the night before the day of publication.
    LastNight,
    /// Weeks from this one, and a day of it.
    Week(i64, Option<Weekday>),
    Weekday(Lean, Weekday),
    Weekend(Option<i64>),
    Holiday {
        day: Holiday,
        lean: Lean,
        year: YearRef,
        before: i64,
        block: bool,
    },
    /// `사흘 전`.
    Ago(Length),
    /// 지금.
    Now,
}

/// A date as written, and where it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Date {
    pub(super) end: usize,
    pub(super) kind: Kind,
    /// The words themselves point to the past.
    pub(super) past: bool,
    /// The words themselves point to the future.
    pub(super) future: bool,
}

impl Date {
    /// Whether the expression itself names the day and does not lean on another date.
    pub(super) fn explicit(&self) -> bool {
        !matches!(self.kind, Kind::ThisDay | Kind::DayBefore | Kind::DayAfter | Kind::Now)
    }

    /// Whether it names a day (so that a clock time may follow).
    pub(super) fn is_day(&self) -> bool {
        match self.kind {
            Kind::Calendar(c) => {
                matches!(c.day, DayRef::Abs(_) | DayRef::Last | DayRef::Weekday(..))
            }
            Kind::Week(_, day) => day.is_some(),
            Kind::Ago(l) => matches!(l.unit, Unit::Day | Unit::Week),
            Kind::LastNight | Kind::Now => false,
            _ => true,
        }
    }
}

const WEEKDAYS: &[(&str, Weekday)] = &[
    ("월", Weekday::Mon),
    ("화", Weekday::Tue),
    ("수", Weekday::Wed),
    ("목", Weekday::Thu),
    ("금", Weekday::Fri),
    ("토", Weekday::Sat),
    ("일", Weekday::Sun),
];

/// `월요일`.
pub(super) fn weekday(s: &str, i: usize) -> Option<(Weekday, usize)> {
    WEEKDAYS.iter().find_map(|(w, d)| Some((*d, eat(s, eat(s, i, w)?, "요일")?)))
}

/// `(금)` or `(금요일)` after a date; returns the end.
pub(super) fn weekday_in_brackets(s: &str, i: usize) -> Option<usize> {
    let at = eat_any(s, i, &["(", "（", "["])?;
    let (w, _) = WEEKDAYS.iter().find(|(w, _)| eat(s, at, w).is_some())?;
    let at = at + w.len();
    let at = eat(s, at, "요일").unwrap_or(at);
    eat_any(s, at, &[")", "）", "]"])
}

fn calendar(year: YearRef, month: MonthRef, day: DayRef) -> Calendar {
    Calendar { lean: Lean::None, year, month, day, to_day: None, slice: None }
}

/// Parses the date at `i`.
pub(super) fn parse(s: &str, i: usize) -> Option<Date> {
    if let Some(d) = numeric(s, i) {
        return Some(d);
    }
    if let Some(d) = ago(s, i) {
        return Some(d);
    }
    if let Some(d) = relative_day(s, i) {
        return Some(d);
    }
    let (lean, at) = lean(s, i);
    if let Some(d) = week(s, i, lean, at) {
        return Some(d);
    }
    if let Some(d) = holiday_date(s, at, lean, YearRef::None) {
        return Some(d);
    }
    calendar_date(s, i, lean, at)
}

/// A prefix that turns the date, and where the date goes on.
fn lean(s: &str, i: usize) -> (Lean, usize) {
    for (words, lean) in [
        (&["지난번", "지난", "저번"][..], Lean::Past),
        (&["돌아오는", "오는", "다음", "다가오는"][..], Lean::Future),
        (&["이번", "올"][..], Lean::This),
    ] {
        if let Some(end) = eat_any(s, i, words) {
            return (lean, blanks(s, end));
        }
    }
    (Lean::None, i)
}

fn ago(s: &str, i: usize) -> Option<Date> {
    let l = length::parse(s, i)?;
    let t = length::tail(s, &l, false, false)?;
    if t.relation != Relation::Before || l.unit < Unit::Day || l.largest != l.unit {
        return None;
    }
    // A four-digit number of years is a year: `2017년 전`.
    if l.largest == Unit::Year && l.months >= 1200 {
        return None;
    }
    Some(Date { end: t.end, kind: Kind::Ago(l), past: true, future: false })
}

fn relative_day(s: &str, i: usize) -> Option<Date> {
    const TABLE: &[(&[&str], Kind)] = &[
        (&["내일모레"], Kind::FromPublication(2)),
        (&["그끄저께", "그끄제"], Kind::FromPublication(-3)),
        (&["엊그제", "엊그저께", "그저께", "그제"], Kind::FromPublication(-2)),
        (&["간밤", "지난밤", "지난 밤"], Kind::LastNight),
        (&["어제"], Kind::FromPublication(-1)),
        (&["어젯"], Kind::FromPublication(-1)),
        (&["오늘", "금일"], Kind::FromPublication(0)),
        (&["내일", "명일"], Kind::FromPublication(1)),
        (&["모레"], Kind::FromPublication(2)),
        (&["글피"], Kind::FromPublication(3)),
        (&["이날", "당일", "같은 날", "같은날", "그날"], Kind::ThisDay),
        (&["그 전날", "전날", "전일"], Kind::DayBefore),
        (&["그다음 날", "다음 날", "다음날", "이튿날", "익일"], Kind::DayAfter),
        (&["지금", "방금"], Kind::Now),
    ];
    let (words, kind) = TABLE.iter().find(|(w, _)| eat_any(s, i, w).is_some())?;
    let end = eat_any(s, i, words)?;
    let clock_next = clock::parse(s, blanks(s, end), true).is_some();
    // 전일제, 당일치기, 내일은행, 어제오늘 …: only a whole word counts, or a clock time right behind.
    let tail = matches!(char_at(s, end), Some('(' | '（'));
    if !(particle_or_end(s, end)
        || clock_next
        || tail
        || eat_any(s, end, &["밤", "새", "저녁", "아침", "오늘"]).is_some())
    {
        return None;
    }
    if eat(s, i, "모레").is_some() && eat(s, end, "이").is_some() {
        return None;
    }
    // 당일 alone is more often "same-day" than a date.
    if eat(s, i, "당일").is_some() && !clock_next && !tail {
        return None;
    }
    let (past, future) = match kind {
        Kind::FromPublication(n) => (false, *n > 0),
        _ => (false, false),
    };
    Some(Date { end, kind: *kind, past, future })
}

fn week(s: &str, i: usize, lean: Lean, at: usize) -> Option<Date> {
    let date = |end, kind, future| Some(Date { end, kind, past: false, future });
    if let Some((wd, end)) = weekday(s, at) {
        return date(end, Kind::Weekday(lean, wd), lean == Lean::Future);
    }
    let shift = match lean {
        Lean::Past => Some(-1),
        Lean::This => Some(0),
        Lean::Future => Some(1),
        Lean::None => None,
    };
    if let Some(end) = eat(s, at, "주말").filter(|e| particle_or_end(s, *e)) {
        let marked = eat_any(s, blanks(s, end), &["에", "동안", "내내", "사이", "부터", "새"]).is_some();
        return if shift.is_some() || marked { date(end, Kind::Weekend(shift), shift == Some(1)) } else { None };
    }
    let (shift, end) = match shift {
        Some(n) => {
            let word = eat(s, at, "주")?;
            if word < s.len() && eat_any(s, word, &["일", "간", "년", "식", "가", "자", "요", "행", "문"]).is_some()
            {
                return None;
            }
            (n, word)
        }
        None => {
            let table: &[(&str, i64)] = &[
                ("지지난주", -2),
                ("지지난 주", -2),
                ("금주", 0),
                ("내주", 1),
                ("차주", 1),
                ("다다음 주", 2),
                ("다다음주", 2),
            ];
            let (w, n) = table.iter().find(|(w, _)| eat(s, i, w).is_some())?;
            (*n, i + w.len())
        }
    };
    let next = blanks(s, end);
    if let Some((wd, end)) = weekday(s, next) {
        return date(end, Kind::Week(shift, Some(wd)), shift > 0);
    }
    if let Some(end) =
        eat(s, next, "주말").or_else(|| eat(s, next, "말").filter(|_| next == end)).filter(|e| particle_or_end(s, *e))
    {
        return date(end, Kind::Weekend(Some(shift)), shift > 0);
    }
    if !(ends_word(s, end)
        || eat_any(s, end, &["에", "부터", "까지", "는", "의", "도", "와", "만", "로", "엔", "초"]).is_some())
    {
        return None;
    }
    date(end, Kind::Week(shift, None), shift > 0)
}

/// A holiday with what people hang on it: `추석 연휴 하루 전`, `설 당일`.
fn holiday_date(s: &str, i: usize, lean: Lean, year: YearRef) -> Option<Date> {
    let (day, mut end) = holiday::named(s, i)?;
    let mut block = false;
    if let Some(e) = eat(s, blanks(s, end), "연휴") {
        block = true;
        end = e;
        if eat(s, blanks(s, end), "첫날").is_some() && !matches!(day, Holiday::Lunar(_)) {
            // The first day of a run around a fixed holiday is anybody's guess; the holiday itself is not.
            block = false;
            end = i + s[i..end].rfind("연휴").unwrap_or(0);
            end = i + s[i..end].trim_end().len();
        }
    } else if let Some(e) = eat_any(s, blanks(s, end), &["당일", "명절"]) {
        end = e;
    } else if !(ends_word(s, end)
        || eat_any(
            s,
            end,
            &[
                "에", "인", "이", "였", "를", "을", "는", "은", "와", "과", "부터", "까지", "의", "도", "전", "로",
                "엔", "께",
            ],
        )
        .is_some())
    {
        return None;
    }
    let mut before = 0;
    let from = blanks(s, end);
    if let Some(l) = length::parse(s, from).filter(|l| l.unit == Unit::Day && l.days > 0)
        && let Some(e) = eat(s, blanks(s, l.end), "전")
            .filter(|e| ends_word(s, *e) || eat_any(s, *e, &["에", "부터", "인", "까지"]).is_some())
    {
        before = i64::from(l.days);
        end = e;
    } else if let Some(e) = eat(s, from, "전날") {
        before = 1;
        end = e;
    }
    Some(Date {
        end,
        kind: Kind::Holiday { day, lean, year, before, block },
        past: matches!(year, YearRef::Rel(n) if n < 0),
        future: lean == Lean::Future,
    })
}

/// Year words.
fn year(s: &str, i: usize, lean: Lean) -> Option<(YearRef, usize)> {
    if lean == Lean::None {
        let table: &[(&str, YearRef)] = &[
            ("재작년", YearRef::Rel(-2)),
            ("지지난해", YearRef::Rel(-2)),
            ("작년", YearRef::Rel(-1)),
            ("올해", YearRef::Rel(0)),
            ("금년", YearRef::Rel(0)),
            ("내년", YearRef::Rel(1)),
            ("내후년", YearRef::Rel(2)),
            ("이듬해", YearRef::Next),
            ("그 이듬해", YearRef::Next),
            ("그해", YearRef::Same),
            ("그 해", YearRef::Same),
            ("같은 해", YearRef::Same),
            ("같은해", YearRef::Same),
            ("동년", YearRef::Same),
        ];
        if let Some((w, y)) = table.iter().find(|(w, _)| eat(s, i, w).is_some()) {
            return Some((*y, i + w.len()));
        }
        if let Some(end) = eat_any(s, i, &["새해"]).filter(|e| clock::parse(s, blanks(s, *e), false).is_some()) {
            return Some((YearRef::Rel(0), end));
        }
    } else if let Some(end) = eat(s, i, "해").filter(|e| ends_word(s, *e) || particle_or_end(s, *e)) {
        return match lean {
            Lean::Past => Some((YearRef::Rel(-1), end)),
            Lean::This => Some((YearRef::Rel(0), end)),
            _ => Some((YearRef::Next, end)),
        };
    }
    let quoted = char_before(s, i).is_some_and(|c| matches!(c, '\'' | '’' | '‘'));
    let n = number::digits(s, i).or_else(|| number::sino(s, i).filter(|n| n.low >= 1900))?;
    let end = eat(s, n.end, "년").or_else(|| eat(s, n.end, " 년").filter(|_| n.width == 4))?;
    let month_next = number::digits(s, blanks(s, end)).is_some_and(|m| m.low <= 12 && eat(s, m.end, "월").is_some());
    let value = i32::try_from(n.low).ok()?;
    match (n.script, n.width) {
        (Script::Digits, 4) | (Script::Sino, _) if (1900..=2100).contains(&value) => {
            let free = ends_word(s, end)
                || particle_or_end(s, end)
                || eat_any(s, end, &["상반기", "하반기", "말", "초", "부터", "전", "새해", "간"]).is_some()
                || number::sino(s, end).is_some();
            free.then_some((YearRef::Abs(value), end))
        }
        (Script::Digits, 2) if quoted || month_next => Some((YearRef::Abs(2000 + value), end)),
        _ => None,
    }
}

/// Month words.
fn month(s: &str, i: usize, lean: Lean, after_year: bool) -> Option<(MonthRef, usize)> {
    if lean == Lean::None {
        let table: &[(&str, MonthRef)] = &[
            ("이달", MonthRef::Rel(0)),
            ("당월", MonthRef::Rel(0)),
            ("금월", MonthRef::Rel(0)),
            ("내달", MonthRef::Rel(1)),
            ("익월", MonthRef::Rel(1)),
            ("지지난달", MonthRef::Rel(-2)),
            ("같은 달", MonthRef::Same),
            ("같은달", MonthRef::Same),
            ("그달", MonthRef::Same),
            ("동월", MonthRef::Same),
            ("전월", MonthRef::Rel(-1)),
            ("전달", MonthRef::Rel(-1)),
        ];
        if let Some((w, m)) = table.iter().find(|(w, _)| eat(s, i, w).is_some()) {
            let end = i + w.len();
            let day_next = number::digits(s, blanks(s, end)).is_some_and(|d| eat(s, d.end, "일").is_some());
            // 전달 is "delivery" unless a day follows; 동월, 전월 and the like are words of accounts.
            let fits = match *w {
                "전달" | "동월" | "당월" | "그달" | "전월" => day_next,
                _ => particle_or_end(s, end) || day_next,
            };
            return fits.then_some((*m, end));
        }
    } else if let Some(end) =
        eat(s, i, "달").filter(|e| particle_or_end(s, *e) || char_at(s, *e).is_some_and(|c| c.is_ascii_digit()))
    {
        return match lean {
            Lean::Past => Some((MonthRef::Rel(-1), end)),
            Lean::This => Some((MonthRef::Rel(0), end)),
            _ => Some((MonthRef::Rel(1), end)),
        };
    }
    let n = number::digits(s, i).filter(|n| n.width <= 2).or_else(|| number::sino(s, i).filter(|n| n.low <= 12))?;
    let end = eat(s, n.end, "월")?;
    if n.low == 0 || n.low > 12 {
        return None;
    }
    let from = blanks(s, end);
    let day_next =
        number::digits(s, from).or_else(|| number::sino(s, from)).is_some_and(|d| eat(s, d.end, "일").is_some());
    if n.script == Script::Sino && !(day_next || after_year) {
        return None;
    }
    let free = day_next
        || particle_or_end(s, end)
        || eat_any(s, end, &["중순", "하순", "상순", "한달", "부터", "들어"]).is_some()
        || clock::part_at(s, end).is_some()
        || ordinal(s, end).is_some();
    // 4월호, 5월분, 6월물; 요일 begins with a particle-like syllable too.
    free.then_some((MonthRef::Abs(n.low), end))
}

/// 첫째, 둘째 … 마지막 (0).
fn ordinal(s: &str, i: usize) -> Option<(u32, usize)> {
    let table: &[(&str, u32)] = &[
        ("첫번째", 1),
        ("첫 번째", 1),
        ("첫째", 1),
        ("첫", 1),
        ("두번째", 2),
        ("두 번째", 2),
        ("둘째", 2),
        ("세번째", 3),
        ("세 번째", 3),
        ("셋째", 3),
        ("네번째", 4),
        ("네 번째", 4),
        ("넷째", 4),
        ("다섯째", 5),
        ("마지막", 0),
    ];
    let (w, n) = table.iter().find(|(w, _)| eat(s, i, w).is_some())?;
    Some((*n, i + w.len()))
}

fn slice(s: &str, i: usize, of_year: bool) -> Option<(Slice, usize)> {
    let at = blanks(s, i);
    let mut table: Vec<(&str, Slice)> =
        vec![("초", Slice::Early), ("중순", Slice::Middle), ("하순", Slice::Late), ("말", Slice::Late)];
    if of_year {
        table = vec![
            ("상반기", Slice::Half(1)),
            ("하반기", Slice::Half(2)),
            ("연초", Slice::Early),
            ("연말", Slice::Late),
            ("초", Slice::Early),
            ("말", Slice::Late),
        ];
        if let Some(n) = number::digits(s, at).or_else(|| number::sino(s, at)).filter(|n| (1..=4).contains(&n.low))
            && let Some(end) = eat(s, n.end, "분기")
        {
            return Some((Slice::Quarter(n.low), end));
        }
    }
    let (w, slice) = table.into_iter().find(|(w, _)| eat(s, at, w).is_some())?;
    let end = at + w.len();
    let free = ends_word(s, end)
        || eat_any(
            s,
            end,
            &["부터", "까지", "에", "의", "와", "과", "은", "이후", "쯤", "께", "경", "이", "인", "로", "도", "엔"],
        )
        .is_some();
    free.then_some((slice, end))
}

fn calendar_date(s: &str, i: usize, lean_word: Lean, after_lean: usize) -> Option<Date> {
    let mut c = calendar(YearRef::None, MonthRef::None, DayRef::None);
    let mut at = after_lean;
    let mut end = i;
    let mut past = false;
    let mut future = lean_word == Lean::Future;
    c.lean = lean_word;
    if let Some((y, e)) = year(s, at, lean_word) {
        c.year = y;
        end = e;
        at = blanks(s, e);
        past = matches!(y, YearRef::Rel(n) if n < 0) || matches!(y, YearRef::Same | YearRef::Next);
        future |= matches!(y, YearRef::Rel(n) if n > 0);
        if let Some(end) = eat(s, i, "새해").filter(|x| *x == e) {
            c.month = MonthRef::Abs(1);
            c.day = DayRef::Abs(1);
            return Some(Date { end, kind: Kind::Calendar(c), past: false, future: false });
        }
        if let Some(mut d) = holiday_date(s, at, Lean::None, y) {
            d.past |= past;
            return Some(d);
        }
        if let Some((slice, e)) = slice(s, e, true) {
            c.slice = Some(slice);
            return Some(Date { end: e, kind: Kind::Calendar(c), past, future });
        }
    } else if c.lean == Lean::Past
        && let Some(e) = eat_any(s, at, &["연말", "연초"])
    {
        c.year = YearRef::Rel(if eat(s, at, "연말").is_some() { -1 } else { 0 });
        c.slice = Some(if eat(s, at, "연말").is_some() { Slice::Late } else { Slice::Early });
        c.lean = Lean::None;
        return Some(Date { end: e, kind: Kind::Calendar(c), past: true, future: false });
    } else if let Some((slice @ (Slice::Quarter(_) | Slice::Half(_)), e)) = slice(s, at, true) {
        c.slice = Some(slice);
        c.year = YearRef::None;
        return Some(Date { end: e, kind: Kind::Calendar(c), past, future });
    } else if let Some(e) = eat(s, at, "분기").filter(|e| c.lean != Lean::None && particle_or_end(s, *e)) {
        c.slice = Some(Slice::Quarter(0));
        return Some(Date { end: e, kind: Kind::Calendar(c), past, future });
    } else if let Some(e) =
        eat_any(s, at, &["연말", "연초"]).filter(|e| eat_any(s, *e, &["인 ", "이던 ", "이었던 "]).is_some())
    {
        c.year = YearRef::Rel(0);
        c.slice = Some(if eat(s, at, "연말").is_some() { Slice::Late } else { Slice::Early });
        return Some(Date { end: e, kind: Kind::Calendar(c), past, future });
    }
    let with_year = c.year != YearRef::None;
    // 지난달: the prefix belongs to the month word and turns nothing else.
    let month_lean = if with_year { Lean::None } else { c.lean };
    let at_month = if with_year {
        // `2017년 지난 5월` does not occur; `지난해 7월` does.
        at
    } else {
        after_lean
    };
    if let Some((m, e)) = month(s, at_month, month_lean, with_year) {
        c.month = m;
        end = e;
        past |= matches!(m, MonthRef::Same);
        future |= matches!(m, MonthRef::Rel(1));
        if matches!(m, MonthRef::Rel(_)) {
            c.lean = Lean::None;
        }
        let next = blanks(s, e);
        if let Some((slice, e)) = slice(s, e, false) {
            c.slice = Some(slice);
            return Some(Date { end: e, kind: Kind::Calendar(c), past, future });
        }
        if let Some((n, e)) = ordinal(s, next) {
            let at = blanks(s, e);
            if let Some((wd, end)) = weekday(s, at) {
                c.day = DayRef::Weekday(n, wd);
                return Some(Date { end, kind: Kind::Calendar(c), past, future });
            }
            if let Some(end) = eat(s, at, "주").filter(|e| particle_or_end(s, *e)) {
                c.day = DayRef::Week(n);
                return Some(Date { end, kind: Kind::Calendar(c), past, future });
            }
            if let Some(end) = eat(s, at, "날").filter(|e| particle_or_end(s, *e) && n <= 1) {
                c.day = if n == 0 { DayRef::Last } else { DayRef::Abs(1) };
                return Some(Date { end, kind: Kind::Calendar(c), past, future });
            }
        }
        at = next;
    }
    let with_month = c.month != MonthRef::None;
    if (with_month || !with_year)
        && let Some((d, to, e)) = day(s, at, with_month)
        // `이번 5일`, `올 5일` are not said; `다음 3일` is a length.
        && (with_month || !matches!(c.lean, Lean::This))
    {
        c.day = DayRef::Abs(d);
        c.to_day = to;
        end = e;
    }
    if !with_year && !with_month && c.day == DayRef::None {
        return None;
    }
    // `2025년 한 해`, `8월 한 달`.
    if c.day == DayRef::None {
        let next = blanks(s, end);
        let whole = if with_month { &["한 달", "한달"][..] } else { &["한 해", "한해"][..] };
        if let Some(e) = eat_any(s, next, whole).filter(|e| particle_or_end(s, *e) || eat(s, *e, "간").is_some()) {
            end = eat_any(s, blanks(s, e), &["동안", "간", "내내"]).unwrap_or(e);
        } else if eat_any(s, end, &["간", "대"]).is_some() {
            return None;
        }
    }
    Some(Date { end, kind: Kind::Calendar(c), past, future })
}

/// `15일`, `12~13일`, `30일자`: the day, the second day, the end.
fn day(s: &str, i: usize, with_month: bool) -> Option<(u32, Option<u32>, usize)> {
    let n = number::digits(s, i).filter(|n| n.width <= 2).or_else(|| number::sino(s, i).filter(|_| with_month))?;
    let (mut to, mut end) = (None, n.end);
    if let Some(sep) = eat_any(s, n.end, &["~", "∼", "～", "-", "–", "〜", "·"])
        && let Some(h) = number::digits(s, sep).filter(|h| h.width <= 2 && h.low > n.low && h.low <= 31)
    {
        to = Some(h.low);
        end = h.end;
    }
    let end = eat(s, end, "일")?;
    let in_range = |d: u32| with_month || (1..=31).contains(&d);
    if n.low > 31 || !in_range(n.low) {
        return None;
    }
    if let Some(e) = eat(s, end, "자").filter(|e| ends_word(s, *e) || eat_any(s, *e, &["로", "에"]).is_some()) {
        return Some((n.low, to, e));
    }
    let free = ends_word(s, end)
        || eat_any(
            s,
            end,
            &[
                "부터", "부로", "까지", "에", "은", "이", "을", "의", "도", "과", "로", "인", "였", "만", "보다", "께",
                "쯤", "경", "이후", "현재", "기준", "하루", "밤", "새벽", "오전", "오후", "낮", "저녁", "아침", "정오",
                "자정", "한때", "서울", "입니", "예정",
            ],
        )
        .is_some();
    // `3일 만에` and its kin are lengths; the caller has tried them first. 간 and 째 leave no date.
    free.then_some((n.low, to, end))
}

/// `2026.01.02`, `2026. 1. 2.`, `2015-03-03`, `22/10/15`, `1/2(금)`.
fn numeric(s: &str, i: usize) -> Option<Date> {
    let first = number::digits(s, i)?;
    let (sep, mut at) = [".", "-", "/"].iter().find_map(|x| eat(s, first.end, x).map(|e| (*x, e)))?;
    if sep == "." {
        at = blanks(s, at);
    }
    let second = number::digits(s, at).filter(|n| n.width <= 2)?;
    let made = |y: YearRef, m: u32, d: u32, end: usize| {
        ((1..=12).contains(&m) && d <= 31).then_some(Date {
            end,
            kind: Kind::Calendar(calendar(y, MonthRef::Abs(m), DayRef::Abs(d))),
            past: false,
            future: false,
        })
    };
    let third = eat(s, second.end, sep)
        .map(|e| if sep == "." { blanks(s, e) } else { e })
        .and_then(|e| number::digits(s, e).filter(|n| n.width <= 2));
    if let Some(third) = third {
        let value = i32::try_from(first.low).ok()?;
        let y = match first.width {
            4 if (1900..=2100).contains(&value) => value,
            // Two-digit years: 70–99 are of the last century, as in birthdays.
            2 if sep != "-" => value + if value >= 70 { 1900 } else { 2000 },
            _ => return None,
        };
        if char_at(s, third.end).is_some_and(|c| c.is_ascii_alphabetic() && c != 'T') {
            return None;
        }
        let mut end = third.end;
        if sep == "." {
            end = eat(s, end, ".").unwrap_or(end);
            if char_at(s, end).is_some_and(|c| c.is_ascii_digit()) {
                return None;
            }
            // `3.5.1` and `10.20.30` are versions and addresses: short years need a weekday or a clock time behind.
            let next = blanks(s, end);
            if first.width == 2
                && !(second.width == 2
                    && third.width == 2
                    && (weekday_in_brackets(s, next).is_some() || clock::parse(s, next, false).is_some()))
            {
                return None;
            }
        }
        return made(YearRef::Abs(y), second.low, third.low, end);
    }
    if sep != "/" || first.width > 2 || eat(s, second.end, "/").is_some() {
        return None;
    }
    let next = blanks(s, second.end);
    // `1/3` is a fraction unless a weekday, a clock time or a particle of dates follows.
    let dated = weekday_in_brackets(s, next).is_some()
        || clock::parse(s, next, false).is_some()
        || eat_any(s, second.end, &["부터", "까지"]).is_some()
        || second.end == s.len() && i == 0;
    (dated && (ends_word(s, second.end) || eat_any(s, second.end, &["부터", "까지"]).is_some()))
        .then(|| made(YearRef::None, first.low, second.low, second.end))
        .flatten()
}
