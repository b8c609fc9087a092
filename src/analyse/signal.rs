//! Outage expressions and what is asserted of them.

use meoktong_dictionaries::lexicon::{Hit, Meaning};
use meoktong_dictionaries::pattern::Family;
use meoktong_dictionaries::{Cue, Lexicon};

use super::report::Assertion;
use super::text::{Sentence, Zone};

/// An outage expression in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Index into [`Lexicon::symptoms`].
    pub symptom: usize,
    /// Sentence.
    pub sentence: usize,
    /// First morpheme.
    pub from: usize,
    /// Behind the last morpheme.
    pub to: usize,
    /// What is asserted of it.
    pub assertion: Assertion,
}

/// Symptoms that any object makes more precise.
fn is_general(id: &str) -> bool {
    matches!(id, "unavailable" | "error_message" | "delay" | "freeze" | "slow")
}

/// The outage expressions of a sentence: of overlapping ones the longest, of equally long ones the most precise.
pub fn find(lexicon: &Lexicon, at: usize, sentence: &Sentence<'_>, found: &mut Vec<Found>) {
    if sentence.zone == Zone::Furniture {
        return;
    }
    let friends: Vec<&Hit> =
        sentence.hits.iter().filter(|hit| lexicon.entries()[hit.entry].meaning == Meaning::Friend).collect();
    let mut hits: Vec<(usize, &Hit)> = sentence
        .hits
        .iter()
        .filter_map(|hit| match lexicon.entries()[hit.entry].meaning {
            Meaning::Symptom(symptom) => Some((symptom, hit)),
            _ => None,
        })
        .filter(|(_, hit)| !friends.iter().any(|friend| friend.from < hit.to && hit.from < friend.to))
        .collect();
    hits.sort_by_key(|(symptom, hit)| {
        let general = is_general(&lexicon.symptoms()[*symptom].id);
        (std::cmp::Reverse(hit.to - hit.from), general, hit.from, *symptom)
    });
    let first = found.len();
    for (symptom, hit) in hits {
        if found[first..].iter().any(|kept| kept.from < hit.to && hit.from < kept.to) {
            continue;
        }
        let assertion = assertion(lexicon, sentence, hit);
        found.push(Found { symptom, sentence: at, from: hit.from, to: hit.to, assertion });
    }
    found[first..].sort_by_key(|signal| signal.from);
}

/// Reads the assertion of one expression from the cues around it.
///
/// What is said of the expression itself (장애가 없었다) outweighs what its clause supposes (날 경우), that outweighs what
/// the sentence plans or remembers, and last comes whether it is over.
fn assertion(lexicon: &Lexicon, sentence: &Sentence<'_>, hit: &Hit) -> Assertion {
    let clause = sentence.clauses[hit.from];
    let last_clause = sentence.clauses[hit.to - 1];
    let cues =
        |kind: Cue| sentence.hits.iter().filter(move |cue| lexicon.entries()[cue.entry].meaning == Meaning::Cue(kind));
    let in_clause = |cue: &Hit| {
        (clause..=last_clause).contains(&sentence.clauses[cue.from])
            || (clause..=last_clause).contains(&sentence.clauses[cue.to - 1])
    };
    let overlaps = |cue: &Hit| cue.from < hit.to && hit.from < cue.to;
    let behind = |cue: &Hit| cue.from >= hit.from;

    if cues(Cue::Negated).any(|cue| overlaps(cue) && cue.to > hit.from + 1) {
        return Assertion::Negated;
    }
    // 아니냐, 않느냐 ask for assent; they deny nothing.
    if denied(sentence, hit) {
        return Assertion::Negated;
    }
    if cues(Cue::Hypothetical).any(|cue| in_clause(cue) && behind(cue)) {
        return Assertion::Hypothetical;
    }
    if cues(Cue::Planned).any(&in_clause) && !cues(Cue::NotRestored).any(|cue| in_clause(cue) && cue.to - cue.from >= 2)
    {
        return Assertion::Planned;
    }
    if cues(Cue::Historical).next().is_some() {
        return Assertion::Historical;
    }
    let unfinished = cues(Cue::NotRestored).any(behind);
    if !unfinished && cues(Cue::Restored).any(|cue| cue.to > hit.from || in_clause(cue)) {
        return Assertion::Restored;
    }
    Assertion::Affirmed
}

/// 장애가 아니다, 먹통은 없었다, 튕긴 적이 없다: a denial within five morphemes behind the expression.
fn denied(sentence: &Sentence<'_>, hit: &Hit) -> bool {
    let head = &sentence.morphs[hit.to - 1];
    if head.family != Family::N && head.form != "튕기" {
        return false;
    }
    let mut noun_behind = false;
    for morph in sentence.morphs[hit.to..].iter().take(5) {
        match morph.family {
            Family::J | Family::M | Family::X => {}
            Family::V if matches!(morph.form, "없" | "아니") => return !noun_behind || morph.form == "없",
            Family::E => {}
            Family::N if matches!(morph.form, "적" | "일" | "현상" | "발생" | "보고" | "문제") => {
                noun_behind = true
            }
            Family::V if matches!(morph.form, "하" | "되" | "생기" | "나") => {}
            _ => return false,
        }
        if morph.tag == "EF" {
            return false;
        }
    }
    false
}
