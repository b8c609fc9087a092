//! Numbers as Korean texts write them: digits, native words (한, 두, 열두) and Sino-Korean words (십, 이십삼, 이천십오).

use super::scan::{eat, eat_any};

/// How a number is written; the unit decides which of them may stand before it (두 시, but never 이 시).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Digits,
    Native,
    Sino,
    /// 수, 몇, 수십: "several".
    Vague,
}

/// A number, or a span of two (한두 = 1 to 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) low: u32,
    pub(super) high: u32,
    pub(super) script: Script,
    /// Digits written; 0 for words.
    pub(super) width: usize,
    pub(super) end: usize,
}

/// A run of one to five digits; longer runs are never dates or clock times.
pub(super) fn digits(s: &str, i: usize) -> Option<Number> {
    let b = s.as_bytes();
    let mut at = i;
    let mut n: u32 = 0;
    while at < b.len() && b[at].is_ascii_digit() {
        if at - i == 5 {
            return None;
        }
        n = n * 10 + u32::from(b[at] - b'0');
        at += 1;
    }
    (at > i).then_some(Number { low: n, high: n, script: Script::Digits, width: at - i, end: at })
}

const SPANS: &[(&str, u32, u32)] = &[
    ("한두", 1, 2),
    ("두서너", 2, 4),
    ("두세", 2, 3),
    ("두어", 2, 3),
    ("서너", 3, 4),
    ("너댓", 4, 5),
    ("네댓", 4, 5),
    ("네다섯", 4, 5),
    ("대여섯", 5, 6),
    ("예닐곱", 6, 7),
    ("일고여덟", 7, 8),
];

const TENS: &[(&str, u32)] =
    &[("열", 10), ("스물", 20), ("스무", 20), ("서른", 30), ("마흔", 40), ("쉰", 50), ("예순", 60)];

const ONES: &[(&str, u32)] = &[
    ("한", 1),
    ("두", 2),
    ("다섯", 5),
    ("여섯", 6),
    ("일곱", 7),
    ("여덟", 8),
    ("아홉", 9),
    ("세", 3),
    ("석", 3),
    ("네", 4),
    ("넉", 4),
];

/// A native number (1–69) or a span of two.
pub(super) fn native(s: &str, i: usize) -> Option<Number> {
    for (w, low, high) in SPANS {
        if let Some(end) = eat(s, i, w) {
            return Some(Number { low: *low, high: *high, script: Script::Native, width: 0, end });
        }
    }
    let (mut n, mut end) = (0, i);
    if let Some((w, v)) = TENS.iter().find(|(w, _)| eat(s, i, w).is_some()) {
        n = *v;
        end = i + w.len();
    }
    if let Some((w, v)) = ONES.iter().find(|(w, _)| eat(s, end, w).is_some()) {
        n += v;
        end += w.len();
    }
    (n > 0).then_some(Number { low: n, high: n, script: Script::Native, width: 0, end })
}

/// A Sino-Korean number below 10,000.
pub(super) fn sino(s: &str, i: usize) -> Option<Number> {
    const DIGITS: &[&str] = &["일", "이", "삼", "사", "오", "육", "칠", "팔", "구"];
    let digit = |at: usize| DIGITS.iter().zip(1u32..).find_map(|(w, v)| eat(s, at, w).map(|end| (v, end)));
    let (mut at, mut n) = (i, 0);
    for (unit, weight) in [("천", 1000), ("백", 100), ("십", 10)] {
        if let Some((v, after)) = digit(at)
            && let Some(end) = eat(s, after, unit)
        {
            n += v * weight;
            at = end;
        } else if let Some(end) = eat(s, at, unit) {
            n += weight;
            at = end;
        }
    }
    if let Some((v, end)) = digit(at) {
        n += v;
        at = end;
    }
    (n > 0).then_some(Number { low: n, high: n, script: Script::Sino, width: 0, end: at })
}

/// "Several": 수, 몇 and their tens and hundreds.
pub(super) fn vague(s: &str, i: usize) -> Option<Number> {
    let end = eat_any(s, i, &["수십", "수백", "몇십", "수", "몇"])?;
    Some(Number { low: 0, high: 0, script: Script::Vague, width: 0, end })
}
