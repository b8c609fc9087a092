//! Named features of a text, of a service in it and of a feature word in it, for the linear models.

use std::collections::HashMap;

use meoktong_dictionaries::lexicon::Meaning;
use meoktong_dictionaries::pattern::Family;
use meoktong_dictionaries::{Cue, EdgeKind};
use meoktong_index::morpheme::Morpheme;

use super::Analyser;
use super::facts::{Facts, Timed};
use super::names::{Mention, Who};
use super::report::Assertion;
use super::signal::Found;
use super::text::Zone;
use super::time::{Form, Precision, Relation};

/// Binary features: sorted, each once.
fn once(mut features: Vec<String>) -> Vec<String> {
    features.sort_unstable();
    features.dedup();
    features
}

/// Whether a morpheme carries meaning of its own.
fn is_content(morph: &Morpheme<'_>) -> bool {
    matches!(
        morph.tag,
        "NNG"
            | "NNP"
            | "VV"
            | "VA"
            | "VX"
            | "MAG"
            | "XR"
            | "SL"
            | "UNKNOWN"
            | "VCN"
            | "XSN"
            | "NP"
            | "IC"
            | "MAJ"
            | "MM"
            | "NNB"
    )
}

/// Words of a sentence that carry meaning, names of services replaced by one sign.
fn content<'a>(facts: &'a Facts<'_>, sentence: usize) -> Vec<&'a str> {
    let place = &facts.sentences[sentence];
    let mut words = Vec::new();
    let mut named_until = 0;
    for (at, morph) in place.morphs.iter().enumerate() {
        if at < named_until {
            continue;
        }
        if let Some(mention) =
            facts.mentions.iter().find(|m| m.sentence == sentence && m.from == at && matches!(m.who, Who::Known(_)))
        {
            named_until = mention.to;
            words.push("<svc>");
        } else if is_content(morph) {
            words.push(morph.form);
        }
    }
    words
}

/// What speaks for or against a document being an outage report, in press prose.
#[must_use]
pub fn press(analyser: &Analyser, facts: &Facts<'_>) -> Vec<String> {
    let mut out = vec![format!("kind:{}", facts.kind.as_str())];
    let mut yo = 0;
    let mut prose = 0;
    for (at, sentence) in facts.sentences.iter().enumerate().filter(|(_, s)| s.zone != Zone::Furniture) {
        let zone = sentence.zone.as_str();
        let named = facts.mentions.iter().any(|m| m.sentence == at && matches!(m.who, Who::Known(_)));
        if named {
            out.push(format!("{zone}:svc"));
        }
        let mut live = false;
        for signal in facts.signals.iter().filter(|s| s.sentence == at) {
            out.push(format!("{zone}:sig:{}", signal.assertion.as_str()));
            out.push(format!(
                "{zone}:sym:{}:{}",
                analyser.lexicon.symptoms()[signal.symptom].id,
                if Facts::live(signal) { "live" } else { "not" }
            ));
            live |= Facts::live(signal);
        }
        if live && named {
            out.push(format!("{zone}:svc+live"));
        }
        // Said of something that an app does, or right behind the name of a service? Roads and courts stand still too.
        for signal in facts.signals.iter().filter(|s| s.sentence == at && Facts::live(s)) {
            let clause = sentence.clauses.get(signal.from);
            if facts.words.iter().any(|w| w.sentence == at && sentence.clauses.get(w.from) == clause) {
                out.push(format!("{zone}:feature+live"));
                out.push("feature+live".into());
            }
            for mention in facts.mentions.iter().filter(|m| m.sentence == at && m.to <= signal.from) {
                let kind = if matches!(mention.who, Who::Known(_)) { "known" } else { "unlisted" };
                let same = sentence.clauses.get(mention.from) == clause;
                let particle =
                    sentence.morphs.get(mention.to).filter(|m| m.family == Family::J).map_or("none", |m| m.form);
                if same {
                    out.push(format!("{kind}:same:{particle}"));
                    out.push(format!("{zone}:{kind}:same"));
                }
                if let Who::Known(at) = mention.who {
                    out.push(format!("said_of:{}", analyser.catalogue.services()[at].class));
                }
            }
            out.push(format!(
                "{}:{}",
                analyser.lexicon.symptoms()[signal.symptom].id,
                if signal.to - signal.from > 1 { "full" } else { "bare" }
            ));
        }
        for hit in &sentence.hits {
            if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning {
                out.push(format!("{zone}:cue:{}", cue.as_str()));
                if live {
                    out.push(format!("{zone}:live+cue:{}", cue.as_str()));
                }
            }
        }
        for timed in facts.times.iter().filter(|t| t.sentence == at) {
            let age = facts.published.zip(timed.expr.value).map(|(now, then)| (now - then).num_hours());
            let age = match age {
                _ if timed.expr.form == Form::Duration => "length",
                None => "unknown",
                Some(h) if h < -12 => "future",
                Some(h) if h <= 60 => "now",
                Some(h) if h <= 24 * 14 => "weeks",
                Some(_) => "past",
            };
            out.push(format!("{zone}:time:{age}:{}", timed.expr.precision.as_str()));
            if live {
                out.push(format!("{zone}:live+time:{age}"));
            }
            if timed.expr.relation == Relation::From && timed.expr.precision <= Precision::Hour {
                out.push(format!("{zone}:time:{age}:from"));
            }
        }
        let words = content(facts, at);
        for pair in words.windows(2) {
            out.push(format!("{zone}:w:{} {}", pair[0], pair[1]));
        }
        for word in &words {
            out.push(format!("{}:w:{word}", if sentence.zone == Zone::Body { "body" } else { zone }));
            out.push(format!("w:{word}"));
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
                out.push("body:asks".into());
            }
        } else if sentence.morphs.last().is_some_and(|m| m.form == "?") {
            out.push("title:asks".into());
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
    let past_sentence =
        |at: usize| facts.times.iter().any(|t| t.sentence == at && t.expr.historical && t.expr.form != Form::Duration);
    let body = (0..facts.sentences.len())
        .rev()
        .filter(|&at| !matches!(facts.sentences[at].zone, Zone::Furniture | Zone::Title) && !past_sentence(at));
    let mut told = body.filter_map(states);
    out.push(format!("state:last:{}", told.next().unwrap_or("none")));
    out.push(format!("state:before:{}", told.next().unwrap_or("none")));
    out.push(format!("state:title:{}", states(0).unwrap_or("none")));
    let ended = facts
        .times
        .iter()
        .any(|t| t.expr.form == Form::Range && t.expr.until.is_some() && !t.expr.derived && !t.expr.historical);
    out.push(format!("state:range_ended:{ended}"));
    let after = facts
        .times
        .iter()
        .any(|t| t.expr.form == Form::Duration && t.expr.relation == Relation::After && !t.expr.historical);
    out.push(format!("state:after_length:{after}"));
    let ongoing = facts.times.iter().any(|t| t.expr.relation == Relation::Ongoing && !t.expr.historical);
    out.push(format!("state:for_hours:{ongoing}"));
    let live = facts.signals.iter().filter(|s| Facts::live(s)).count();
    let other = facts.signals.len() - live;
    out.push(format!("live:{}", bucket(live)));
    out.push(format!("not_live:{}", bucket(other)));
    if live > other * 2 {
        out.push("mostly_live".into());
    }
    if other > live * 2 {
        out.push("mostly_not_live".into());
    }
    out.push(format!(
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
    out.push(format!("services:{}", bucket(known.len())));
    once(out)
}

fn bucket(count: usize) -> &'static str {
    match count {
        0 => "0",
        1 => "1",
        2 => "2",
        3..=4 => "3",
        5..=8 => "5",
        _ => "9",
    }
}

/// What speaks for or against a review or a post being one.
#[must_use]
pub fn chatter(analyser: &Analyser, facts: &Facts<'_>) -> Vec<String> {
    let mut out = vec![format!("kind:{}", facts.kind.as_str())];
    let named = facts.mentions.iter().any(|m| matches!(m.who, Who::Known(_)));
    let context = match &facts.about {
        Some(Who::Known(_)) => "about:known",
        Some(Who::Unlisted(_)) => "about:other",
        None if named => "about:named",
        None => "about:nothing",
    };
    out.push(context.to_owned());
    let mut count = 0;
    let mut length = 0;
    for (at, sentence) in facts.sentences.iter().enumerate() {
        for signal in facts.signals.iter().filter(|s| s.sentence == at) {
            let symptom = &analyser.lexicon.symptoms()[signal.symptom].id;
            out.push(format!("sym:{symptom}:{}", signal.assertion.as_str()));
            out.push(format!("sig:{}", signal.assertion.as_str()));
            out.push(format!("sig:{}:{context}", signal.assertion.as_str()));
            count += usize::from(Facts::live(signal));
        }
        for hit in &sentence.hits {
            match analyser.lexicon.entries()[hit.entry].meaning {
                Meaning::Cue(cue) => out.push(format!("cue:{}", cue.as_str())),
                Meaning::Friend => out.push("friend".into()),
                Meaning::Symptom(_) => {}
            }
        }
        let words = content(facts, at);
        length += words.len();
        for word in &words {
            out.push(format!("w:{word}"));
        }
        for pair in words.windows(2) {
            out.push(format!("w:{} {}", pair[0], pair[1]));
        }
        // Pairs that hold a word of meaning, and the endings that close statements: questions and wishes differ in them.
        for pair in sentence.morphs.windows(2).filter(|pair| pair.iter().any(is_content)) {
            out.push(format!("m:{} {}", pair[0].form, pair[1].form));
        }
        for morph in sentence.morphs.iter().filter(|m| m.tag.starts_with("EF") || m.tag == "SF") {
            out.push(format!("e:{}", morph.form));
        }
        for word in facts.words.iter().filter(|w| w.sentence == at) {
            out.push(format!("feature:{}", analyser.names.features()[word.feature].id));
        }
        if !facts.times.iter().all(|t| t.sentence != at) {
            out.push("time".into());
        }
    }
    out.push(format!("live:{}", bucket(count)));
    out.push(format!(
        "length:{}",
        match length {
            0..=2 => "tiny",
            3..=8 => "short",
            9..=25 => "middle",
            _ => "long",
        }
    ));
    if named {
        out.push("named".into());
    }
    once(out)
}

/// What speaks for a reported outage being of now, given that it is a report.
#[must_use]
pub fn current(analyser: &Analyser, facts: &Facts<'_>) -> Vec<String> {
    press(analyser, facts)
        .into_iter()
        .filter(|f| !f.contains(":w:") && !f.starts_with("w:") && !f.contains(":end:"))
        .collect()
}

/// A candidate with what speaks for its having failed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which service.
    pub who: Who,
    /// Features for the model.
    pub features: Vec<String>,
}

/// Every service that a press text names, with what speaks for its having failed.
#[must_use]
pub fn candidates(analyser: &Analyser, facts: &Facts<'_>) -> Vec<Candidate> {
    let whos = facts.candidates();
    let mut places: HashMap<&Who, Vec<&Mention>> = HashMap::new();
    for mention in &facts.mentions {
        places.entry(&mention.who).or_default().push(mention);
    }
    let known: Vec<usize> =
        whos.iter().filter_map(|who| if let Who::Known(at) = who { Some(*at) } else { None }).collect();
    let most = places.values().map(Vec::len).max().unwrap_or(1);
    let title_known = facts
        .mentions
        .iter()
        .any(|m| facts.sentences[m.sentence].zone == Zone::Title && matches!(m.who, Who::Known(_)));
    let single = known.len() == 1;
    whos.iter()
        .enumerate()
        .map(|(order, who)| {
            let mut out = Vec::new();
            let mentions = &places[who];
            for mention in mentions {
                beside(analyser, facts, mention, &mut out);
            }
            match who {
                Who::Known(at) => {
                    let service = &analyser.catalogue.services()[*at];
                    out.push(format!("class:{}", service.class));
                    if single {
                        out.push("only".into());
                    }
                    for other in known.iter().filter(|other| *other != at) {
                        let other = &analyser.catalogue.services()[*other];
                        if analyser
                            .catalogue
                            .providers(&service.id)
                            .any(|edge| edge.provider.service == other.id && edge.kind != EdgeKind::Notify)
                        {
                            out.push("provider_named".into());
                        }
                        if analyser
                            .catalogue
                            .dependents(&service.id)
                            .any(|edge| edge.dependent.service == other.id && edge.kind != EdgeKind::Notify)
                        {
                            out.push("dependent_named".into());
                        }
                        if other.operator == service.operator {
                            out.push("sibling_named".into());
                        }
                    }
                }
                Who::Unlisted(name) => {
                    out.push("unlisted".into());
                    if let Some(last) = name.split_whitespace().next_back() {
                        let tail: String = last.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
                        out.push(format!("unlisted:tail:{tail}"));
                    }
                    out.push(format!("unlisted:words:{}", name.split_whitespace().count()));
                    if known.is_empty() {
                        out.push("unlisted:alone".into());
                    }
                    if title_known {
                        out.push("unlisted:title_known".into());
                    }
                }
            }
            // Named only where the text looks back.
            let beside = |status: &str| out.iter().any(|f: &String| f.starts_with(status));
            if !beside("live:") {
                out.push(if beside("hist:") { "hist_only" } else { "never_live" }.into());
            } else if out.iter().any(|f| f == "beside_past") {
                out.push("live_beside_past".into());
            }
            let unlisted = matches!(who, Who::Unlisted(_));
            // Signs of prominence weigh differently for the subject of a failure and for anybody else.
            let subject = if out.iter().any(|f| f == "subject_live") { "subject" } else { "bystander" };
            if order == 0 {
                out.push(format!("first:{unlisted}:{subject}"));
            }
            if mentions.len() == most {
                out.push(format!("most_named:{unlisted}:{subject}"));
            }
            out.push(format!("times_named:{}:{subject}", bucket(mentions.len())));
            out.push(format!("rivals:{}:{subject}", bucket(known.len())));
            if let Who::Known(at) = who {
                out.push(format!("class:{}:{subject}", analyser.catalogue.services()[*at].class));
            }
            for sign in ["provider_named", "dependent_named", "sibling_named", "hist_only", "never_live", "beside_past"]
            {
                if out.iter().any(|f| f == sign) {
                    out.push(format!("{sign}:{subject}"));
                }
            }
            let features = once(out);
            // Names the catalogue does not hold are judged by the same signs, but apart from the known ones too.
            let features = if unlisted {
                let apart: Vec<String> =
                    features.iter().filter(|f| !f.starts_with("unl")).map(|f| format!("u/{f}")).collect();
                features.into_iter().chain(apart).collect()
            } else {
                features
            };
            Candidate { who: who.clone(), features }
        })
        .collect()
}

/// How one mention stands to the outage expressions and words around it.
fn beside(analyser: &Analyser, facts: &Facts<'_>, mention: &Mention, out: &mut Vec<String>) {
    let sentence = &facts.sentences[mention.sentence];
    let zone = sentence.zone.as_str();
    let morphs = &sentence.morphs;
    out.push(format!("{zone}:in"));
    // A와 B, C가 멈췄다: the members of a list share the place of its last one.
    let (list_end, in_list) = list_end(facts, mention);
    let next = morphs.get(list_end);
    if in_list {
        out.push(format!("{zone}:listed"));
    }
    let role = match next {
        Some(m) if m.family == Family::J => m.form,
        Some(m) if m.family == Family::N && !m.spaced => "compound",
        Some(m) if m.family == Family::N => "noun",
        Some(m) if matches!(m.form, "·" | "," | "ㆍ" | "/") => "list",
        Some(m) if matches!(m.form, "'" | "’" | "\"" | "”" | ")" | "(") => "quote",
        _ => "other",
    };
    out.push(format!("{zone}:role:{role}"));
    let clause = sentence.clauses.get(mention.from).copied().unwrap_or(0);
    let mut live_here = false;
    for signal in facts.signals.iter().filter(|s| s.sentence == mention.sentence) {
        let status = if Facts::live(signal) {
            live_here = true;
            "live"
        } else if signal.assertion == Assertion::Historical {
            "hist"
        } else {
            "not"
        };
        let same = sentence.clauses.get(signal.from) == Some(&clause);
        if signal.from >= list_end
            && same
            && status == "live"
            && matches!(role, "이" | "가" | "은" | "는" | "도" | "에서" | "의" | "compound" | "noun" | "quote")
        {
            out.push("subject_live".into());
            out.push(format!("{zone}:subject_live"));
        }
        if signal.from >= list_end {
            let rival_between = facts.mentions.iter().any(|m| {
                m.sentence == mention.sentence
                    && m.from >= list_end
                    && m.to <= signal.from
                    && m.who != mention.who
                    && matches!(m.who, Who::Known(_))
            });
            let side = if same { "same" } else { "later" };
            out.push(format!("{status}:{side}:{role}"));
            out.push(format!("{zone}:{status}:{side}{}", if rival_between { ":rival" } else { "" }));
            let gap = signal.from - list_end;
            let clean = morphs[list_end..signal.from].iter().all(|m| {
                matches!(m.family, Family::N | Family::X)
                    || matches!(m.form, "의" | "'" | "’" | "·" | "," | "에서" | "이" | "가")
            });
            if clean && gap <= 5 {
                out.push(format!("{status}:adjacent"));
                out.push(format!("{zone}:{status}:adjacent"));
            }
        } else if signal.to <= mention.from {
            let gap = mention.from - signal.to;
            out.push(format!("{status}:behind:{}", if gap <= 3 { "near" } else { "far" }));
            out.push(format!("{zone}:{status}:behind"));
        }
    }
    if !live_here {
        out.push(format!("{zone}:no_live"));
    }
    for hit in &sentence.hits {
        if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning
            && sentence.clauses.get(hit.from) == Some(&clause)
            && matches!(
                cue,
                Cue::Negated
                    | Cue::Restored
                    | Cue::Official
                    | Cue::Crowd
                    | Cue::Historical
                    | Cue::Hypothetical
                    | Cue::Cause
                    | Cue::Aftermath
            )
        {
            out.push(format!("clause:{}{}", cue.as_str(), if hit.from >= mention.to { ":behind" } else { ":before" }));
        }
    }
    // The words right behind tell owner and witness from victim: 이용자, 주가, 관계자, 에 글이 올라왔다.
    let mut seen = 0;
    for morph in morphs[list_end.min(morphs.len())..].iter().take(8) {
        if is_content(morph) && !matches!(morph.tag, "NNP" | "SL") {
            seen += 1;
            out.push(format!("next{}:{}", if seen == 1 { "1" } else { "" }, morph.form));
            if seen == 4 {
                break;
            }
        }
    }
    let before: Vec<_> = morphs[..mention.from].iter().rev().take(4).filter(|m| is_content(m)).take(2).collect();
    for morph in before {
        if !matches!(morph.tag, "NNP" | "SL") {
            out.push(format!("prev:{}", morph.form));
        }
    }
    let first = facts.mentions.iter().find(|m| m.sentence == mention.sentence && matches!(m.who, Who::Known(_)));
    if first.is_some_and(|m| m.who == mention.who) {
        out.push(format!("{zone}:first_in_sentence:{}", if live_here { "live" } else { "calm" }));
    }
    if facts.times.iter().any(|t| t.sentence == mention.sentence && t.expr.historical) {
        out.push("beside_past".into());
    }
}

/// Behind the last member of the list that a mention stands in, and whether it stands in one.
fn list_end(facts: &Facts<'_>, mention: &Mention) -> (usize, bool) {
    let morphs = &facts.sentences[mention.sentence].morphs;
    let mut end = mention.to;
    let mut in_list = false;
    for other in facts.mentions.iter().filter(|m| m.sentence == mention.sentence && m.from >= mention.to) {
        if other.from < end {
            continue;
        }
        let between = &morphs[end.min(other.from)..other.from];
        let joins = between.len() <= 4
            && between.iter().any(|m| {
                matches!(m.form, "와" | "과" | "," | "·" | "ㆍ" | "및" | "이나" | "나" | "하고" | "/" | "에" | "에서")
            })
            && between.iter().all(|m| {
                matches!(m.family, Family::S | Family::X)
                    || matches!(
                        m.form,
                        "와" | "과"
                            | "및"
                            | "이나"
                            | "나"
                            | "하고"
                            | "에"
                            | "이어"
                            | "등"
                            | "은행"
                            | "메신저"
                            | "자회사"
                    )
            });
        if !joins {
            break;
        }
        end = other.to;
        in_list = true;
    }
    let first = facts.mentions.iter().any(|m| {
        m.sentence == mention.sentence
            && m.to <= mention.from
            && mention.from - m.to <= 2
            && morphs[m.to..mention.from]
                .iter()
                .all(|x| matches!(x.form, "와" | "과" | "," | "·" | "ㆍ" | "및" | "이나" | "/"))
            && mention.from > m.to
    });
    (end, in_list || first)
}

/// What speaks for a feature word being a failed feature; `default` stands for a feature nobody named.
#[must_use]
pub fn feature(
    analyser: &Analyser,
    facts: &Facts<'_>,
    id: &str,
    places: &[(usize, usize, usize)],
    class: &str,
) -> Vec<String> {
    let mut out = vec![format!("id:{id}"), format!("class:{class}")];
    if places.is_empty() {
        out.push("unnamed".into());
        out.push(format!("unnamed:{class}:{id}"));
        let named =
            facts.words.iter().any(|w| facts.signals.iter().any(|s| s.sentence == w.sentence && Facts::live(s)));
        out.push(format!("unnamed:others_named:{named}"));
        out.push(format!("unnamed:{class}:others_named:{named}"));
    }
    out.push(format!("named:{}", bucket(places.len())));
    for &(at, from, to) in places {
        let sentence = &facts.sentences[at];
        let zone = sentence.zone.as_str();
        out.push(format!("{zone}:in"));
        let clause = sentence.clauses.get(from);
        let mut live = false;
        // 결제와 입출금이 막혔다: the members of a list share the place of its last one.
        let to = words_end(facts, at, to);
        for signal in facts.signals.iter().filter(|s| s.sentence == at) {
            let status = status(signal);
            live |= status == "live";
            if signal.from <= from && from < signal.to || signal.from < to && to <= signal.to {
                out.push(format!("{status}:inside"));
                out.push(format!("{zone}:{status}:inside"));
                out.push(format!("{id}:{status}:inside"));
            } else if sentence.clauses.get(signal.from) == clause {
                let gap = if signal.from >= to { signal.from - to } else { from.saturating_sub(signal.to) };
                out.push(format!("{status}:gap:{}", bucket(gap)));
                let side = if signal.from >= to { "before" } else { "behind" };
                out.push(format!("{status}:clause:{side}:{}", if gap <= 2 { "near" } else { "far" }));
                out.push(format!("{zone}:{status}:clause"));
                out.push(format!("{id}:{status}:clause"));
            } else {
                out.push(format!("{status}:sentence"));
            }
        }
        if !live {
            out.push(format!("{zone}:no_live"));
        }
        for hit in &sentence.hits {
            if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning
                && sentence.clauses.get(hit.from) == clause
            {
                out.push(format!("clause:{}", cue.as_str()));
            }
        }
        for morph in sentence.morphs[to.min(sentence.morphs.len())..].iter().take(5).filter(|m| is_content(m)).take(2) {
            out.push(format!("next:{}", morph.form));
        }
        if let Some(next) = sentence.morphs.get(to) {
            out.push(format!("role:{}", if next.family == Family::J { next.form } else { "none" }));
        }
        if facts.times.iter().any(|t| t.sentence == at && t.expr.historical && t.expr.form != Form::Duration) {
            out.push("beside_past".into());
        }
    }
    once(out)
}

/// Behind the last feature word of the list that a feature word ends in.
fn words_end(facts: &Facts<'_>, at: usize, to: usize) -> usize {
    let morphs = &facts.sentences[at].morphs;
    let mut end = to;
    for word in facts.words.iter().filter(|w| w.sentence == at && w.from >= to) {
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

fn status(signal: &Found) -> &'static str {
    match signal.assertion {
        Assertion::Affirmed | Assertion::Restored => "live",
        Assertion::Historical => "hist",
        _ => "not",
    }
}

/// What speaks for a time expression being the start of an outage that the text reports as its own.
#[must_use]
pub fn start(analyser: &Analyser, facts: &Facts<'_>, at: usize) -> Vec<String> {
    let timed = &facts.times[at];
    let expr = &timed.expr;
    let sentence = &facts.sentences[timed.sentence];
    let zone = sentence.zone.as_str();
    let precision = expr.precision.as_str();
    let form = format!("{:?}", expr.form).to_lowercase();
    let relation = format!("{:?}", expr.relation).to_lowercase();
    let mut out = vec![
        format!("{zone}:{precision}"),
        format!("form:{form}"),
        format!("relation:{relation}"),
        format!("{precision}:{relation}:{form}"),
        format!("approx:{}", expr.approx),
        format!("past:{}", expr.historical),
        format!("future:{}", expr.future),
        format!("kind:{}", facts.kind.as_str()),
    ];
    if let (Some(now), Some(then)) = (facts.published, expr.value) {
        let hours = (now - then).num_hours();
        out.push(format!(
            "age:{}",
            match hours {
                ..=-1 => "future",
                0..=12 => "half_day",
                13..=36 => "day",
                37..=72 => "days",
                73..=720 => "month",
                _ => "old",
            }
        ));
        if then > now {
            out.push("after_publication".into());
        }
    }
    let clause = sentence.clauses.get(timed.from.min(sentence.clauses.len().saturating_sub(1)));
    let mut nearest = None;
    for signal in facts.signals.iter().filter(|s| s.sentence == timed.sentence) {
        let status = status(signal);
        let same = sentence.clauses.get(signal.from) == clause;
        let behind = signal.from >= timed.from;
        out.push(format!(
            "{status}:{}:{}",
            if same { "same" } else { "other" },
            if behind { "behind" } else { "before" }
        ));
        if behind && nearest.is_none() {
            nearest = Some(status);
        }
    }
    out.push(format!("nearest:{}", nearest.unwrap_or("none")));
    for hit in &sentence.hits {
        if let Meaning::Cue(cue) = analyser.lexicon.entries()[hit.entry].meaning {
            let same = sentence.clauses.get(hit.from) == clause;
            let behind = hit.from >= timed.from;
            out.push(format!(
                "cue:{}:{}:{}",
                cue.as_str(),
                if same { "same" } else { "other" },
                if behind { "behind" } else { "before" }
            ));
        }
    }
    let behind = sentence.morphs.partition_point(|m| (m.start as usize) < expr.end);
    let mut seen = 0;
    for morph in sentence.morphs[behind..].iter().take(14) {
        if is_content(morph) && !matches!(morph.tag, "NNP" | "SL" | "NNB") {
            seen += 1;
            out.push(format!("next:{}", morph.form));
            if seen <= 2 {
                out.push(format!("next1:{}", morph.form));
            }
            if seen == 6 {
                break;
            }
        }
    }
    // Which of the times it is: the first clock time of the text is often the start.
    let earlier_clock = facts.times[..at]
        .iter()
        .filter(|t| t.expr.precision <= Precision::Hour && t.expr.form != Form::Duration)
        .count();
    let earlier = facts.times[..at].iter().filter(|t| t.expr.form != Form::Duration).count();
    out.push(format!("order:{}", bucket(earlier)));
    let own_clocks = || {
        let clock = |t: &&Timed| t.expr.precision <= Precision::Hour && t.expr.form != Form::Duration;
        facts.times.iter().filter(clock).filter(|t| !t.expr.historical)
    };
    if expr.precision <= Precision::Hour {
        out.push(format!("clock_order:{}", bucket(earlier_clock)));
        if expr.value.is_some() && own_clocks().filter_map(|t| t.expr.value).min() == expr.value {
            out.push("earliest_clock".into());
        }
    } else {
        let any_clock = own_clocks().next().is_some();
        out.push(format!("clock_elsewhere:{any_clock}:{precision}"));
    }
    if expr.until.is_some() && !expr.derived {
        out.push("has_end".into());
    }
    once(out)
}
