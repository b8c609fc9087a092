//! Whether the outage that a text reports goes on or is over.

use meoktong_dictionaries::Cue;
use meoktong_dictionaries::lexicon::Meaning;
use meoktong_index::morpheme::Morpheme;

use super::{bucket, is_content};
use crate::analyse::Analyser;
use crate::analyse::facts::Facts;
use crate::analyse::linear::Features;
use crate::analyse::text::Zone;
use crate::analyse::time::{Form, Precision, Relation};

/// Adverbs and nouns that place a state in time.
const PLACES: [&str; 20] = [
    "현재",
    "지금",
    "아직",
    "여전히",
    "여전",
    "한때",
    "일시",
    "일시적",
    "잠시",
    "이후",
    "곧",
    "곧바로",
    "계속",
    "밤새",
    "순차",
    "점차",
    "완전히",
    "모두",
    "또",
    "이어지",
];

/// What speaks for an outage having been restored or going on, from the sentences that do not look back at earlier ones.
#[must_use]
pub fn state(analyser: &Analyser, facts: &Facts<'_>, named: bool) -> Features {
    let mut out = Features::new(named);
    out.push(format_args!("kind:{}", facts.kind.as_str()));
    let own: Vec<usize> = (0..facts.sentences.len())
        .filter(|&at| facts.sentences[at].zone != Zone::Furniture && !facts.looks_back(at))
        .collect();
    let mut told = Vec::new();
    let mut tenses = Vec::new();
    for (nth, &at) in own.iter().enumerate() {
        let sentence = &facts.sentences[at];
        let zone = sentence.zone.as_str();
        let late = if nth + 2 >= own.len() { "late" } else { "early" };
        for signal in facts.signals_in(at).iter().filter(|s| Facts::live(s)) {
            let tense = tense(&sentence.morphs, &sentence.clauses, signal.to);
            out.push(format_args!("{zone}:live:{tense}"));
            tenses.push(tense);
        }
        let live = facts.signals_in(at).iter().any(Facts::live);
        let mut last_cue = None;
        for hit in &sentence.hits {
            let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning else { continue };
            if !matches!(cue, Cue::Restored | Cue::NotRestored | Cue::Planned | Cue::Aftermath | Cue::Cause) {
                continue;
            }
            let tense = tense(&sentence.morphs, &sentence.clauses, hit.to);
            out.push(format_args!("{zone}:{}", cue.as_str()));
            out.push(format_args!("{}:{tense}", cue.as_str()));
            out.push(format_args!("{late}:{}:{tense}", cue.as_str()));
            if matches!(cue, Cue::Restored | Cue::NotRestored) {
                if last_cue.is_none_or(|(to, _)| hit.to >= to) {
                    last_cue = Some((hit.to, (cue, tense)));
                }
                // The words of the clause that tells of the state.
                let clause = sentence.clauses.get(hit.from);
                for (morph, _) in sentence
                    .morphs
                    .iter()
                    .zip(&sentence.clauses)
                    .filter(|(m, c)| Some(*c) == clause && is_content(m) && !matches!(m.tag, "NNP" | "SL"))
                {
                    out.push(format_args!("beside:{}:{}", cue.as_str(), morph.form));
                }
            }
        }
        if let Some((_, (cue, tense))) = last_cue {
            told.push(format!("{}:{tense}", cue.as_str()));
        }
        for morph in &sentence.morphs {
            if PLACES.contains(&morph.form) {
                out.push(format_args!("{}:{}", if live { "live" } else { "calm" }, morph.form));
                out.push(format_args!("{late}:{}", morph.form));
                if sentence.zone == Zone::Title {
                    out.push(format_args!("title:{}", morph.form));
                }
            }
        }
        // How the text closes.
        if nth + 1 == own.len() {
            for morph in sentence.morphs.iter().filter(|m| is_content(m) && !matches!(m.tag, "NNP" | "SL")) {
                out.push(format_args!("closes:{}", morph.form));
            }
        }
        if sentence.zone == Zone::Title {
            for morph in sentence.morphs.iter().filter(|m| is_content(m) && !matches!(m.tag, "NNP" | "SL")) {
                out.push(format_args!("headline:{}", morph.form));
            }
        }
        for timed in facts.times_in(at) {
            let restored =
                sentence.hits.iter().any(|hit| analyser.is_cue(hit, Cue::Restored) && hit.from >= timed.from);
            if timed.expr.precision <= Precision::Hour && timed.expr.form != Form::Duration && restored {
                out.push(format_args!("clock_restored"));
            }
            if timed.expr.form == Form::Duration {
                out.push(format_args!("length:{}", format!("{:?}", timed.expr.relation).to_lowercase()));
            } else {
                out.push(format_args!("time:{}:{live}", format!("{:?}", timed.expr.relation).to_lowercase()));
            }
        }
    }
    out.push(format_args!("last:{}", told.last().map_or("none", String::as_str)));
    out.push(format_args!("before:{}", told.iter().rev().nth(1).map_or("none", String::as_str)));
    out.push(format_args!("first:{}", told.first().map_or("none", String::as_str)));
    out.push(format_args!("states:{}", bucket(told.len())));
    out.push(format_args!("tense:first:{}", tenses.first().unwrap_or(&"none")));
    out.push(format_args!("tense:last:{}", tenses.last().unwrap_or(&"none")));
    let own_time = |wanted: &dyn Fn(&super::super::facts::Timed) -> bool| {
        own.iter().any(|&at| facts.times_in(at).iter().any(wanted))
    };
    let ended = own_time(&|t| t.expr.form == Form::Range && t.expr.until.is_some() && !t.expr.derived);
    out.push(format_args!("range_ended:{ended}"));
    let known = own_time(&|t| t.expr.form == Form::Duration && t.expr.relation == Relation::After);
    out.push(format_args!("after_length:{known}"));
    let still = own_time(&|t| t.expr.relation == Relation::Ongoing || t.expr.relation == Relation::AsOf);
    out.push(format_args!("still:{still}"));
    // What was published hours after the first clock time told most often knows the end.
    let first = own
        .iter()
        .flat_map(|&at| facts.times_in(at))
        .filter(|t| t.expr.precision <= Precision::Hour && t.expr.form != Form::Duration)
        .filter_map(|t| t.expr.value)
        .min();
    if let (Some(now), Some(then), false) = (facts.published, first, facts.day_only) {
        out.push(format_args!("published:{}", bucket((now - then).num_hours().max(0) as usize)));
    }
    out.finish()
}

/// How a statement that ends at a morpheme goes on in its clause: 하고 있다 "going on", 했다 "past", else "now".
fn tense(morphs: &[Morpheme<'_>], clauses: &[u16], to: usize) -> &'static str {
    let Some(clause) = to.checked_sub(1).and_then(|last| clauses.get(last)) else { return "now" };
    let behind = (to.saturating_sub(1)..morphs.len()).take_while(|&at| clauses[at] == *clause).take(8);
    let mut past = false;
    for at in behind {
        let morph = &morphs[at];
        if at > 0 && morph.form == "있" && morphs[at - 1].form.ends_with('고') {
            return "going_on";
        }
        if morph.form == "중" && morph.tag == "NNB" {
            return "going_on";
        }
        past |= morph.tag.contains("EP")
            && morph.form.chars().last().is_some_and(|c| (c as u32).wrapping_sub(0xAC00) % 28 == 20);
    }
    if past { "past" } else { "now" }
}

#[cfg(test)]
mod tests {
    use meoktong_index::morpheme::Workspace;

    use super::*;

    fn tense_of(text: &str, word: &str) -> &'static str {
        let analyser = Analyser::bundled().unwrap();
        let mut morphs = Vec::new();
        analyser.analyzer.morphemes(text, 0, &mut Workspace::default(), &mut morphs);
        let clauses = crate::analyse::text::clauses(&morphs);
        let end = text.find(word).unwrap() + word.len();
        let to = morphs.partition_point(|m| (m.start as usize) < end);
        tense(&morphs, &clauses, to)
    }

    #[test]
    fn the_tense_of_a_statement_is_read_behind_it() {
        assert_eq!(tense_of("현재 서버를 복구하고 있다.", "복구"), "going_on");
        assert_eq!(tense_of("오전 10시에 복구됐다.", "복구"), "past");
        assert_eq!(tense_of("긴급 복구 중이다.", "복구"), "going_on");
        assert_eq!(tense_of("앱이 열리지 않는다.", "열리지 않"), "now");
    }
}
