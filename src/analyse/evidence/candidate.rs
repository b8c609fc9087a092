//! How a service stands in a text: did it fail, or is it only named?

use std::collections::HashMap;

use meoktong_dictionaries::lexicon::Meaning;
use meoktong_dictionaries::pattern::Family;
use meoktong_dictionaries::{Cue, EdgeKind};

use super::{bucket, is_content};
use crate::analyse::Analyser;
use crate::analyse::attribute::APART;
use crate::analyse::facts::Facts;
use crate::analyse::linear::Features;
use crate::analyse::names::{Mention, Who};
use crate::analyse::report::Assertion;
use crate::analyse::text::Zone;

/// A candidate with what speaks for its having failed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which service.
    pub who: Who,
    /// Features for the model.
    pub features: Features,
    /// Whether a sentence that names it tells of a failure, or the headline or the lead names it.
    pub blamed: bool,
}

/// Every service that a press text names, with what speaks for its having failed.
#[must_use]
pub fn candidates(analyser: &Analyser, facts: &Facts<'_>, named: bool) -> Vec<Candidate> {
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
            let unlisted = matches!(who, Who::Unlisted(_));
            // Names the catalogue does not hold are judged by the same signs, but apart from the known ones too.
            let mut out = if unlisted { Features::twice(named) } else { Features::new(named) };
            let mentions = &places[who];
            let mut best = (false, 0);
            let (mut live, mut historical) = (false, false);
            for mention in mentions {
                let level = beside(analyser, facts, mention, &mut out);
                best = best.max((!facts.looks_back(mention.sentence), level));
                live |= facts.signals_in(mention.sentence).iter().any(Facts::live);
                historical |= facts.signals_in(mention.sentence).iter().any(|s| s.assertion == Assertion::Historical);
            }
            let blamed = best.1 > 0 || mentions.iter().any(|m| facts.sentences[m.sentence].zone <= Zone::Lead);
            // The one mention that blames most, whatever the others say; names in passing do not wash it out.
            let best = format!("best:{}{}", if best.0 { "" } else { "past" }, best.1);
            let class = if let Who::Known(at) = who { &analyser.catalogue.services()[*at].class } else { "unlisted" };
            out.push(format_args!("{best}:{class}"));
            out.push(format_args!("{best}:named:{}", bucket(mentions.len())));
            out.push(format_args!("{best}:rivals:{}", bucket(known.len())));
            out.push(format_args!("{best}"));
            match who {
                Who::Known(at) => {
                    let service = &analyser.catalogue.services()[*at];
                    out.push(format_args!("class:{}", service.class));
                    if single {
                        out.push(format_args!("only"));
                    }
                    for &place in known.iter().filter(|other| *other != at) {
                        let other = &analyser.catalogue.services()[place];
                        if analyser
                            .catalogue
                            .providers(&service.id)
                            .any(|edge| edge.provider.service == other.id && edge.kind != EdgeKind::Notify)
                        {
                            out.push(format_args!("provider_named"));
                        }
                        if analyser
                            .catalogue
                            .dependents(&service.id)
                            .any(|edge| edge.dependent.service == other.id && edge.kind != EdgeKind::Notify)
                        {
                            out.push(format_args!("dependent_named"));
                        }
                        if other.operator == service.operator {
                            out.push(format_args!("sibling_named"));
                        }
                        // 네이버 카페 접속 오류: the part says better than the whole what failed.
                        if other.name.starts_with(&service.name) {
                            let titled = places[&Who::Known(place)]
                                .iter()
                                .any(|m| facts.sentences[m.sentence].zone == Zone::Title);
                            out.push(format_args!("part_named:{titled}"));
                        }
                        if service.name.starts_with(&other.name) {
                            let titled = mentions.iter().any(|m| facts.sentences[m.sentence].zone == Zone::Title);
                            out.push(format_args!("whole_named:{titled}"));
                        }
                    }
                }
                Who::Unlisted(name) => {
                    out.push(format_args!("unlisted"));
                    if let Some(last) = name.split_whitespace().next_back() {
                        let tail: String = last.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
                        out.push(format_args!("unlisted:tail:{tail}"));
                    }
                    out.push(format_args!("unlisted:words:{}", name.split_whitespace().count()));
                    if known.is_empty() {
                        out.push(format_args!("unlisted:alone"));
                    }
                    if title_known {
                        out.push(format_args!("unlisted:title_known"));
                    }
                }
            }
            // Named only where the text looks back.
            if !live {
                out.push(format_args!("{}", if historical { "hist_only" } else { "never_live" }));
            } else if out.has("beside_past") {
                out.push(format_args!("live_beside_past"));
            }
            // Signs of prominence weigh differently for the subject of a failure and for anybody else.
            let subject = if out.has("subject_live") { "subject" } else { "bystander" };
            if order == 0 {
                out.push(format_args!("first:{unlisted}:{subject}"));
            }
            if mentions.len() == most {
                out.push(format_args!("most_named:{unlisted}:{subject}"));
            }
            out.push(format_args!("times_named:{}:{subject}", bucket(mentions.len())));
            out.push(format_args!("rivals:{}:{subject}", bucket(known.len())));
            if let Who::Known(at) = who {
                out.push(format_args!("class:{}:{subject}", analyser.catalogue.services()[*at].class));
            }
            for sign in ["provider_named", "dependent_named", "sibling_named", "hist_only", "never_live", "beside_past"]
            {
                if out.has(sign) {
                    out.push(format_args!("{sign}:{subject}"));
                }
            }
            Candidate { who: who.clone(), features: out.finish(), blamed }
        })
        .collect()
}

/// How one mention stands to the outage expressions and words around it.
///
/// Returns how strongly this mention blames the service: 5 subject right before a live expression, 4 subject of its
/// clause, 3 before one, 2 in its sentence, 1 "X too" behind a sentence that tells of a failure, 0 none of these.
fn beside(analyser: &Analyser, facts: &Facts<'_>, mention: &Mention, out: &mut Features) -> u8 {
    let sentence = &facts.sentences[mention.sentence];
    let zone = sentence.zone.as_str();
    let morphs = &sentence.morphs;
    out.push(format_args!("{zone}:in"));
    // A와 B, C가 멈췄다: the members of a list share the place of its last one.
    let (list_end, in_list) = list_end(facts, mention);
    let next = morphs.get(list_end);
    if in_list {
        out.push(format_args!("{zone}:listed"));
    }
    let role = match next {
        Some(m) if m.family == Family::J => m.form,
        Some(m) if m.family == Family::N && !m.spaced => "compound",
        Some(m) if m.family == Family::N => "noun",
        Some(m) if matches!(m.form, "·" | "," | "ㆍ" | "/") => "list",
        Some(m) if matches!(m.form, "'" | "’" | "\"" | "”" | ")" | "(") => "quote",
        _ => "other",
    };
    out.push(format_args!("{zone}:role:{role}"));
    let clause = sentence.clauses.get(mention.from).copied().unwrap_or(0);
    // 트위터 등에는 먹통을 호소하는 글이 잇따랐다: the place where people complain is no victim.
    let behind = &morphs[list_end.min(morphs.len())..];
    let place =
        behind.iter().find(|m| m.form != "등").is_some_and(|m| m.family == Family::J && m.form.starts_with('에'));
    let witness = place
        && behind
            .iter()
            .any(|m| matches!(m.form, "글" | "게시" | "게시물" | "제보" | "호소" | "반응" | "불만" | "신고" | "댓글"));
    // 공식 트위터는 장애가 났다고 했다: so is the channel over which somebody speaks.
    let witness = witness || mention.from.checked_sub(1).is_some_and(|at| morphs[at].form == "공식");
    if witness {
        out.push(format_args!("witness"));
    }
    // …도 먹통이었다는 말이 있었으나 장애가 없었다고 반박했다: an operator's denial is believed.
    let negated = sentence.hits.iter().any(|hit| hit.from >= mention.to && analyser.is_cue(hit, Cue::Negated))
        || facts.signals_in(mention.sentence).iter().any(|s| s.assertion == Assertion::Negated);
    let denied = negated && morphs[mention.to..].iter().any(|m| matches!(m.form, "반박" | "부인" | "일축" | "해명"));
    if negated {
        out.push(format_args!("denied"));
    }
    if morphs.iter().any(|m| APART.contains(&m.form)) {
        out.push(format_args!("apart"));
    }
    let excused = witness || denied;
    let mut live_here = false;
    let mut level = 0;
    for signal in facts.signals_in(mention.sentence).iter() {
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
            && !excused
            && matches!(role, "이" | "가" | "은" | "는" | "도" | "에서" | "의" | "compound" | "noun" | "quote")
        {
            out.push(format_args!("subject_live"));
            out.push(format_args!("{zone}:subject_live"));
        }
        if signal.from >= list_end {
            let rival_between = facts.mentions_in(mention.sentence).iter().any(|m| {
                m.from >= list_end && m.to <= signal.from && m.who != mention.who && matches!(m.who, Who::Known(_))
            });
            let side = if same { "same" } else { "later" };
            if status == "live" && !excused {
                let subject =
                    matches!(role, "이" | "가" | "은" | "는" | "도" | "에서" | "의" | "compound" | "noun" | "quote");
                let near = morphs[list_end..signal.from].iter().filter(|m| is_content(m)).count() <= 3;
                level = level.max(match (same && !rival_between, subject, near) {
                    (true, true, true) => 5,
                    (true, true, false) => 4,
                    (true, false, _) => 3,
                    (false, ..) => 2,
                });
            }
            out.push(format_args!("{status}:{side}:{role}"));
            out.push(format_args!("{zone}:{status}:{side}{}", if rival_between { ":rival" } else { "" }));
            let gap = signal.from - list_end;
            let clean = morphs[list_end..signal.from].iter().all(|m| {
                matches!(m.family, Family::N | Family::X)
                    || matches!(m.form, "의" | "'" | "’" | "·" | "," | "에서" | "이" | "가")
            });
            if clean && gap <= 5 {
                out.push(format_args!("{status}:adjacent"));
                out.push(format_args!("{zone}:{status}:adjacent"));
            }
        } else if signal.to <= mention.from {
            let gap = mention.from - signal.to;
            if status == "live" && !excused {
                level = level.max(2);
            }
            out.push(format_args!("{status}:behind:{}", if gap <= 3 { "near" } else { "far" }));
            out.push(format_args!("{zone}:{status}:behind"));
        }
    }
    if !live_here {
        out.push(format_args!("{zone}:no_live"));
        // 토스도 마찬가지다: the failure is that of the sentence before.
        let too = role == "도" || morphs.iter().any(|m| matches!(m.form, "마찬가지" | "역시"));
        let before = mention.sentence.checked_sub(1).is_some_and(|at| facts.signals_in(at).iter().any(Facts::live));
        // 업비트 원화 입출금도 재개됐다: what is back was gone.
        let back = sentence.hits.iter().any(|hit| hit.from >= list_end && analyser.is_cue(hit, Cue::Restored));
        if too && before || back {
            level = level.max(1);
            out.push(format_args!("{}", if back { "back" } else { "too" }));
        }
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
            out.push(format_args!(
                "clause:{}{}",
                cue.as_str(),
                if hit.from >= mention.to { ":behind" } else { ":before" }
            ));
        }
    }
    // The words right behind tell owner and witness from victim: 이용자, 주가, 관계자, 에 글이 올라왔다.
    let mut seen = 0;
    for morph in morphs[list_end.min(morphs.len())..].iter().take(8) {
        if is_content(morph) && !matches!(morph.tag, "NNP" | "SL") {
            seen += 1;
            out.push(format_args!("next{}:{}", if seen == 1 { "1" } else { "" }, morph.form));
            if seen == 4 {
                break;
            }
        }
    }
    let before: Vec<_> = morphs[..mention.from].iter().rev().take(4).filter(|m| is_content(m)).take(2).collect();
    for morph in before {
        if !matches!(morph.tag, "NNP" | "SL") {
            out.push(format_args!("prev:{}", morph.form));
        }
    }
    let first = facts.mentions_in(mention.sentence).iter().find(|m| matches!(m.who, Who::Known(_)));
    if first.is_some_and(|m| m.who == mention.who) {
        out.push(format_args!("{zone}:first_in_sentence:{}", if live_here { "live" } else { "calm" }));
    }
    if facts.times_in(mention.sentence).iter().any(|t| t.expr.historical) {
        out.push(format_args!("beside_past"));
    }
    level
}

/// Behind the last member of the list that a mention stands in, and whether it stands in one.
pub fn list_end(facts: &Facts<'_>, mention: &Mention) -> (usize, bool) {
    let morphs = &facts.sentences[mention.sentence].morphs;
    let mut end = mention.to;
    let mut in_list = false;
    for other in facts.mentions_in(mention.sentence).iter().filter(|m| m.from >= mention.to) {
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
    let first = facts.mentions_in(mention.sentence).iter().any(|m| {
        m.to <= mention.from
            && mention.from - m.to <= 2
            && morphs[m.to..mention.from]
                .iter()
                .all(|x| matches!(x.form, "와" | "과" | "," | "·" | "ㆍ" | "및" | "이나" | "/"))
            && mention.from > m.to
    });
    (end, in_list || first)
}
