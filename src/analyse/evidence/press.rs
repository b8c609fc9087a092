//! What the prose of a news article or a notice says.

use meoktong_dictionaries::Cue;
use meoktong_dictionaries::lexicon::Meaning;
use meoktong_dictionaries::pattern::Family;

use super::{bucket, content};
use crate::analyse::Analyser;
use crate::analyse::facts::Facts;
use crate::analyse::linear::Features;
use crate::analyse::names::Who;
use crate::analyse::text::Zone;
use crate::analyse::time::{Form, Precision, Relation};

/// What speaks for or against a document being an outage report, in press prose.
#[must_use]
pub fn press(analyser: &Analyser, facts: &Facts<'_>, named: bool) -> Features {
    let mut out = Features::new(named);
    out.push(format_args!("kind:{}", facts.kind.as_str()));
    let mut yo = 0;
    let mut prose = 0;
    for (at, sentence) in facts.sentences.iter().enumerate().filter(|(_, s)| s.zone != Zone::Furniture) {
        let zone = sentence.zone.as_str();
        let named = facts.mentions_in(at).iter().any(|m| matches!(m.who, Who::Known(_)));
        if named {
            out.push(format_args!("{zone}:svc"));
        }
        let mut live = false;
        for signal in facts.signals_in(at).iter() {
            out.push(format_args!("{zone}:sig:{}", signal.assertion.as_str()));
            out.push(format_args!(
                "{zone}:sym:{}:{}",
                analyser.lexicon.symptoms()[signal.symptom].id,
                if Facts::live(signal) { "live" } else { "not" }
            ));
            live |= Facts::live(signal);
        }
        if live && named {
            out.push(format_args!("{zone}:svc+live"));
        }
        // Said of something that an app does, or right behind the name of a service? Roads and courts stand still too.
        for signal in facts.signals_in(at).iter().filter(|s| Facts::live(s)) {
            let clause = sentence.clauses.get(signal.from);
            if facts.words_in(at).iter().any(|w| sentence.clauses.get(w.from) == clause) {
                out.push(format_args!("{zone}:feature+live"));
                out.push(format_args!("feature+live"));
            }
            for mention in facts.mentions_in(at).iter().filter(|m| m.to <= signal.from) {
                let kind = if matches!(mention.who, Who::Known(_)) { "known" } else { "unlisted" };
                let same = sentence.clauses.get(mention.from) == clause;
                let particle =
                    sentence.morphs.get(mention.to).filter(|m| m.family == Family::J).map_or("none", |m| m.form);
                if same {
                    out.push(format_args!("{kind}:same:{particle}"));
                    out.push(format_args!("{zone}:{kind}:same"));
                }
                if let Who::Known(at) = mention.who {
                    out.push(format_args!("said_of:{}", analyser.catalogue.services()[at].class));
                }
            }
            out.push(format_args!(
                "{}:{}",
                analyser.lexicon.symptoms()[signal.symptom].id,
                if signal.to - signal.from > 1 { "full" } else { "bare" }
            ));
        }
        for hit in &sentence.hits {
            if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning {
                out.push(format_args!("{zone}:cue:{}", cue.as_str()));
                if live {
                    out.push(format_args!("{zone}:live+cue:{}", cue.as_str()));
                }
            }
        }
        for timed in facts.times_in(at).iter() {
            let age = facts.published.zip(timed.expr.value).map(|(now, then)| (now - then).num_hours());
            let age = match age {
                _ if timed.expr.form == Form::Duration => "length",
                None => "unknown",
                Some(h) if h < -12 => "future",
                Some(h) if h <= 60 => "now",
                Some(h) if h <= 24 * 14 => "weeks",
                Some(_) => "past",
            };
            out.push(format_args!("{zone}:time:{age}:{}", timed.expr.precision.as_str()));
            if live {
                out.push(format_args!("{zone}:live+time:{age}"));
            }
            if timed.expr.relation == Relation::From && timed.expr.precision <= Precision::Hour {
                out.push(format_args!("{zone}:time:{age}:from"));
            }
        }
        let words = content(facts, at);
        for pair in words.windows(2) {
            out.push_word(format_args!("{zone}:w:{} {}", pair[0], pair[1]));
        }
        for word in &words {
            out.push_word(format_args!("{}:w:{word}", if sentence.zone == Zone::Body { "body" } else { zone }));
            out.push_word(format_args!("w:{word}"));
        }
        if sentence.zone != Zone::Title {
            prose += 1;
            let polite = sentence
                .morphs
                .iter()
                .rev()
                .take(4)
                .any(|m| m.form.ends_with('요') && (m.tag.starts_with('E') || m.tag == "JX"));
            yo += usize::from(polite);
            if sentence.morphs.last().is_some_and(|m| m.form == "?") {
                out.push(format_args!("body:asks"));
            }
        } else if sentence.morphs.last().is_some_and(|m| m.form == "?") {
            out.push(format_args!("title:asks"));
        }
    }
    // What is said last of its state, and whether the headline says it is over.
    let states = |at: usize| {
        let sentence = facts.sentences.get(at)?;
        let cues = sentence.hits.iter().filter_map(|hit| match analyser.lexicon.entries()[hit.entry].meaning {
            Meaning::Cue(cue @ (Cue::Restored | Cue::NotRestored)) => Some((hit.to, cue, hit.to - hit.from)),
            _ => None,
        });
        cues.max_by_key(|(to, _, length)| (*to, *length)).map(|(_, cue, _)| cue.as_str())
    };
    let body = (0..facts.sentences.len())
        .rev()
        .filter(|&at| !matches!(facts.sentences[at].zone, Zone::Furniture | Zone::Title) && !facts.looks_back(at));
    let mut told = body.filter_map(states);
    out.push(format_args!("state:last:{}", told.next().unwrap_or("none")));
    out.push(format_args!("state:before:{}", told.next().unwrap_or("none")));
    out.push(format_args!("state:title:{}", states(0).unwrap_or("none")));
    let ended = facts
        .times
        .iter()
        .any(|t| t.expr.form == Form::Range && t.expr.until.is_some() && !t.expr.derived && !t.expr.historical);
    out.push(format_args!("state:range_ended:{ended}"));
    let after = facts
        .times
        .iter()
        .any(|t| t.expr.form == Form::Duration && t.expr.relation == Relation::After && !t.expr.historical);
    out.push(format_args!("state:after_length:{after}"));
    let ongoing = facts.times.iter().any(|t| t.expr.relation == Relation::Ongoing && !t.expr.historical);
    out.push(format_args!("state:for_hours:{ongoing}"));
    let live = facts.signals.iter().filter(|s| Facts::live(s)).count();
    let other = facts.signals.len() - live;
    out.push(format_args!("live:{}", bucket(live)));
    out.push(format_args!("not_live:{}", bucket(other)));
    if live > other * 2 {
        out.push(format_args!("mostly_live"));
    }
    if other > live * 2 {
        out.push(format_args!("mostly_not_live"));
    }
    out.push(format_args!(
        "yo:{}",
        if yo * 2 > prose {
            "most"
        } else if yo > 0 {
            "some"
        } else {
            "none"
        }
    ));
    let known: std::collections::BTreeSet<_> =
        facts.mentions.iter().filter(|m| matches!(m.who, Who::Known(_))).map(|m| &m.who).collect();
    out.push(format_args!("services:{}", bucket(known.len())));
    out.finish()
}
