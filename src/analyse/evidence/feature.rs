//! How a feature word stands in a text: did that feature fail?

use meoktong_dictionaries::lexicon::Meaning;
use meoktong_dictionaries::pattern::Family;

use super::{bucket, is_content, status};
use crate::analyse::Analyser;
use crate::analyse::attribute::main_feature;
use crate::analyse::facts::Facts;
use crate::analyse::linear::Features;

/// What speaks for a feature word being a failed feature; `default` stands for a feature nobody named.
#[must_use]
pub fn feature(
    analyser: &Analyser,
    facts: &Facts<'_>,
    id: &str,
    places: &[(usize, usize, usize)],
    class: &str,
    named: bool,
) -> Features {
    let mut out = Features::new(named);
    out.push(format_args!("id:{id}"));
    out.push(format_args!("class:{class}"));
    if places.is_empty() {
        out.push(format_args!("unnamed"));
        out.push(format_args!("unnamed:{class}:{id}"));
        let named = facts.words.iter().any(|w| facts.signals_in(w.sentence).iter().any(Facts::live));
        out.push(format_args!("unnamed:others_named:{named}"));
        out.push(format_args!("unnamed:{class}:others_named:{named}"));
    }
    if id == main_feature(class) {
        whole(facts, class, &mut out);
    }
    out.push(format_args!("named:{}", bucket(places.len())));
    for &(at, from, to) in places {
        let sentence = &facts.sentences[at];
        let zone = sentence.zone.as_str();
        out.push(format_args!("{zone}:in"));
        let clause = sentence.clauses.get(from);
        let mut live = false;
        // 결제와 입출금이 막혔다: the members of a list share the place of its last one.
        let to = words_end(facts, at, to);
        for signal in facts.signals_in(at).iter() {
            let status = status(signal);
            live |= status == "live";
            if status == "live" {
                out.push(format_args!("{id}:symptom:{}", analyser.lexicon.symptoms()[signal.symptom].id));
            }
            if signal.from <= from && from < signal.to || signal.from < to && to <= signal.to {
                out.push(format_args!("{status}:inside"));
                out.push(format_args!("{zone}:{status}:inside"));
                out.push(format_args!("{id}:{status}:inside"));
            } else if sentence.clauses.get(signal.from) == clause {
                let gap = if signal.from >= to { signal.from - to } else { from.saturating_sub(signal.to) };
                out.push(format_args!("{status}:gap:{}", bucket(gap)));
                // 선물하기도 안 된다, 결제가 '먹통': nothing but particles and signs stands between.
                let bare = signal.from >= to
                    && sentence.morphs[to..signal.from]
                        .iter()
                        .all(|m| matches!(m.family, Family::J | Family::S) || m.tag == "MAG");
                if bare {
                    out.push(format_args!("{status}:adjacent"));
                    out.push(format_args!("{id}:{status}:adjacent"));
                }
                let side = if signal.from >= to { "before" } else { "behind" };
                out.push(format_args!("{status}:clause:{side}:{}", if gap <= 2 { "near" } else { "far" }));
                out.push(format_args!("{zone}:{status}:clause"));
                out.push(format_args!("{id}:{status}:clause"));
            } else {
                out.push(format_args!("{status}:sentence"));
            }
        }
        if !live {
            out.push(format_args!("{zone}:no_live"));
        }
        for hit in &sentence.hits {
            if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning
                && sentence.clauses.get(hit.from) == clause
            {
                out.push(format_args!("clause:{}", cue.as_str()));
            }
        }
        for morph in sentence.morphs[to.min(sentence.morphs.len())..].iter().take(5).filter(|m| is_content(m)).take(2) {
            out.push(format_args!("next:{}", morph.form));
        }
        if let Some(next) = sentence.morphs.get(to) {
            out.push(format_args!("role:{}", if next.family == Family::J { next.form } else { "none" }));
        }
        if facts.looks_back(at) {
            out.push(format_args!("beside_past"));
        }
    }
    out.finish()
}

/// What speaks for a service as a whole having failed, where no word names its main feature: 앱이 먹통, 서버 다운.
fn whole(facts: &Facts<'_>, class: &str, out: &mut Features) {
    for (at, sentence) in facts.sentences.iter().enumerate() {
        if facts.looks_back(at) {
            continue;
        }
        for signal in facts.signals_in(at).iter().filter(|s| Facts::live(s)) {
            let zone = sentence.zone.as_str();
            let clause = sentence.clauses.get(signal.from);
            let narrowed = facts
                .words_in(at)
                .iter()
                .any(|w| sentence.clauses.get(w.from) == clause && w.from <= signal.to && signal.from <= w.to + 6);
            out.push(format_args!("whole:{zone}:{}", if narrowed { "narrowed" } else { "bare" }));
            let thing = sentence.morphs[signal.from.saturating_sub(6)..signal.to].iter().rev().find(|m| {
                matches!(
                    m.form,
                    "앱" | "어플"
                        | "서버"
                        | "홈페이지"
                        | "사이트"
                        | "서비스"
                        | "시스템"
                        | "전산"
                        | "망"
                        | "뱅킹"
                )
            });
            if let Some(thing) = thing {
                out.push(format_args!("whole:{}", thing.form));
                out.push(format_args!("whole:{}:{class}", thing.form));
            }
        }
    }
}

/// Behind the last feature word of the list that a feature word ends in.
fn words_end(facts: &Facts<'_>, at: usize, to: usize) -> usize {
    let morphs = &facts.sentences[at].morphs;
    let mut end = to;
    for word in facts.words_in(at).iter().filter(|w| w.from >= to) {
        if word.from < end {
            end = end.max(word.to);
            continue;
        }
        let between = &morphs[end..word.from];
        let joins = !between.is_empty()
            && between.len() <= 4
            && between.iter().any(|m| {
                matches!(
                    m.form,
                    "와" | "과" | "," | "·" | "ㆍ" | "및" | "이나" | "나" | "하고" | "/" | "도" | "은" | "는" | "물론"
                )
            })
            && between.iter().all(|m| {
                matches!(m.family, Family::S | Family::X | Family::N)
                    || matches!(
                        m.form,
                        "물론" | "하" | "기" | "와" | "과" | "및" | "이나" | "나" | "하고" | "도" | "은" | "는"
                    )
            });
        if !joins {
            break;
        }
        end = word.to;
    }
    end
}
