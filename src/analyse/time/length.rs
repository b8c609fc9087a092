//! Lengths of time: `1시간 20분`, `40여분`, `사흘`, `한 달`, `1~2주`, `수 시간`, with what stands around them.

use super::number::{self, Number, Script};
use super::scan::{blanks, char_at, eat, eat_any, ends_word, is_hangul, particle_or_end};
use super::{Bound, Relation, Unit};

/// A length of time as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Length {
    pub(super) end: usize,
    /// Calendar parts; seconds hold hours, minutes and seconds.
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) seconds: i64,
    /// Smallest unit written.
    pub(super) unit: Unit,
    /// Largest unit written.
    pub(super) largest: Unit,
    /// The number is not known (수 시간, 며칠).
    pub(super) vague: bool,
    /// 여, a span of two numbers, or a word such as 반나절.
    pub(super) rough: bool,
    /// Only 하루 was written, or a Sino-Korean word: too common to stand alone.
    pub(super) weak: bool,
    /// The number when there is one component of digits.
    pub(super) count: u32,
}

impl Length {
    /// Minutes, a month counted as 30 days and a year as 365; half minutes round up.
    pub(super) fn minutes(&self) -> Option<i64> {
        if self.vague {
            return None;
        }
        let days = i64::from(self.months / 12) * 365 + i64::from(self.months % 12) * 30 + i64::from(self.days);
        Some(days * 1440 + (self.seconds + 30) / 60)
    }
}

/// What follows a length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tail {
    pub(super) end: usize,
    pub(super) bound: Option<Bound>,
    pub(super) relation: Relation,
    /// Some word says that it is a length (동안, 간, 만에 …).
    pub(super) marked: bool,
    /// 동안, 간, 째, 사이, 새, 내내: a stretch, not a gap.
    pub(super) stretch: bool,
    /// `D 만인`, `D 뒤인`: the point in time follows.
    pub(super) names_point: bool,
}

const WORDS: &[(&str, i32, i32, i64, Unit)] = &[
    ("반나절", 0, 0, 6 * 3600, Unit::Hour),
    ("한나절", 0, 0, 12 * 3600, Unit::Hour),
    ("반년", 6, 0, 0, Unit::Month),
    ("일주일", 0, 7, 0, Unit::Week),
    ("보름", 0, 15, 0, Unit::Day),
    ("하루", 0, 1, 0, Unit::Day),
    ("이틀", 0, 2, 0, Unit::Day),
    ("사흘", 0, 3, 0, Unit::Day),
    ("나흘", 0, 4, 0, Unit::Day),
    ("닷새", 0, 5, 0, Unit::Day),
    ("엿새", 0, 6, 0, Unit::Day),
    ("이레", 0, 7, 0, Unit::Day),
    ("여드레", 0, 8, 0, Unit::Day),
    ("아흐레", 0, 9, 0, Unit::Day),
    ("열흘", 0, 10, 0, Unit::Day),
];

/// Parses the length at `i`, without what follows it.
pub(super) fn parse(s: &str, i: usize) -> Option<Length> {
    if let Some(end) = eat_any(s, i, &["며칠", "몇일", "몇 일"]) {
        let base = Length {
            end,
            months: 0,
            days: 0,
            seconds: 0,
            unit: Unit::Day,
            largest: Unit::Day,
            vague: true,
            rough: true,
            weak: true,
            count: 0,
        };
        return Some(base);
    }
    if let Some((w, months, days, seconds, unit)) = WORDS.iter().find(|(w, ..)| eat(s, i, w).is_some()) {
        let end = i + w.len();
        return Some(Length {
            end,
            months: *months,
            days: *days,
            seconds: *seconds,
            unit: *unit,
            largest: *unit,
            vague: false,
            rough: matches!(*w, "반나절" | "한나절"),
            weak: matches!(*w, "하루" | "이레" | "보름"),
            count: 1,
        });
    }
    let mut out: Option<Length> = None;
    let mut at = i;
    for turn in 0..4 {
        let from = if turn == 0 { at } else { blanks(s, at) };
        let Some(part) = component(s, from, turn == 0) else {
            break;
        };
        match &mut out {
            None => {
                out = Some(part);
            }
            Some(l) => {
                // Units only get smaller: `1시간 20분`, never `20분 1시간`. Weak words do not continue a number.
                if part.unit >= l.unit || part.weak && part.unit > Unit::Hour {
                    break;
                }
                l.months += part.months;
                l.days += part.days;
                l.seconds += part.seconds;
                l.unit = part.unit;
                l.rough |= part.rough;
                l.vague |= part.vague;
                l.end = part.end;
            }
        }
        at = out.as_ref().map_or(at, |l| l.end);
        if out.as_ref().is_some_and(|l| l.rough) {
            break;
        }
    }
    // `0년`, `0일`: no length.
    let mut l = out.filter(|l| l.vague || l.months != 0 || l.days != 0 || l.seconds != 0)?;
    let after = blanks(s, l.end);
    if let Some(end) = eat(s, after, "반")
        && (ends_word(s, end) || eat_any(s, end, HALF_NEXT).is_some())
    {
        match l.unit {
            Unit::Hour => l.seconds += 1800,
            Unit::Day => l.seconds += 12 * 3600,
            Unit::Month => l.days += 15,
            Unit::Year => l.months += 6,
            _ => return Some(l),
        }
        if l.unit == Unit::Hour {
            l.unit = Unit::Minute;
        }
        l.end = end;
    }
    Some(l)
}

/// What may follow 반 ("and a half") in one word.
const HALF_NEXT: &[&str] = &[
    "동안", "간", "만", "째", "쯤", "가량", "정도", "여", "남짓", "넘", "이상", "이내", "안", "내", "전", "뒤", "후",
    "이", "을", "에",
];

/// One number with its unit.
fn component(s: &str, i: usize, first: bool) -> Option<Length> {
    let mut n: Number = number::digits(s, i)
        .or_else(|| number::vague(s, i))
        .or_else(|| number::native(s, i))
        .or_else(|| number::sino(s, i))?;
    let mut rough = n.high > n.low;
    let mut tenths = 0;
    if n.script == Script::Digits {
        if n.width > 4 {
            return None;
        }
        if let Some(dot) = eat(s, n.end, ".") {
            // `1.5시간`, but not `3.5.1` and not `29.18조`.
            let f = number::digits(s, dot).filter(|f| f.width == 1)?;
            tenths = f.low;
            n.end = f.end;
        } else if let Some(sep) = eat_any(s, n.end, &["~", "∼", "～", "-", "–", "〜"]) {
            let h = number::digits(s, sep)?;
            if h.low <= n.low || h.width > 3 {
                return None;
            }
            n.high = h.low;
            n.end = h.end;
            rough = true;
        }
    }
    let mut at = n.end;
    if let Some(end) =
        eat(s, at, "여").or_else(|| eat(s, at, " 여").filter(|e| eat_any(s, blanks(s, *e), UNITS).is_some()))
    {
        rough = true;
        at = end;
    }
    let at = blanks(s, at);
    let spaced = at > n.end;
    let (unit, mut end) = unit_at(s, at)?;
    let fits = match n.script {
        Script::Digits => true,
        Script::Native => {
            matches!(unit, Unit::Hour | Unit::Week | Unit::Month) || unit == Unit::Year && eat(s, at, "해").is_some()
        }
        Script::Sino => {
            !spaced && eat(s, at, "달").is_none() && eat(s, at, "해").is_none() && (unit != Unit::Hour || n.low >= 10)
        }
        Script::Vague => true,
    };
    if !fits {
        return None;
    }
    // `N일`, `N주` and `N년` with words of one syllable are everyday words; so is every Sino-Korean number that opens a text.
    let weak = n.script == Script::Sino && first;
    if let Some(e) = eat(s, end, "여")
        .or_else(|| eat(s, end, " 여"))
        .filter(|e| ends_word(s, *e) || eat_any(s, *e, &["만", "동안", "간", "를", "가", "나", "의"]).is_some())
    {
        rough = true;
        end = e;
    }
    // A span of two numbers is told by its middle, in seconds so that `1~2시간` is 90 minutes.
    let scale = |unit_seconds: i64| {
        (i64::from(n.low) + i64::from(n.high)) * unit_seconds / 2 + i64::from(tenths) * unit_seconds / 10
    };
    let mut l = Length {
        end,
        months: 0,
        days: 0,
        seconds: 0,
        unit,
        largest: unit,
        vague: n.script == Script::Vague,
        rough: rough || n.script == Script::Vague,
        weak,
        count: n.low,
    };
    let whole = i32::try_from(n.low).ok()?;
    match unit {
        Unit::Second => l.seconds = scale(1),
        Unit::Minute => l.seconds = scale(60),
        Unit::Hour => {
            l.seconds = scale(3600);
            if tenths > 0 {
                l.unit = Unit::Minute;
            }
        }
        Unit::Day if n.low == n.high && tenths == 0 => l.days = whole,
        Unit::Week if n.low == n.high && tenths == 0 => l.days = whole * 7,
        Unit::Day => l.seconds = scale(86_400),
        Unit::Week => l.seconds = scale(7 * 86_400),
        Unit::Month => l.months = whole,
        Unit::Year => l.months = whole * 12,
    }
    Some(l)
}

const UNITS: &[&str] = &["시간", "분", "초", "일", "개월", "달", "주", "년"];

fn unit_at(s: &str, at: usize) -> Option<(Unit, usize)> {
    let table: &[(&str, Unit)] = &[
        ("시간", Unit::Hour),
        ("분", Unit::Minute),
        ("초", Unit::Second),
        ("개월", Unit::Month),
        ("달", Unit::Month),
        ("주일", Unit::Week),
        ("주", Unit::Week),
        ("일", Unit::Day),
        ("년", Unit::Year),
        ("해", Unit::Year),
    ];
    let (w, unit) = table.iter().find(|(w, _)| eat(s, at, w).is_some())?;
    let end = at + w.len();
    // 5분의 1, 1분기, 1시간대, 2년차, 3년물, 80년대, 2주기, 3일장, 3일치, 10분거리 … are no lengths.
    let fraction = *unit == Unit::Minute
        && eat(s, end, "의")
            .is_some_and(|e| char_at(s, blanks(s, e)).is_some_and(|c| c.is_ascii_digit() || "일이삼사오".contains(c)));
    let next = eat_any(s, end, NEXT).is_some();
    (!fraction && (ends_word(s, end) || next)).then_some((*unit, end))
}

/// What may follow a unit in the same word.
const NEXT: &[&str] = &[
    "간", "동안", "만", "째", "쯤", "가량", "정도", "여", "남짓", "넘", "이상", "이내", "안에", "안", "내에", "내",
    "미만", "이하", "초과", "전", "뒤", "후", "가까", "반", "사이", "새", "이", "가", "을", "를", "은", "는", "의",
    "에", "도", "과", "와", "로", "으로", "까지", "부터", "마다", "씩", "나", "밖", "보다", "입", "께", "경", "걸",
    "지나", "연속", "내내", "종일", "앞", "인", "였", "한", "십", "이십", "삼십", "사십", "오십",
];

/// Whether `전`, `뒤` or `후` at `end` is a word of its own and not the head of another (전산, 후속).
fn closes(s: &str, end: usize) -> bool {
    ends_word(s, end)
        || eat_any(s, end, &["에", "부터", "까지", "과", "의", "인", "이", "로", "엔", "만", "쯤"]).is_some()
}

/// Parses what follows the length. `before` tells of 약 or 최대 in front.
pub(super) fn tail(s: &str, l: &Length, about_before: bool, most_before: bool) -> Option<Tail> {
    let mut t =
        Tail { end: l.end, bound: None, relation: Relation::None, marked: false, stretch: false, names_point: false };
    let mut about = about_before || l.rough;
    for _ in 0..4 {
        let at = blanks(s, t.end);
        let glued = at == t.end;
        if let Some(end) = eat_any(s, at, &["가량", "정도", "남짓", "안팎", "내외", "쯤", "전후", "안짝"])
            .filter(|_| t.relation == Relation::None)
        {
            about = true;
            t.end = end;
            t.marked = true;
        } else if let Some(end) = eat_any(
            s,
            at,
            &[
                "이 조금 넘게",
                "이 조금 넘은",
                "이 조금 넘는",
                "이 넘게",
                "이 넘도록",
                "을 넘게",
                "가 넘게",
                "를 넘게",
                "넘도록",
                "넘게",
                "넘은",
                "넘는",
                "을 넘겨",
                "을 넘긴",
                "을 넘어",
                "이상",
                "초과",
            ],
        )
        .filter(|_| glued || !matches!(char_at(s, at), Some('이' | '을' | '가' | '를')) || eat(s, at, "이상").is_some())
        .filter(|e| eat(s, *e, "하").is_none() || eat(s, at, "이상").is_none())
        {
            t.bound = Some(Bound::MoreThan);
            t.end = end;
            t.marked = true;
        } else if let Some(end) = eat_any(s, at, &["가까이", "가까운", "이내", "미만", "이하", "안에"])
            .or_else(|| eat_any(s, at, &["내에", "내", "안"]).filter(|e| ends_word(s, *e)))
            .or_else(|| eat(s, at, "도 안 ").filter(|_| glued).map(|e| e - 1))
            .or_else(|| eat(s, at, "까지").filter(|_| glued && most_before))
        {
            t.bound = Some(Bound::LessThan);
            t.end = end;
            t.marked = true;
        } else if let Some(end) = eat_any(s, at, &["동안", "내내", "종일", "연속"])
            .or_else(|| eat(s, at, "에 걸쳐").filter(|_| glued))
            .or_else(|| {
                eat(s, at, "간").filter(|e| {
                    (ends_word(s, *e) || eat_any(s, *e, &["의", "은", "이", "에", "만", "씩", "은"]).is_some())
                        && (glued || matches!(l.unit, Unit::Minute | Unit::Second | Unit::Day | Unit::Hour))
                })
            })
            .or_else(|| eat(s, at, "사이").filter(|e| particle_or_end(s, *e)))
            .or_else(|| eat(s, at, "새").filter(|e| ends_word(s, *e)))
        {
            t.marked = true;
            t.stretch = true;
            t.end = end;
            break;
        } else if let Some(end) = eat(s, at, "째").filter(|_| glued && eat(s, l.end, "째").is_some()) {
            t.marked = true;
            t.stretch = true;
            t.relation = Relation::Ongoing;
            t.bound = Some(Bound::MoreThan);
            t.end = end;
            break;
        } else if let Some(end) =
            eat(s, at, "만").filter(|e| eat_any(s, *e, &["에", "인", "의", "이다", "이었"]).is_some())
        {
            t.marked = true;
            t.relation = Relation::After;
            t.names_point = eat(s, end, "인").is_some();
            t.end = eat(s, end, "에").unwrap_or(end);
            break;
        } else if let Some(end) = eat(s, at, "전")
            .filter(|e| closes(s, *e))
            .or_else(|| eat(s, at, "이전").filter(|e| closes(s, *e) && l.unit > Unit::Day))
        {
            t.marked = true;
            t.relation = Relation::Before;
            t.names_point = eat(s, end, "인").is_some();
            t.end = end;
            break;
        } else if let Some(end) = eat_any(s, at, &["뒤", "후", "이후"]).filter(|e| closes(s, *e)) {
            t.marked = true;
            t.relation = Relation::Later;
            t.names_point = eat(s, end, "인").is_some();
            t.end = end;
            break;
        } else {
            break;
        }
    }
    // 30분 단위, 10분마다, 5분 간격, 1시간 대: a pace, not a length.
    let after = blanks(s, t.end);
    if eat_any(s, after, &["단위", "간격", "마다", "당 ", "꼴"]).is_some() {
        return None;
    }
    let plain = !t.marked && !about && !most_before;
    // 24시간 영업, 365일 상담: always open.
    if plain
        && matches!((l.count, l.unit), (24, Unit::Hour) | (365, Unit::Day))
        && char_at(s, after).is_some_and(is_hangul)
    {
        return None;
    }
    if plain && l.weak {
        return None;
    }
    if plain && l.vague && l.unit >= Unit::Day {
        return None;
    }
    if t.bound.is_none() {
        t.bound = Some(if most_before {
            Bound::LessThan
        } else if about {
            Bound::About
        } else {
            Bound::Exact
        });
    }
    Some(t)
}
