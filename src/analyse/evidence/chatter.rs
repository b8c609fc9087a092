//! What a review or a post says.

use meoktong_dictionaries::lexicon::Meaning;

use super::{bucket, content, is_content};
use crate::analyse::Analyser;
use crate::analyse::facts::Facts;
use crate::analyse::linear::Features;
use crate::analyse::names::Who;

/// What speaks for or against a review or a post being one.
#[must_use]
pub fn chatter(analyser: &Analyser, facts: &Facts<'_>, named: bool) -> Features {
    let mut out = Features::new(named);
    out.push(format_args!("kind:{}", facts.kind.as_str()));
    let named = facts.mentions.iter().any(|m| matches!(m.who, Who::Known(_)));
    let context = match &facts.about {
        Some(Who::Known(_)) => "about:known",
        Some(Who::Unlisted(_)) => "about:other",
        None if named => "about:named",
        None => "about:nothing",
    };
    out.push(format_args!("{context}"));
    let mut count = 0;
    let mut length = 0;
    for (at, sentence) in facts.sentences.iter().enumerate() {
        for signal in facts.signals_in(at).iter() {
            let symptom = &analyser.lexicon.symptoms()[signal.symptom].id;
            out.push(format_args!("sym:{symptom}:{}", signal.assertion.as_str()));
            out.push(format_args!("sig:{}", signal.assertion.as_str()));
            out.push(format_args!("sig:{}:{context}", signal.assertion.as_str()));
            count += usize::from(Facts::live(signal));
        }
        for hit in &sentence.hits {
            match analyser.lexicon.entries()[hit.entry].meaning {
                Meaning::Cue(cue) => out.push(format_args!("cue:{}", cue.as_str())),
                Meaning::Friend => out.push(format_args!("friend")),
                Meaning::Symptom(_) => {}
            }
        }
        let words = content(facts, at);
        length += words.len();
        for word in &words {
            out.push(format_args!("w:{word}"));
        }
        for pair in words.windows(2) {
            out.push(format_args!("w:{} {}", pair[0], pair[1]));
        }
        // Pairs that hold a word of meaning, and the endings that close statements: questions and wishes differ in them.
        for pair in sentence.morphs.windows(2).filter(|pair| pair.iter().any(is_content)) {
            out.push(format_args!("m:{} {}", pair[0].form, pair[1].form));
        }
        for morph in sentence.morphs.iter().filter(|m| m.tag.starts_with("EF") || m.tag == "SF") {
            out.push(format_args!("e:{}", morph.form));
        }
        for word in facts.words_in(at).iter() {
            out.push(format_args!("feature:{}", analyser.names.features()[word.feature].id));
        }
        if !facts.times.iter().all(|t| t.sentence != at) {
            out.push(format_args!("time"));
        }
    }
    out.push(format_args!("live:{}", bucket(count)));
    out.push(format_args!(
        "length:{}",
        match length {
            0..=2 => "tiny",
            3..=8 => "short",
            9..=25 => "middle",
            _ => "long",
        }
    ));
    if named {
        out.push(format_args!("named"));
    }
    out.finish()
}
