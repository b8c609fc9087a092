//! Points, ranges and lengths put together from what the text says.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use super::clock::{self, Clock, Part};
use super::date::{self, Date, DayRef, Kind, MonthRef};
use super::length::{self, Length, Tail};
use super::resolve::{self, Context, DateValue, Zone};
use super::scan::{self, blanks, char_at, char_before, eat, eat_any, ends_word, is_hangul};
use super::{Anchor, Bound, Form, Precision, Relation, TimeExpr, Unit};

/// Bytes behind an expression that may tell that it is planned.
const AHEAD_WINDOW: usize = 150;

/// Words behind an expression that tell of a plan.
const AHEAD: &[&str] = &[
    "예정",
    "계획",
    "방침",
    "앞두",
    "앞둔",
    "진행합니다",
    "진행한다",
    "진행됩니다",
    "제한됩니다",
    "중단됩니다",
    "중단한다",
    "불가합니다",
    "실시한다",
    "실시합니다",
    "연다",
    "내놓",
    "재개한다",
    "늘린다",
    "멈춘다",
];

/// A point in time as written.
#[derive(Debug, Clone, Copy)]
struct Point {
    end: usize,
    date: Option<Date>,
    /// The date in apposition, said first (`어린이날인`).
    apposed: Option<Date>,
    clock: Option<Clock>,
    approx: bool,
    over: bool,
    relation: Relation,
    zone: Option<Zone>,
    /// Minutes alone (`58분`): the hour is that of the last clock time.
    minute: Option<u32>,
}

/// A point with its times.
#[derive(Debug, Clone, Copy)]
struct Resolved {
    from: Option<NaiveDateTime>,
    to: Option<NaiveDateTime>,
    precision: Precision,
    to_precision: Option<Precision>,
    /// 현지시간 took the clock away.
    foreign: bool,
}

/// Reads a text from left to right.
pub(super) struct Reader<'a> {
    s: &'a str,
    cx: Context,
    out: Vec<TimeExpr>,
    /// End of the last expression, and of what was scanned for sentence ends.
    done: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(s: &'a str, anchor: &Anchor) -> Self {
        Reader { s, cx: Context::new(anchor), out: Vec::new(), done: 0 }
    }

    pub(super) fn run(mut self) -> Vec<TimeExpr> {
        let mut at = 0;
        while let Some(i) = scan::next_candidate(self.s, at) {
            if !self.opens(i) {
                at = self.skip(i);
                continue;
            }
            self.gap(i);
            match self.expression(i) {
                Some(e) => {
                    at = e.end.max(i + 1);
                    self.done = at;
                    self.out.push(e);
                }
                None => at = self.skip(i),
            }
        }
        self.out
    }

    /// Where to go on after a candidate that came to nothing.
    fn skip(&self, i: usize) -> usize {
        let b = self.s.as_bytes();
        if b[i].is_ascii_digit() {
            let mut at = i;
            while at < b.len() && b[at].is_ascii_digit() {
                at += 1;
            }
            at
        } else {
            i + char_at(self.s, i).map_or(1, char::len_utf8)
        }
    }

    /// Whether an expression may open at `i` as far as the characters before it say: no digits of a phone number, price or address.
    fn opens(&self, i: usize) -> bool {
        let b = self.s.as_bytes();
        if !b[i].is_ascii_digit() || i == 0 {
            return true;
        }
        let digit_before = |at: usize| at > 0 && b[at - 1].is_ascii_digit();
        match b[i - 1] {
            b'.' | b',' | b':' | b'/' => !digit_before(i - 1),
            b'-' => i < 2 || !b[i - 2].is_ascii_alphanumeric(),
            b'$' | b'#' | b'+' | b'=' | b'&' | b'@' => false,
            _ => !char_before(self.s, i).is_some_and(|c| {
                matches!(c, '제' | '₩' | '￦' | '주' | '월') && {
                    // 제3일, 주5일, 월2900: no dates; a bare 주 or 월 is the whole word before.
                    let word = i - c.len_utf8();
                    c != '월' && !char_before(self.s, word).is_some_and(is_hangul)
                }
            }),
        }
    }

    /// Takes note of sentence and paragraph ends between the last expression and `i`.
    fn gap(&mut self, i: usize) {
        let b = self.s.as_bytes();
        let mut at = self.done;
        while at < i {
            match b[at] {
                b'\n' => {
                    self.cx.paragraph();
                    self.cx.sentence();
                }
                b'.' | b'!' | b'?' if !(at > 0 && b[at - 1].is_ascii_digit()) => self.cx.sentence(),
                _ => {}
            }
            at += 1;
        }
        self.done = self.done.max(i);
    }

    /// Whether only list words stand between the last expression and `i`.
    fn in_list(&self, i: usize) -> bool {
        let Some(last) = self.out.last() else {
            return false;
        };
        let Some(gap) = self.s.get(last.end..i).filter(|g| g.len() <= 24 && !g.contains('\n')) else {
            return false;
        };
        matches!(
            gap.trim(),
            "과" | "와"
                | ","
                | "·"
                | "ㆍ"
                | "및"
                | "그리고"
                | "에 이어"
                | "에도"
                | "에는"
                | "엔"
                | "에만"
                | "이나"
                | "또는"
                | "/"
                | "~"
                | "과,"
        ) || gap.is_empty()
    }

    /// Whether the words behind say that it is planned.
    fn ahead(&self, end: usize) -> bool {
        let mut stop = (end + AHEAD_WINDOW).min(self.s.len());
        while !self.s.is_char_boundary(stop) {
            stop -= 1;
        }
        let window = &self.s[end..stop];
        let stop = window.find(['\n', '.', '!', '?']).unwrap_or(window.len());
        if window.trim_start().starts_with("앞") {
            return true;
        }
        AHEAD.iter().any(|w| window[..stop].contains(w))
    }

    fn expression(&mut self, i: usize) -> Option<TimeExpr> {
        if let Some(e) = self.frequency(i) {
            return Some(e);
        }
        if let Some(e) = self.recent(i) {
            return Some(e);
        }
        if let Some(e) = self.length(i, true) {
            return Some(e);
        }
        if let Some(e) = self.point(i) {
            return Some(e);
        }
        self.length(i, false)
    }

    fn blank(&self, start: usize, end: usize) -> TimeExpr {
        TimeExpr {
            start,
            end,
            value: None,
            until: None,
            until_precision: None,
            derived: false,
            precision: Precision::Minute,
            duration_minutes: None,
            bound: None,
            approx: false,
            form: Form::Point,
            relation: Relation::None,
            historical: false,
            future: false,
            clock_only: false,
            explicit_date: false,
            foreign: false,
            length_unit: None,
        }
    }

    /// 매일, 매주 월요일, 매달 25일, 매일 0시부터 10분간.
    fn frequency(&self, i: usize) -> Option<TimeExpr> {
        let s = self.s;
        let end = eat_any(s, i, &["매일", "매주", "매월", "매달", "매년", "매시간", "매 시간", "매분기", "매 분기"])?;
        if !scan::particle_or_end(s, end) {
            return None;
        }
        let mut e = self.blank(i, end);
        e.form = Form::Frequency;
        e.precision = Precision::Day;
        let next = blanks(s, end);
        if let Some(d) = date::parse(s, next).filter(|d| matches!(d.kind, Kind::Weekday(..) | Kind::Calendar(_))) {
            e.end = d.end;
        }
        let next = blanks(s, e.end);
        if let Some(p) = self.parse_point(next).filter(|p| p.date.is_none()) {
            e.end = p.end;
            e.precision = Precision::Minute;
            if p.clock.is_some_and(|c| c.minute.is_none()) {
                e.precision = Precision::Hour;
            }
            if let Some(q) = self.range_end(&p) {
                e.end = q.end;
            }
            if let Some((l, t)) = self.length_after(e.end) {
                e.end = t.end;
                e.duration_minutes = l.minutes();
                e.bound = t.bound;
                e.length_unit = Some(l.unit);
            }
        }
        Some(e)
    }

    /// 최근 3년간, 지난 2시간, 앞으로 3일간.
    fn recent(&self, i: usize) -> Option<TimeExpr> {
        let s = self.s;
        let (forward, weak, at) = if let Some(e) = eat(s, i, "최근") {
            (false, false, e)
        } else if let Some(e) = eat_any(s, i, &["지난", "저번"]) {
            (false, true, e)
        } else if let Some(e) = eat_any(s, i, &["앞으로", "향후"]) {
            (true, false, e)
        } else {
            (true, true, eat(s, i, "다음")?)
        };
        let mut at = blanks(s, at);
        let about = eat(s, at, "약");
        at = about.map_or(at, |e| blanks(s, e));
        let mut l = length::parse(s, at)?;
        if l.largest == Unit::Year && l.months >= 1200 {
            return None;
        }
        l.weak = false;
        let t = length::tail(s, &l, about.is_some(), false)?;
        // 지난 2일 is a date, 지난 2일간 a length; `지난 3주` and longer words are lengths.
        if weak && l.unit == Unit::Day && !t.stretch || matches!(t.relation, Relation::After | Relation::Before) {
            return None;
        }
        let mut e = self.blank(i, t.end);
        e.form = Form::Duration;
        e.precision = l.unit.precision();
        e.length_unit = Some(l.unit);
        e.duration_minutes = l.minutes();
        e.bound = t.bound;
        e.relation = t.relation;
        e.future = forward;
        if let Some(now) = self.cx.published
            && let Some(other) = resolve::shift(now, &l, if forward { 1 } else { -1 })
        {
            let (from, to) = if forward { (now, other) } else { (other, now) };
            e.value = resolve::kst(from);
            e.until = resolve::kst(to);
            e.until_precision = Some(e.precision);
            e.derived = true;
        }
        Some(e)
    }

    /// A length of its own. `first` takes only those that a prefix or a word behind marks, so that dates keep the rest.
    fn length(&mut self, i: usize, first: bool) -> Option<TimeExpr> {
        let s = self.s;
        let (mut about, mut most, mut at) = (false, false, i);
        for _ in 0..2 {
            if let Some(e) = eat_any(s, at, &["약", "대략", "거의", "얼추"]) {
                about = true;
                at = blanks(s, e);
            } else if let Some(e) = eat_any(s, at, &["최대", "최장", "길게는"]) {
                most = true;
                at = blanks(s, e);
            } else if let Some(e) = eat_any(s, at, &["무려", "불과", "꼬박", "모두", "총", "단", "장장", "최소"])
            {
                at = blanks(s, e);
            } else {
                break;
            }
        }
        let l = length::parse(s, at)?;
        let t = length::tail(s, &l, about, most)?;
        let prefixed = at > i;
        // 2017년, 15일: dates unless something says otherwise.
        if l.largest == Unit::Year && l.months >= 1200 {
            return None;
        }
        let digit_day = l.unit == Unit::Day && char_at(s, at).is_some_and(|c| c.is_ascii_digit());
        let strong = t.stretch
            || t.relation != Relation::None
            || t.bound == Some(Bound::MoreThan)
            || t.bound == Some(Bound::LessThan);
        if digit_day && !(strong || prefixed && !s[l.end..].starts_with('쯤')) && l.seconds == 0 {
            // `1~2일` of a length is told by the words around; a bare day is a date.
            return None;
        }
        if digit_day && t.relation == Relation::Later && s[..t.end].ends_with("이후") {
            return None;
        }
        if first && t.relation == Relation::Before && l.unit >= Unit::Day {
            // `사흘 전` is a date; the parser of dates takes it.
            return None;
        }
        if first && !(strong || prefixed) {
            return None;
        }
        // 2-digit years with a month are dates: `22년 10월`.
        if l.unit == Unit::Year && !strong && date::parse(s, at).is_some() {
            return None;
        }
        if l.unit == Unit::Year
            && l.largest == Unit::Year
            && !strong
            && !prefixed
            && char_before(s, i).is_some_and(|c| matches!(c, '\'' | '’' | '‘'))
        {
            return None;
        }
        let mut e = self.blank(i, t.end);
        e.form = Form::Duration;
        e.precision = l.unit.precision();
        e.length_unit = Some(l.unit);
        e.duration_minutes = l.minutes();
        e.bound = t.bound;
        e.relation = t.relation;
        match t.relation {
            Relation::Ongoing if l.unit == Unit::Day => {
                // 이틀째: the first of the days was yesterday.
                if let Some(today) = self.cx.today()
                    && let Some(first) =
                        today.checked_sub_days(chrono::Days::new(u64::try_from(l.days).ok()?.saturating_sub(1)))
                {
                    e.value = resolve::kst(first.and_time(NaiveTime::MIN));
                    e.derived = true;
                }
            }
            Relation::After if t.names_point => {
                // 약 50분 만인 당일 오후 6시 40분: the point gives the end, the length the start.
                let next = blanks(s, eat(s, t.end, "인")?);
                if let Some(p) = self.parse_point(next)
                    && let Some(r) = self.resolve_point(&p, None)
                    && let Some(to) = r.from
                    && let Some(from) = resolve::shift(to, &l, -1)
                {
                    e.value = resolve::kst(from);
                    e.until = resolve::kst(to);
                    e.until_precision = Some(r.precision);
                    e.derived = true;
                    if r.precision == Precision::Minute {
                        e.precision = Precision::Minute;
                    }
                }
            }
            Relation::Later => {
                let from = if l.unit <= Unit::Hour { self.cx.last_clock } else { None };
                let now = self.cx.published.filter(|_| self.cx.bias == super::Bias::Future);
                if let Some(from) = from.or(now)
                    && let Some(to) = resolve::shift(from, &l, 1)
                {
                    let to = if l.unit >= Unit::Day { to.date().and_time(NaiveTime::MIN) } else { to };
                    e.value = resolve::kst(to);
                    e.derived = true;
                    if l.unit <= Unit::Hour {
                        e.precision = Precision::Minute;
                    }
                }
            }
            Relation::Before if l.unit <= Unit::Hour => {
                // `개장 30분 전` leans on its noun; `30분 전` alone on publication.
                let noun = self.s[..i].trim_end_matches(' ');
                let own = !char_before(self.s, noun.len()).is_some_and(is_hangul);
                if own
                    && !self.cx.date_only
                    && let Some(now) = self.cx.published
                    && let Some(at) = resolve::shift(now, &l, -1)
                {
                    e.value = resolve::kst(at);
                    e.derived = true;
                    e.precision = Precision::Minute;
                }
            }
            _ => {
                if t.bound == Some(Bound::LessThan)
                    && self.cx.bias == super::Bias::Future
                    && let Some(now) = self.cx.published
                {
                    if s[..t.end].ends_with("이내") {
                        e.value = resolve::kst(now);
                    }
                    e.until = resolve::shift(now, &l, 1).and_then(resolve::kst);
                    e.until_precision = Some(e.precision);
                    e.derived = true;
                }
            }
        }
        Some(e)
    }

    /// A length right behind a range or a start: `부터 약 20분 동안`, `까지 52분 동안`.
    fn length_after(&self, end: usize) -> Option<(Length, Tail)> {
        let s = self.s;
        let mut at = blanks(s, end);
        let mut about = false;
        if let Some(e) = eat_any(s, at, &["약", "대략"]) {
            about = true;
            at = blanks(s, e);
        } else if let Some(e) = eat_any(s, at, &["총", "모두", "무려", "꼬박", "장장"]) {
            at = blanks(s, e);
        }
        let l = length::parse(s, at)?;
        let t = length::tail(s, &l, about, false)?;
        let digit_day = l.unit == Unit::Day && char_at(s, at).is_some_and(|c| c.is_ascii_digit());
        if digit_day && !t.stretch || l.largest == Unit::Year && l.months >= 1200 {
            return None;
        }
        matches!(t.relation, Relation::None).then_some((l, t))
    }

    /// Parses a point without touching the context.
    fn parse_point(&self, i: usize) -> Option<Point> {
        let s = self.s;
        let mut p = Point {
            end: i,
            date: None,
            apposed: None,
            clock: None,
            approx: false,
            over: false,
            relation: Relation::None,
            zone: None,
            minute: None,
        };
        let mut at = i;
        if let Some((zone, e)) = zone_words(s, i) {
            p.zone = Some(zone);
            at = blanks(s, eat_any(s, e, &["으로", "기준", " 기준"]).unwrap_or(e));
        }
        if let Some(e) = eat_any(s, at, &["자정을 넘긴 ", "자정을 넘겨 ", "자정 넘어 ", "자정이 지난 "])
            .filter(|e| date::parse(s, *e).is_some())
        {
            at = e;
        }
        let start = at;
        if let Some(mut d) = date::parse(s, at) {
            let mut end = d.end;
            // The date in other words: `어린이날인 5일`, `전날(3일)`, `8월 15일 광복절`.
            if let Some((second, e)) = self.apposition(&d, end) {
                p.apposed = Some(d);
                d = second;
                end = e;
            }
            if let Some(e) = date::weekday_in_brackets(s, blanks(s, end)) {
                end = e;
            } else if let Some((_, e)) =
                date::weekday(s, blanks(s, end)).filter(|_| matches!(d.kind, Kind::Calendar(_)))
            {
                end = e;
            }
            if matches!(d.kind, Kind::Calendar(_)) && d.is_day() {
                let next = blanks(s, end);
                if let Some(h) = date::parse(s, next)
                    .filter(|h| next > end && matches!(h.kind, Kind::Holiday { .. } | Kind::ThisDay))
                {
                    let clock_next = clock::parse(s, blanks(s, h.end), true).is_some();
                    if matches!(h.kind, Kind::Holiday { .. }) || clock_next {
                        end = h.end;
                    }
                }
            }
            if let Some((zone, e)) = zone_brackets(s, end) {
                p.zone = Some(zone);
                end = e;
            }
            let day = d.is_day();
            p.end = end;
            p.date = Some(d);
            at = blanks(s, end);
            if char_at(s, at) == Some('T') && matches!(d.kind, Kind::Calendar(_)) {
                at += 1;
            }
            if day || matches!(d.kind, Kind::LastNight) {
                if let Some(c) = clock::parse(s, at, true) {
                    p.clock = Some(c);
                    p.end = c.end;
                    if at > end && s.as_bytes()[at - 1] == b'T' {
                        if let Some(e) = eat(s, c.end, "+09:00") {
                            p.end = e;
                        } else if let Some(e) = eat(s, c.end, "Z") {
                            p.zone = Some(Zone::Utc);
                            p.end = e;
                        }
                    }
                } else if let Some(e) = eat_any(s, at, &["한때", "한 때"]) {
                    p.end = e;
                }
            }
        } else {
            let alone = part_alone(s, at);
            let c = clock::parse(s, at, alone)?;
            p.clock = Some(c);
            p.end = c.end;
        }
        if p.end == start {
            return None;
        }
        self.point_tail(&mut p);
        if p.clock.is_some_and(|c| !c.is_part())
            && p.zone.is_none()
            && let Some((zone, e)) = [("UTC", Zone::Utc), ("GMT", Zone::Utc), ("KST", Zone::Korea)]
                .into_iter()
                .find_map(|(w, z)| eat(s, blanks(s, p.end), w).map(|e| (z, e)))
            && !char_at(s, e).is_some_and(|c| c.is_ascii_alphanumeric() || c == '+')
        {
            p.zone = Some(zone);
            p.end = e;
        }
        if p.zone.is_none()
            && let Some((zone, e)) = zone_brackets(s, p.end)
        {
            p.zone = Some(zone);
            p.end = e;
            if p.relation == Relation::None {
                self.point_tail(&mut p);
            }
        }
        Some(p)
    }

    /// 께, 쯤, 경 …, then 부터, 까지, 이후, 현재 …
    fn point_tail(&self, p: &mut Point) {
        let s = self.s;
        let timed = p.clock.is_some();
        for _ in 0..2 {
            let at = blanks(s, p.end);
            let glued = at == p.end;
            let soft = |e: &usize| {
                ends_word(s, *e)
                    || eat_any(s, *e, &["부터", "까지", "에", "의", "이", "으로", "만", "인", "은", "과", "와"])
                        .is_some()
            };
            if let Some(e) = eat_any(s, at, &["께", "쯤", "경", "쯔음"])
                .filter(|_| glued)
                .filter(|e| soft(e) || eat_any(s, *e, &["쯤"]).is_some())
                .or_else(|| eat_any(s, at, &["경", "쯤", "무렵", "즈음", "안팎", "전후", "가량", "정도"]).filter(soft))
                .or_else(|| eat_any(s, at, &["을 전후로", "를 전후로"]).map(|e| e - "로".len()))
                .or_else(|| eat_any(s, at, &["을 전후해", "를 전후해", "을 전후한", "를 전후한"]).filter(|_| glued))
            {
                p.approx = true;
                p.end = e;
            } else {
                break;
            }
        }
        let at = blanks(s, p.end);
        let glued = at == p.end;
        let whole = |e: &usize| {
            ends_word(s, *e) || eat_any(s, *e, &["도", "는", "로", "에", "의", "만", "인", "으로", "이"]).is_some()
        };
        if timed
            && let Some(e) = eat_any(
                s,
                at,
                &[
                    "를 넘어",
                    "를 넘겨",
                    "를 넘긴",
                    "를 넘도록",
                    "가 넘어",
                    "가 넘도록",
                    "을 넘어",
                    "을 넘겨",
                    "을 넘긴",
                    "이 넘어",
                    "이 넘도록",
                ],
            )
            .filter(|_| glued)
        {
            p.over = true;
            p.end = e;
        } else if let Some(e) = eat(s, at, "부터") {
            p.relation = Relation::From;
            p.end = e;
        } else if let Some(e) = eat(s, at, "까지") {
            p.relation = Relation::Until;
            p.end = e;
        } else if let Some(e) = eat(s, at, "이후").filter(whole) {
            p.relation = Relation::From;
            p.end = e;
        } else if let Some(e) = eat(s, at, "이전").filter(whole) {
            p.relation = Relation::Before;
            p.end = e;
        } else if let Some(e) = eat(s, at, "전").filter(|e| {
            timed
                && p.clock.is_some_and(|c| !c.is_part())
                && (ends_word(s, *e) || eat_any(s, *e, &["에", "까지"]).is_some())
        }) {
            p.relation = Relation::Before;
            p.end = e;
        } else if let Some(e) = eat_any(s, at, &["현재", "기준"]).filter(whole) {
            p.relation = Relation::AsOf;
            p.end = e;
        }
    }

    /// A second naming of the same date behind the first.
    fn apposition(&self, first: &Date, end: usize) -> Option<(Date, usize)> {
        let s = self.s;
        if let Some(at) = eat_any(s, blanks(s, end), &["(", "（"]) {
            let d = date::parse(s, at).filter(
                |d| matches!(d.kind, Kind::Calendar(c) if matches!(c.day, DayRef::Abs(_)) || c.month != MonthRef::None),
            )?;
            let mut close = d.end;
            if let Some(e) = eat_any(s, close, &[",", "·"]).map(|e| blanks(s, e)) {
                close = date::weekday(s, e).map_or(close, |(_, e)| e);
            }
            let close = eat_any(s, close, &[")", "）"])?;
            // `5월 13일(5시간)` is no second date, and the parser of dates has refused it.
            return Some((d, close));
        }
        if let Some(at) = eat_any(s, end, &["인 ", "이던 ", "이었던 ", "였던 ", "던 "]) {
            let d = date::parse(s, at)
                .filter(|d| matches!(d.kind, Kind::Calendar(_) | Kind::Weekday(..) | Kind::Week(..)))?;
            return Some((d, d.end));
        }
        if let Kind::Holiday { .. } = first.kind {
            let at = eat_any(s, end, &["를 ", "을 ", " "])?;
            let at = length::parse(s, at).filter(|l| l.unit == Unit::Day).map_or(at, |l| blanks(s, l.end));
            let at = eat(s, at, "앞둔 ")?;
            let d = date::parse(s, at)
                .filter(|d| matches!(d.kind, Kind::Calendar(c) if matches!(c.day, DayRef::Abs(_))))?;
            return Some((d, d.end));
        }
        None
    }

    /// A point, or the range that starts with it.
    fn point(&mut self, i: usize) -> Option<TimeExpr> {
        let s = self.s;
        let mut p = self.parse_point(i).or_else(|| self.minute_alone(i))?;
        // A lone weekday letter, 현재 and the like never come here; a part of the day alone leans on the context.
        let list_gap = self.in_list(i);
        let r = self.resolve_point_in(&p, None, list_gap)?;
        let mut e = self.blank(i, p.end);
        let ahead_words = self.ahead(p.end);
        e.relation = p.relation;
        e.approx = p.approx;
        e.foreign = r.foreign;
        e.explicit_date = p.date.is_some_and(|d| d.explicit());
        e.clock_only = p.date.is_none();
        e.precision = r.precision;
        let mut from = r.from;
        let mut to = r.to;
        let mut to_precision = r.to_precision;
        let past_words = p.date.is_some_and(|d| d.past) || p.apposed.is_some_and(|d| d.past);
        let future_words = p.date.is_some_and(|d| d.future);
        self.note(&p, &r);

        if let Some(q) = self.range_end(&p) {
            let end = self.resolve_end(&p, &q, from);
            e.form = Form::Range;
            e.relation = Relation::None;
            e.end = q.end;
            e.approx |= q.approx;
            (to, to_precision) = end;
            if let (Some(a), Some(b)) = (from, to) {
                self.cx.remember_range(a, b);
            }
            p.over = false;
            p.relation = Relation::Until;
        } else if let Some(c) = p.clock
            && let Some(h) = c.to_hour
        {
            // 9∼12시, 3-4시.
            e.form = Form::Range;
            if let Some(a) = from {
                let hour = chrono::Timelike::hour(&a);
                let mut b = a.date().and_time(NaiveTime::MIN) + chrono::Duration::hours(i64::from(h));
                if hour >= 12 && h <= 12 && b <= a {
                    b += chrono::Duration::hours(12);
                }
                if b <= a {
                    b += chrono::Duration::hours(12);
                }
                if b <= a {
                    b += chrono::Duration::hours(12);
                }
                to = Some(b);
                to_precision = Some(Precision::Hour);
                self.cx.remember_range(a, b);
            }
            if let Some(end) = eat(s, blanks(s, e.end), "사이").filter(|x| scan::particle_or_end(s, *x)) {
                e.end = end;
            }
        }
        e.bound = if p.over && !e.approx {
            Some(Bound::MoreThan)
        } else if e.approx {
            Some(Bound::About)
        } else {
            None
        };
        // A length behind a start gives the end; behind a range it is the outlet's own figure.
        let ranged = e.form == Form::Range;
        if ranged || p.relation == Relation::From {
            if let Some((l, t)) = self.length_after(e.end)
                && (!ranged || t.marked || t.end > l.end)
            {
                e.end = t.end;
                e.duration_minutes = l.minutes();
                e.length_unit = Some(l.unit);
                e.bound = t.bound;
                if !ranged {
                    e.form = Form::Range;
                    e.relation = Relation::None;
                    to = from.and_then(|a| resolve::shift(a, &l, 1));
                    to_precision = to.map(|_| if l.unit <= Unit::Minute { Precision::Minute } else { r.precision });
                    e.derived = to.is_some();
                }
            }
        } else if let Some(d) = p.date
            && let Kind::Ago(l) = d.kind
            && p.apposed.is_none()
        {
            e.duration_minutes = l.minutes();
            e.length_unit = Some(l.unit);
        }
        if let Some(d) = p.date
            && let Kind::Ago(l) = d.kind
        {
            e.duration_minutes = e.duration_minutes.or(l.minutes());
            e.length_unit = e.length_unit.or(Some(l.unit));
        }
        if matches!(p.date.map(|d| d.kind), Some(Kind::Now)) && !self.cx.date_only {
            from = self.cx.published;
            e.precision = Precision::Minute;
        }
        e.value = from.and_then(resolve::kst);
        e.until = to.and_then(resolve::kst);
        e.until_precision = e.until.and(to_precision);
        if let (Some(at), Some(now)) = (from, self.cx.published) {
            e.historical = past_words || (now - at).num_hours() > 48 && e.precision <= Precision::Hour;
            if e.precision == Precision::Day && !past_words {
                e.historical = (now.date() - at.date()).num_days() > 2;
            }
            if e.precision >= Precision::Month {
                let (y, m) = (chrono::Datelike::year(&at), chrono::Datelike::month(&at));
                let (ny, nm) = (chrono::Datelike::year(&now), chrono::Datelike::month(&now));
                e.historical = past_words || y < ny || e.precision == Precision::Month && m < nm && y == ny;
            }
            e.future = future_words || self.cx.is_ahead(at) && e.precision <= Precision::Day;
        } else {
            e.historical = past_words;
            e.future = future_words;
        }
        e.future |= ahead_words && !e.historical && from.is_none_or(|t| self.cx.is_ahead(t));
        Some(e)
    }

    /// `58분` in `10시 16분과 58분`.
    fn minute_alone(&self, i: usize) -> Option<Point> {
        if !self.in_list(i)
            || !self
                .out
                .last()
                .is_some_and(|l| l.form == Form::Point && l.precision == Precision::Minute && l.value.is_some())
        {
            return None;
        }
        let (m, end) = clock::minute(self.s, i)?;
        let mut p = Point {
            end,
            date: None,
            apposed: None,
            clock: None,
            approx: false,
            over: false,
            relation: Relation::None,
            zone: None,
            minute: Some(m),
        };
        self.point_tail(&mut p);
        Some(p)
    }

    /// Takes note of a resolved point.
    fn note(&mut self, p: &Point, r: &Resolved) {
        let Some(from) = r.from else { return };
        if let Some(d) = p.date {
            self.cx.remember(
                &if p.apposed.is_some_and(|a| a.past) { Date { past: true, ..d } } else { d },
                DateValue { first: from.date(), last: None, precision: r.precision.max(Precision::Day) },
            );
        }
        if r.precision <= Precision::Hour {
            self.cx.remember_clock(from);
        }
    }

    fn resolve_point(&self, p: &Point, near: Option<DateValue>) -> Option<Resolved> {
        self.resolve_point_in(p, near, false)
    }

    /// Ties a point to the calendar; `None` only for what turns out to be no time at all.
    fn resolve_point_in(&self, p: &Point, near: Option<DateValue>, list: bool) -> Option<Resolved> {
        let s = self.s;
        let mut out = Resolved {
            from: None,
            to: None,
            precision: Precision::Day,
            to_precision: None,
            foreign: matches!(p.zone, Some(z) if z != Zone::Korea),
        };
        if let Some(m) = p.minute {
            let last = self.cx.last_clock?;
            out.from = chrono::Timelike::with_minute(&last, m);
            out.precision = Precision::Minute;
            return Some(out);
        }
        let ahead = self.ahead(p.end);
        let too = eat_any(s, p.end, &["에도", "에 이어", "도"]).is_some();
        if let Some(c) = p.clock {
            out.precision = if c.is_part() {
                Precision::Day
            } else if c.minute.is_some() {
                Precision::Minute
            } else {
                Precision::Hour
            };
        }
        let value = match p.date {
            Some(d) => {
                // 추석을 앞둔 21일: the holiday is still to come.
                let eve = |a: &Date| s.get(a.end..d.end).is_some_and(|between| between.contains("앞둔"));
                let first = p.apposed.and_then(|a| self.cx.resolve(&a, near, list, ahead || eve(&a), too));
                // A stated day wins over the words in apposition, which only lend it month and year.
                let lend = first.filter(|_| matches!(d.kind, Kind::Calendar(c) if c.month == MonthRef::None)).or(near);
                let apposed_day = p.apposed.is_some_and(|a| {
                    matches!(
                        a.kind,
                        Kind::Calendar(_)
                            | Kind::Holiday { .. }
                            | Kind::DayAfter
                            | Kind::DayBefore
                            | Kind::FromPublication(_)
                            | Kind::ThisDay
                    )
                });
                let lend = if p.apposed.is_some() {
                    lend.filter(|_| apposed_day).map(|v| self.same_month(v, &d))
                } else {
                    lend
                };
                match self.cx.resolve(&d, lend, list, ahead, too) {
                    Some(v) => {
                        if p.clock.is_none() {
                            out.precision = v.precision;
                        }
                        Some(v)
                    }
                    None => {
                        if p.clock.is_none() {
                            out.precision = coarse(&d);
                        }
                        return Some(out);
                    }
                }
            }
            None => None,
        };
        if let Some(v) = value
            && p.clock.is_none()
        {
            out.from = Some(v.first.and_time(NaiveTime::MIN));
            if let Some(last) = v.last {
                out.to = Some(last.and_time(NaiveTime::MIN));
                out.to_precision = Some(Precision::Day);
            }
            if let Some(Kind::LastNight) = p.date.map(|d| d.kind) {
                out.from = v.first.and_hms_opt(18, 0, 0);
                out.to = v.last.and_then(|d| d.and_hms_opt(6, 0, 0));
            }
            return Some(out);
        }
        let c = p.clock?;
        let mut given = value.map(|v| v.first);
        // `17일 오후 8시부터 … 이날 오전 4시 복구`: 이날 is the day of publication when the other reading runs backwards.
        if matches!(p.date.map(|d| d.kind), Some(Kind::ThisDay))
            && let (Some(day), Some(last), Some(today)) = (given, self.cx.last_clock, self.cx.today())
            && last.date() == day
            && day.succ_opt() == Some(today)
            && at_hour(day, c.time().0, c.minute.unwrap_or(0)).is_some_and(|t| t < last)
            && at_hour(today, c.time().0, c.minute.unwrap_or(0)).is_some_and(|t| !self.cx.is_ahead(t))
        {
            given = Some(today);
        }
        let (h0, _) = c.time();
        let Some(mut day) = given.or_else(|| self.cx.clock_day(h0)) else {
            return Some(out);
        };
        if let Some(Kind::LastNight) = p.date.map(|d| d.kind) {
            // 간밤 2시 is of this morning, 간밤 11시 of last night.
            let early = matches!(c.part, None | Some(Part::Dawn | Part::Am)) && c.hour.is_some_and(|h| h < 7);
            if early {
                day = day.succ_opt()?;
                out.from = at_hour(day, h0, c.minute.unwrap_or(0));
                return Some(out);
            }
            let h = if h0 < 12 { h0 + 12 } else { h0 };
            out.from = at_hour(day, h, c.minute.unwrap_or(0));
            return Some(out);
        }
        if c.is_part() {
            let (mut a, b) = c.part?.hours();
            if c.late {
                a = b - (b - a) / 3;
            }
            if given.is_none()
                && !ahead
                && self.cx.bias == super::Bias::Past
                && self
                    .cx
                    .published
                    .is_some_and(|now| !self.cx.date_only && at_hour(day, a, 0).is_some_and(|t| t > now))
            {
                day = day.pred_opt()?;
            }
            out.from = at_hour(day, a, 0);
            out.to = at_hour(day, b, 0);
            out.to_precision = Some(Precision::Day);
            return Some(out);
        }
        // `이튿날 4시` ends a night; no afternoon is guessed.
        let night = matches!(p.date.map(|d| d.kind), Some(Kind::DayAfter));
        let (mut h, m) = if night { c.time() } else { self.cx.hour_on(&c, Some(day)) };
        let planned = ahead || self.cx.bias == super::Bias::Future;
        if c.midnight || h == 24 && given.is_none() {
            // 자정 is the start of its day, or its end when the story has already reached that day's evening.
            let evening = self.cx.last_clock.is_some_and(|t| t.date() == day && chrono::Timelike::hour(&t) >= 6);
            let next = at_hour(day, 24, 0).is_some_and(|t| planned || !self.cx.is_ahead(t));
            let bare_future = given.is_none() && self.cx.bias == super::Bias::Future;
            h = if (evening || h == 24 || bare_future) && next { 24 } else { 0 };
        } else if h == 24 && !planned && at_hour(day, 24, 0).is_some_and(|t| self.cx.is_ahead(t)) {
            h = 0;
        }
        let mut at = at_hour(day, h, m);
        if given.is_none()
            && let Some(t) = at
            && p.zone.is_none_or(|z| z == Zone::Korea)
        {
            if self.cx.bias == super::Bias::Future {
                if self.cx.published.is_some_and(|now| t < now && !self.cx.date_only && Some(day) == self.cx.today())
                    && p.relation != Relation::AsOf
                {
                    at = t.checked_add_days(chrono::Days::new(1));
                }
            } else if !planned && self.cx.is_ahead(t) {
                at = t.checked_sub_days(chrono::Days::new(1));
            }
        }
        at = at.and_then(|t| t.checked_add_signed(chrono::Duration::seconds(i64::from(c.second))));
        if let Some(zone) = p.zone
            && let Some(t) = at
        {
            match resolve::to_korea(t, zone) {
                Some(k) => at = Some(k),
                None => {
                    at = Some(t.date().and_time(NaiveTime::MIN));
                    out.precision = Precision::Day;
                }
            }
        }
        out.from = at;
        Some(out)
    }

    /// The month that the words in apposition lend to a bare day: the one in which that day lies nearest.
    fn same_month(&self, v: DateValue, d: &Date) -> DateValue {
        let Kind::Calendar(c) = d.kind else { return v };
        let DayRef::Abs(n) = c.day else { return v };
        let first = chrono::Datelike::with_day(&v.first, 1).unwrap_or(v.first);
        let best = [
            first.checked_sub_months(chrono::Months::new(1)),
            Some(first),
            first.checked_add_months(chrono::Months::new(1)),
        ]
        .into_iter()
        .flatten()
        .filter_map(|f| chrono::Datelike::with_day(&f, n))
        .min_by_key(|x| (*x - v.first).num_days().abs());
        DateValue { first: best.unwrap_or(v.first), last: None, ..v }
    }

    /// The point that ends the range that `p` starts, if one follows.
    fn range_end(&self, p: &Point) -> Option<Point> {
        let s = self.s;
        let at = blanks(s, p.end);
        let (from, strict) = if p.relation == Relation::From && s[..p.end].ends_with("부터") {
            (at, true)
        } else if p.relation == Relation::None {
            if let Some(e) = eat_any(s, at, &["~", "∼", "～", "〜", "–", "—"]) {
                (blanks(s, e), false)
            } else if let Some(e) = eat(s, at, "-")
                .filter(|_| p.clock.is_some_and(|c| !c.is_part()) || at > p.end && p.date.is_some_and(|d| d.is_day()))
            {
                (blanks(s, e), false)
            } else if let Some(e) = eat(s, p.end, "에서 ").filter(|_| p.clock.is_some_and(|c| !c.is_part())) {
                (e, true)
            } else {
                return None;
            }
        } else {
            return None;
        };
        if let Some(e) = eat_any(s, from, &["현재까지", "지금까지", "현재 시각까지", "현재시간까지"])
        {
            let now = Date { end: e, kind: Kind::Now, past: false, future: false };
            return Some(Point {
                end: e,
                date: Some(now),
                apposed: None,
                clock: None,
                approx: false,
                over: false,
                relation: Relation::Until,
                zone: None,
                minute: None,
            });
        }
        let mut q = self.parse_point(from);
        if q.is_none() && p.clock.is_some() {
            let (m, end) = clock::minute(s, from)?;
            let mut only = Point {
                end,
                date: None,
                apposed: None,
                clock: None,
                approx: false,
                over: false,
                relation: Relation::None,
                zone: None,
                minute: Some(m),
            };
            self.point_tail(&mut only);
            q = Some(only);
        }
        let mut q = q?;
        // `9시부터 3일 오전`: not every time behind 부터 is its end.
        let closed = q.relation == Relation::Until
            || eat_any(s, blanks(s, q.end), &["사이", "에 걸쳐", "동안", "간 "]).is_some()
            || blanks(s, q.end) == s.len() && q.relation == Relation::None;
        if strict && !closed {
            return None;
        }
        if q.relation == Relation::From || q.relation == Relation::AsOf && strict {
            return None;
        }
        // A month cannot end a range of clock times.
        let day_like = |p: &Point| {
            p.clock.is_some() || p.minute.is_some() || p.date.is_some_and(|d| d.is_day() || matches!(d.kind, Kind::Now))
        };
        if p.clock.is_some_and(|c| !c.is_part()) && !day_like(&q) {
            return None;
        }
        if let Some(e) = eat(s, blanks(s, q.end), "사이").filter(|x| scan::particle_or_end(s, *x)) {
            q.end = e;
        }
        Some(q)
    }

    /// End of a range: what it leaves out it takes from the start.
    fn resolve_end(
        &self,
        p: &Point,
        q: &Point,
        from: Option<NaiveDateTime>,
    ) -> (Option<NaiveDateTime>, Option<Precision>) {
        if let Some(Kind::Now) = q.date.map(|d| d.kind) {
            return (self.cx.published, Some(if self.cx.date_only { Precision::Day } else { Precision::Hour }));
        }
        let Some(start) = from else {
            return (None, None);
        };
        if let Some(m) = q.minute {
            let t = chrono::Timelike::with_minute(&start, m)
                .map(|t| if t <= start { t + chrono::Duration::hours(1) } else { t });
            return (t, Some(Precision::Minute));
        }
        let near = DateValue { first: start.date(), last: None, precision: Precision::Day };
        let day: Option<NaiveDate> = match q.date {
            None => Some(start.date()),
            Some(d) => {
                let leans = matches!(d.kind, Kind::Calendar(_) | Kind::DayAfter | Kind::Weekday(..)) && d.explicit()
                    || matches!(d.kind, Kind::DayAfter);
                let near = Some(near).filter(|_| leans);
                let v = if q.apposed.is_some() {
                    self.resolve_point(&Point { clock: None, zone: None, ..*q }, near)
                        .and_then(|r| r.from)
                        .map(|t| DateValue { first: t.date(), last: None, precision: Precision::Day })
                } else if matches!(d.kind, Kind::ThisDay)
                    && p.date
                        .is_some_and(|d| matches!(d.kind, Kind::DayBefore | Kind::FromPublication(_) | Kind::LastNight))
                {
                    // 전날 밤 10시부터 이날 오전 7시까지.
                    start.date().succ_opt().map(|d| DateValue { first: d, last: None, precision: Precision::Day })
                } else {
                    self.cx.resolve(&d, near, false, false, false)
                };
                let Some(v) = v else { return (None, None) };
                if q.clock.is_none() {
                    return (Some(v.last.unwrap_or(v.first).and_time(NaiveTime::MIN)), Some(v.precision));
                }
                Some(v.first)
            }
        };
        let (Some(day), Some(c)) = (day, q.clock) else {
            return (None, None);
        };
        if c.is_part() {
            let Some(part) = c.part else {
                return (None, None);
            };
            let mut end = at_hour(day, part.hours().1, 0);
            if end.is_some_and(|t| t <= start) {
                end = end.map(|t| t + chrono::Duration::days(1));
            }
            return (end, Some(Precision::Day));
        }
        let precision = if c.minute.is_some() { Precision::Minute } else { Precision::Hour };
        let (h, m) = c.time();
        let Some(mut t) = at_hour(day, h, m) else {
            return (None, None);
        };
        if q.date.is_none() {
            if c.midnight {
                t = at_hour(day, 24, 0).unwrap_or(t);
            } else if !c.settled()
                || c.colon
                    && !c.zero
                    && h < 12
                    && c.part.is_none()
                    && p.clock.is_some_and(|s| !s.zero && s.time().0 <= 12)
            {
                // The half of the day comes from the start, then the next time that fits.
                if h == 12 && t <= start {
                    t = at_hour(day, 24, m).unwrap_or(t);
                }
                while t <= start && t < start + chrono::Duration::days(1) {
                    t += chrono::Duration::hours(12);
                }
                if let Some(Part::Pm | Part::Evening | Part::Noon) = p.clock.and_then(|c| c.part)
                    && h < 12
                    && let Some(pm) = at_hour(day, h + 12, m).filter(|x| *x > start)
                {
                    t = pm;
                }
            }
            if t < start {
                t += chrono::Duration::days(1);
            }
        } else if c.midnight && t <= start {
            t += chrono::Duration::days(1);
        } else if !c.settled() && q.date.is_some() && h < 12 && t <= start {
            t += chrono::Duration::hours(12);
        }
        if let Some(zone) = p.zone.or(q.zone)
            && zone != Zone::Korea
        {
            match resolve::to_korea(t, zone) {
                Some(k) => t = k,
                None => {
                    return (Some(t.date().and_time(NaiveTime::MIN)), Some(Precision::Day));
                }
            }
        }
        (Some(t), Some(precision))
    }
}

/// Precision of a date that could not be resolved.
fn coarse(d: &Date) -> Precision {
    match d.kind {
        Kind::Calendar(c) if c.day == DayRef::None && c.month == MonthRef::None => Precision::Year,
        Kind::Calendar(c) if c.day == DayRef::None => Precision::Month,
        Kind::Ago(l) => l.unit.precision(),
        _ => Precision::Day,
    }
}

/// That hour (24 and more run into the next day) of that day.
fn at_hour(day: NaiveDate, h: u32, m: u32) -> Option<NaiveDateTime> {
    day.and_time(NaiveTime::MIN).checked_add_signed(chrono::Duration::minutes(i64::from(h * 60 + m)))
}

/// Whether a part of the day at `i` may stand without date: 오전, 오후, 새벽 may; 아침, 밤, 저녁 need a particle.
fn part_alone(s: &str, i: usize) -> bool {
    let Some((part, end)) = clock::part_at(s, i) else {
        return false;
    };
    if char_at(s, i).is_some_and(|c| c.is_ascii()) || char_before(s, i).is_some_and(is_hangul) {
        return false;
    }
    match part {
        Part::Am | Part::Pm | Part::Dawn => true,
        Part::Morning | Part::Evening | Part::Night => {
            eat_any(s, end, &["부터", "까지", "에", "께", "쯤", "늦게"]).is_some() || eat(s, end, " 늦게").is_some()
        }
        Part::Noon => eat(s, i, "점심").is_some() && eat_any(s, end, &["이후", "에", " 이후"]).is_some(),
    }
}

const ZONES: &[(&str, Zone)] = &[
    ("한국시간", Zone::Korea),
    ("한국 시간", Zone::Korea),
    ("한국시각", Zone::Korea),
    ("한국 시각", Zone::Korea),
    ("한국 기준", Zone::Korea),
    ("국내 기준", Zone::Korea),
    ("우리 시간", Zone::Korea),
    ("우리시간", Zone::Korea),
    ("현지시간", Zone::Local),
    ("현지 시간", Zone::Local),
    ("현지시각", Zone::Local),
    ("현지 시각", Zone::Local),
    ("동부시간", Zone::America(-5)),
    ("동부 시간", Zone::America(-5)),
    ("동부시각", Zone::America(-5)),
    ("태평양시간", Zone::America(-8)),
    ("태평양 시간", Zone::America(-8)),
    ("서부시간", Zone::America(-8)),
    ("서부 시간", Zone::America(-8)),
    ("협정세계시", Zone::Utc),
    ("UTC", Zone::Utc),
    ("GMT", Zone::Utc),
];

/// A time zone at `i`: `미국 동부시간`, `한국시간`.
fn zone_words(s: &str, i: usize) -> Option<(Zone, usize)> {
    let at = eat_any(s, i, &["미국 ", "미 ", "미국"]).unwrap_or(i);
    ZONES.iter().find_map(|(w, z)| eat(s, at, w).map(|e| (*z, e)))
}

/// A time zone in brackets: `(현지시간)`, `(미 동부시간 기준)`.
fn zone_brackets(s: &str, i: usize) -> Option<(Zone, usize)> {
    let at = eat_any(s, i, &["(", " (", "（"])?;
    let (zone, e) = zone_words(s, at)?;
    let e = eat_any(s, e, &[" 기준", "기준"]).unwrap_or(e);
    Some((zone, eat_any(s, e, &[")", "）"])?))
}
