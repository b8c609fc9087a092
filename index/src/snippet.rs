//! The part of a text that shows why it was found.

use std::collections::{BTreeSet, HashSet};

use serde::Serialize;

use crate::plan::Plan;
use crate::tokens::{Pairs, Tokens};

/// How long an excerpt is, in characters.
const LENGTH: usize = 120;
/// How far into a text matches are looked for, in bytes: what stands later was found, but is not worth the wait.
const DEPTH: usize = 6_000;

/// An excerpt, with the byte ranges in it that matched. The text is raw: whoever shows it escapes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The excerpt.
    pub text: String,
    /// `[start, end)` in bytes of `text`, in order, not overlapping.
    pub highlights: Vec<(usize, usize)>,
}

/// What may be highlighted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    terms: HashSet<String>,
    /// Where no term is found.
    pairs: HashSet<String>,
}

impl Wanted {
    pub(crate) fn of(plan: &Plan) -> Self {
        let (mut terms, mut pairs) = (Vec::new(), Vec::new());
        plan.highlights(&mut terms);
        plan.pairs(&mut pairs);
        Self { terms: terms.into_iter().collect(), pairs: pairs.into_iter().collect() }
    }
}

/// Cuts the window with the most distinct wanted terms.
pub(crate) fn snippet(text: &str, wanted: &Wanted, tokens: &dyn Tokens) -> Snippet {
    let mut hits: Vec<(usize, usize, String)> = Vec::new();
    let deep = &text[..text.floor_char_boundary(DEPTH)];
    let look = |tokens: &dyn Tokens, wanted: &HashSet<String>, hits: &mut Vec<(usize, usize, String)>| {
        if !wanted.is_empty() {
            tokens.tokens(deep, &mut |term| {
                if wanted.contains(term.text) && text.get(term.start..term.end).is_some() {
                    hits.push((term.start, term.end, term.text.to_owned()));
                }
            });
        }
    };
    look(tokens, &wanted.terms, &mut hits);
    if hits.is_empty() {
        look(&Pairs, &wanted.pairs, &mut hits);
    }
    hits.sort();
    let window_end = |start: usize| text[start..].char_indices().nth(LENGTH).map_or(text.len(), |(at, _)| start + at);
    let best = hits
        .iter()
        .enumerate()
        .map(|(at, hit)| {
            let end = window_end(hit.0);
            let distinct: BTreeSet<&str> = hits[at..].iter().take_while(|h| h.1 <= end).map(|h| h.2.as_str()).collect();
            (distinct.len(), std::cmp::Reverse(at))
        })
        .max();
    let mut from = best.map_or(0, |(_, std::cmp::Reverse(at))| hits[at].0);
    // Some words before the first match, from a word boundary on.
    let lead = text[..from].char_indices().rev().nth(29).map_or(0, |(at, _)| at);
    from = if lead == 0 { 0 } else { text[lead..from].find(char::is_whitespace).map_or(from, |gap| lead + gap + 1) };
    // A wide space is more than one byte.
    from = text.ceil_char_boundary(from);
    let to = window_end(from);
    let mut cut = Snippet { text: text[from..to].to_owned(), highlights: Vec::new() };
    for (start, end, _) in hits.into_iter().filter(|(start, end, _)| *start >= from && *end <= to) {
        match cut.highlights.last_mut() {
            Some(last) if start - from <= last.1 => last.1 = last.1.max(end - from),
            _ => cut.highlights.push((start - from, end - from)),
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pairs: &[&str]) -> Wanted {
        Wanted { terms: HashSet::new(), pairs: pairs.iter().map(|pair| (*pair).to_owned()).collect() }
    }

    #[test]
    fn the_window_starts_near_the_match_and_marks_it() {
        let text = format!("{} 결제 장애가 났다", "앞에 긴 글이 있다 ".repeat(30));
        let cut = snippet(&text, &wanted(&["장애"]), &Pairs);
        assert!(cut.text.chars().count() <= LENGTH);
        let marked: Vec<&str> = cut.highlights.iter().map(|&(s, e)| &cut.text[s..e]).collect();
        assert_eq!(marked, ["장애"]);
    }

    #[test]
    fn wide_spaces_do_not_cut_letters() {
        let text = format!("{}결제\u{3000}장애", "가나다라마\u{3000}".repeat(12));
        assert!(!snippet(&text, &wanted(&["장애", "제장"]), &Pairs).highlights.is_empty());
    }

    #[test]
    fn a_text_without_match_is_cut_at_its_beginning() {
        let cut = snippet("짧은 글", &wanted(&[]), &Pairs);
        assert_eq!(cut, Snippet { text: "짧은 글".into(), highlights: vec![] });
    }
}
