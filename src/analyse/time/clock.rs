//! Clock times and parts of the day: `오전 9시 5분`, `낮 12시10분`, `14:32`, `밤 11시`, `자정`, `9∼12시`, `새벽`.

use super::number::{self, Script};
use super::scan::{blanks, char_at, eat, eat_any, ends_word, particle_or_end};

/// The part of the day that the text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Am,
    Pm,
    Dawn,
    Morning,
    Noon,
    Evening,
    Night,
}

impl Part {
    /// First hour and the hour after the last.
    pub(super) fn hours(self) -> (u32, u32) {
        match self {
            Part::Dawn => (0, 6),
            Part::Morning => (6, 10),
            Part::Am => (6, 12),
            Part::Noon | Part::Pm => (12, 18),
            Part::Evening | Part::Night => (18, 24),
        }
    }
}

/// A clock time as written, not yet tied to a date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) end: usize,
    pub(super) part: Option<Part>,
    pub(super) hour: Option<u32>,
    pub(super) minute: Option<u32>,
    pub(super) second: u32,
    /// 자정.
    pub(super) midnight: bool,
    /// 정오.
    pub(super) noon: bool,
    /// `09:00`: the 24-hour clock.
    pub(super) colon: bool,
    /// The hour has a leading zero, so it is of the 24-hour clock.
    pub(super) zero: bool,
    /// Second hour of `9∼12시`.
    pub(super) to_hour: Option<u32>,
    /// The last third of the part (밤늦게).
    pub(super) late: bool,
}

impl Clock {
    /// Only a part of the day, no hour.
    pub(super) fn is_part(&self) -> bool {
        self.hour.is_none() && !self.midnight && !self.noon
    }

    /// Whether the hour says by itself which half of the day it means.
    pub(super) fn settled(&self) -> bool {
        self.part.is_some()
            || self.midnight
            || self.noon
            || self.colon
            || self.zero
            || self.hour.is_some_and(|h| h == 0 || h > 12)
    }

    /// Hour (0–24) and minute on the 24-hour clock, taking a bare hour as it stands.
    pub(super) fn time(&self) -> (u32, u32) {
        if self.midnight {
            return (0, 0);
        }
        if self.noon {
            return (12, 0);
        }
        let (h, m) = (self.hour.unwrap_or(0), self.minute.unwrap_or(0));
        let h = match self.part {
            Some(Part::Am | Part::Dawn | Part::Morning) if h == 12 => 0,
            Some(Part::Pm) if h < 12 => h + 12,
            Some(Part::Noon) if h < 7 => h + 12,
            Some(Part::Evening) if h < 12 => h + 12,
            Some(Part::Night) if (6..12).contains(&h) => h + 12,
            Some(Part::Evening | Part::Night) if h == 12 => 24,
            _ => h,
        };
        (h, m)
    }
}

const PARTS: &[(&str, Part)] = &[
    ("이른 새벽", Part::Dawn),
    ("이른 아침", Part::Morning),
    ("늦은 오후", Part::Pm),
    ("늦은 저녁", Part::Evening),
    ("늦은 밤", Part::Night),
    ("한밤중", Part::Night),
    ("한밤", Part::Night),
    ("심야", Part::Night),
    ("한낮", Part::Noon),
    ("점심", Part::Noon),
    ("오전", Part::Am),
    ("오후", Part::Pm),
    ("새벽", Part::Dawn),
    ("아침", Part::Morning),
    ("저녁", Part::Evening),
    ("낮", Part::Noon),
    ("밤", Part::Night),
    ("AM", Part::Am),
    ("PM", Part::Pm),
    ("am", Part::Am),
    ("pm", Part::Pm),
];

/// The part of the day at `i`.
pub(super) fn part_at(s: &str, i: usize) -> Option<(Part, usize)> {
    PARTS.iter().find_map(|(w, p)| eat(s, i, w).map(|e| (*p, e)))
}

/// What may follow 시 in the same word.
const AFTER_HOUR: &[&str] = &[
    "반", "께", "쯤", "경", "무렵", "가량", "정도", "즈음", "부터", "까지", "에", "를", "을", "가", "는", "은", "도",
    "와", "과", "로", "의", "이후", "이전", "이", "전", "후", "넘", "인", "정각", "정도", "현재", "기준", "였", "쯔음",
];

fn after_hour(s: &str, i: usize) -> bool {
    ends_word(s, i)
        || eat_any(s, i, AFTER_HOUR).is_some()
        || number::sino(s, i).is_some_and(|n| eat(s, n.end, "분").is_some())
}

/// Parses the clock time at `i`. A part of the day alone counts only where `part_alone` allows it.
pub(super) fn parse(s: &str, i: usize, part_alone: bool) -> Option<Clock> {
    let mut c = Clock {
        end: i,
        part: None,
        hour: None,
        minute: None,
        second: 0,
        midnight: false,
        noon: false,
        colon: false,
        zero: false,
        to_hour: None,
        late: false,
    };
    let mut at = i;
    if let Some((part, end)) = part_at(s, i) {
        c.part = Some(part);
        c.end = end;
        at = blanks(s, end);
    }
    // The stock exchange opens at nine.
    if let Some(end) =
        eat_any(s, i, &["장 초반", "장초반", "개장 직후", "장 시작 직후"]).filter(|e| particle_or_end(s, *e))
    {
        return Some(Clock { end, hour: Some(9), part: Some(Part::Am), ..c });
    }
    if let Some(end) = eat(s, at, "자정").filter(|e| particle_or_end(s, *e)) {
        return Some(Clock { end, midnight: true, part: None, ..c });
    }
    if let Some(end) = eat(s, at, "정오").filter(|e| particle_or_end(s, *e)) {
        return Some(Clock { end, noon: true, part: None, ..c });
    }
    if let Some(c) = hour(s, at, c) {
        return Some(c);
    }
    // `오전 99시`: no part of the day with a number that fits none.
    let number = number::digits(s, at)
        .is_some_and(|n| eat_any(s, n.end, &["시", ":"]).is_some_and(|e| eat(s, e, "간").is_none()));
    if c.part.is_none() || !part_alone || number {
        return None;
    }
    part_only(s, c)
}

fn hour(s: &str, at: usize, mut c: Clock) -> Option<Clock> {
    let n = number::digits(s, at)
        .filter(|n| n.width <= 2)
        .or_else(|| number::native(s, at).filter(|n| n.low == n.high && n.low <= 12))?;
    if n.low > 24 {
        return None;
    }
    c.hour = Some(n.low);
    c.zero = n.script == Script::Digits && n.width == 2 && n.low < 10;
    if n.script == Script::Digits {
        if let Some(colon) = eat(s, n.end, ":") {
            let m = number::digits(s, colon).filter(|m| m.width == 2 && m.low < 60)?;
            c.minute = Some(m.low);
            c.colon = true;
            c.end = m.end;
            if let Some(again) = eat(s, m.end, ":") {
                let sec = number::digits(s, again).filter(|x| x.width == 2 && x.low < 60)?;
                c.second = sec.low;
                c.end = sec.end;
            }
            if char_at(s, c.end) == Some(':') || n.low == 24 && m.low > 0 {
                return None;
            }
            return meridiem(s, c)
                .or_else(|| (!char_at(s, c.end).is_some_and(|x| x.is_ascii_alphabetic())).then_some(c));
        }
        if let Some(c) = meridiem(s, Clock { end: n.end, ..c }) {
            return Some(c);
        }
        if let Some(sep) = eat_any(s, n.end, &["~", "∼", "～", "-", "–", "〜"])
            && let Some(h) = number::digits(s, sep).filter(|h| h.width <= 2 && h.low <= 24)
            && let Some(end) = eat(s, h.end, "시")
            && after_hour(s, end)
        {
            c.to_hour = Some(h.low);
            c.end = end;
            return Some(c);
        }
    }
    let from = if n.script == Script::Native { blanks(s, n.end) } else { n.end };
    let end = eat(s, from, "시")?;
    if !after_hour(s, end) || eat(s, blanks(s, end), "방향").is_some() {
        return None;
    }
    c.end = end;
    if let Some(e) = eat(s, blanks(s, end), "정각") {
        c.minute = Some(0);
        c.end = e;
        return Some(c);
    }
    if let Some(e) = eat(s, blanks(s, end), "반").filter(|e| particle_or_end(s, *e)) {
        c.minute = Some(30);
        c.end = e;
        return Some(c);
    }
    let from = blanks(s, end);
    if let Some((m, e)) = minute(s, from) {
        c.minute = Some(m);
        c.end = e;
        // 네시십오분전: a quarter to four. Digits mean "before that time" at least as often.
        if n.script == Script::Native
            && m > 0
            && let Some(e) = eat(s, e, "전").filter(|e| ends_word(s, *e))
        {
            c.hour = Some(if n.low == 1 { 12 } else { n.low - 1 });
            c.minute = Some(60 - m);
            c.end = e;
            return Some(c);
        }
        let from = blanks(s, e);
        if let Some(sec) = number::digits(s, from)
            .filter(|x| x.width <= 2 && x.low < 60)
            .or_else(|| number::sino(s, from).filter(|x| x.low < 60))
            && let Some(e) = eat(s, sec.end, "초")
            && particle_or_end(s, e)
        {
            c.second = sec.low;
            c.end = e;
        }
    } else if n.low == 24 && c.part.is_some() {
        return None;
    }
    Some(c)
}

/// Minutes of a clock time: `10분`, `이십분`. `30분간` and the like are lengths.
pub(super) fn minute(s: &str, i: usize) -> Option<(u32, usize)> {
    let n = number::digits(s, i).filter(|n| n.width <= 2).or_else(|| number::sino(s, i))?;
    let end = eat(s, n.end, "분").filter(|_| n.low < 60)?;
    let length = eat_any(s, blanks(s, end), &["동안", "만에", "만인", "넘게", "이상"]).is_some()
        || eat(s, blanks(s, end), "간").is_some_and(|e| ends_word(s, e))
        || eat(s, end, "여").is_some()
        || eat(s, end, "기").is_some() && eat(s, end, "기준").is_none();
    (!length).then_some((n.low, end))
}

/// `3pm`, `3:18am`, `3:18a`.
fn meridiem(s: &str, mut c: Clock) -> Option<Clock> {
    let (word, part) = [("am", Part::Am), ("AM", Part::Am), ("pm", Part::Pm), ("PM", Part::Pm)]
        .into_iter()
        .chain([("a", Part::Am), ("p", Part::Pm)].into_iter().filter(|_| c.colon))
        .find(|(w, _)| eat(s, c.end, w).is_some())?;
    c.end += word.len();
    c.part = Some(part);
    let free = !char_at(s, c.end).is_some_and(|x| x.is_ascii_alphanumeric());
    (free && c.hour.is_some_and(|h| h <= 12)).then_some(c)
}

fn part_only(s: &str, mut c: Clock) -> Option<Clock> {
    let at = blanks(s, c.end);
    if let Some(end) = eat_any(s, at, &["늦게", "늦은 시간"]) {
        c.late = true;
        c.end = end;
    } else if let Some(end) = eat_any(s, at, &["한때", "한 때", "내내", "동안", "일찍"]) {
        c.end = end;
    } else if !(ends_word(s, c.end)
        || eat_any(
            s,
            c.end,
            &[
                "부터", "까지", "에", "쯤", "께", "경", "무렵", "사이", "엔", "이후", "의", "새", "중", "과", "와",
                "시간", "은", "이", "도",
            ],
        )
        .is_some())
    {
        return None;
    }
    // 낮은, 낮이 …: one syllable and an ending that also builds other words.
    if c.part == Some(Part::Noon)
        && eat(s, c.end, "이후").is_none()
        && eat_any(s, c.end, &["은", "이", "과", "의", "도"]).is_some()
    {
        return None;
    }
    Some(c)
}
