//! The cause of an outage in the text's own words.

use meoktong_dictionaries::Cue;
use meoktong_dictionaries::pattern::Family;
use meoktong_index::morpheme::Morpheme;

use super::Analyser;
use super::facts::Facts;
use super::text::{Sentence, Zone};

/// The cause that the sentences `from..to` state, the last stated one first: a corrected cause outweighs the first.
#[must_use]
pub fn find(
    analyser: &Analyser,
    facts: &Facts<'_>,
    text: &str,
    sentences: impl DoubleEndedIterator<Item = usize>,
) -> Option<String> {
    sentences
        .rev()
        .filter(|&at| facts.sentences[at].zone != Zone::Furniture)
        .filter(|&at| {
            facts.has_cue(analyser, at, Cue::Cause)
                || facts.has_cue(analyser, at, Cue::Official)
                || !facts.signals_in(at).is_empty()
        })
        .find_map(|at| stated(&facts.sentences[at], text))
}

/// Reads `원인은 X`, `X 때문`, `X 탓`, `X로 인해`, `X 여파`, `X에 따른`, `X가 원인`.
fn stated(sentence: &Sentence<'_>, text: &str) -> Option<String> {
    let morphs = &sentence.morphs;
    for (at, morph) in morphs.iter().enumerate() {
        let particle = morphs.get(at + 1).map(|m| m.form);
        let denied = || morphs[at..].iter().take(6).any(|m| matches!(m.form, "아니" | "무관" | "아닌"));
        let unknown = || {
            morphs[at..]
                .iter()
                .take(6)
                .any(|m| matches!(m.form, "파악" | "조사" | "확인" | "모르" | "분석" | "규명" | "밝히"))
        };
        match morph.form {
            "원인" if matches!(particle, Some("은" | "는")) && !unknown() => {
                if let Some(cause) = phrase_behind(sentence, at + 2, text) {
                    return Some(cause);
                }
            }
            "원인" | "이유" if matches!(particle, Some("으로" | "로" | "이" | "라고")) && !unknown() && !denied() => {
                if let Some(cause) = phrase_before(sentence, at, text) {
                    return Some(cause);
                }
            }
            "때문" | "탓" | "여파" if !denied() => {
                if let Some(cause) = phrase_before(sentence, at, text) {
                    return Some(cause);
                }
            }
            "인하" if !denied() => {
                if let Some(cause) = phrase_before(sentence, at, text) {
                    return Some(cause);
                }
            }
            "따르" if morphs.get(at + 1).is_some_and(|m| m.form == "ㄴ") && !denied() => {
                if let Some(cause) = phrase_before(sentence, at, text) {
                    return Some(cause);
                }
            }
            "오류" | "장애" | "문제" | "고장" | "과부하" | "화재" | "결함" | "버그" | "공격" | "이상" | "폭주"
            | "불량"
                if said_to_be(&morphs[at + 1..]) && !denied() =>
            {
                if let Some(cause) = phrase_before(sentence, at + 1, text) {
                    return Some(cause);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a speaker says that it was the noun before: 오류로 확인됐다, 오류"라고 설명했다, "오류였다"며 사과했다.
fn said_to_be(behind: &[Morpheme<'_>]) -> bool {
    let mut rest = behind.iter().skip_while(|m| m.family == Family::S && m.tag != "SF").peekable();
    let Some(copula) = rest.next() else { return false };
    if !(copula.tag.starts_with("VC")
        || matches!(copula.form, "이" | "라고" | "이라고" | "였" | "이었" | "로" | "으로"))
    {
        return false;
    }
    let quoted = copula.tag.starts_with("VC") || matches!(copula.form, "라고" | "이라고" | "였" | "이었");
    rest.take(if quoted { 24 } else { 5 }).any(|m| {
        matches!(
            m.form,
            "확인"
                | "파악"
                | "밝히"
                | "설명"
                | "알려지"
                | "추정"
                | "보이"
                | "전해지"
                | "드러나"
                | "전하"
                | "해명"
                | "공지"
                | "사과"
        ) || quoted && matches!(m.form, "며" | "라며" | "면서" | "라면서")
    })
}

/// The noun phrase that ends before a morpheme.
fn phrase_before(sentence: &Sentence<'_>, to: usize, text: &str) -> Option<String> {
    let morphs = &sentence.morphs;
    let mut last = to;
    while last > 0 && (morphs[last - 1].family == Family::J || matches!(morphs[last - 1].tag, "ETM" | "NNB" | "ETN")) {
        last -= 1;
    }
    let mut first = last;
    while first > 0 && last - first < 12 {
        let morph = &morphs[first - 1];
        let joins = matches!(morph.family, Family::N | Family::X)
            || matches!(morph.tag, "JKG" | "JC" | "ETM" | "SL" | "SN")
            || matches!(morph.form, "·" | "에" | "간" | "(" | ")")
            || (matches!(morph.family, Family::V)
                && morphs.get(first).is_some_and(|n| n.tag == "ETM" || n.tag == "EC"))
            || (morph.tag == "EC"
                && matches!(morph.form, "어" | "아" | "여")
                && morphs.get(first).is_some_and(|n| n.family == Family::V || n.tag == "XR" || n.family == Family::N))
            || (morph.tag == "MAG" || morph.tag == "JKB" && morph.form == "으로")
                && morphs.get(first).is_some_and(|n| n.family == Family::V)
            || (matches!(morph.form, "이" | "가" | "을" | "를")
                && morphs
                    .get(first)
                    .is_some_and(|n| n.family == Family::V || n.family == Family::M || n.family == Family::N)
                && last - first <= 5
                && morphs[first..last].iter().any(|n| n.family == Family::V));
        if !joins {
            break;
        }
        first -= 1;
    }
    cut(sentence, first, last, text)
}

/// The phrase from a morpheme up to the copula or the verb of saying.
fn phrase_behind(sentence: &Sentence<'_>, from: usize, text: &str) -> Option<String> {
    let morphs = &sentence.morphs;
    let mut last = from;
    while last < morphs.len() && last - from < 16 {
        let morph = &morphs[last];
        if morph.tag.starts_with("VC")
            || morph.tag == "EF"
            || matches!(morph.form, "로" | "으로" | "라고" | "." | "," | "다") && last > from
        {
            break;
        }
        last += 1;
    }
    cut(sentence, from, last, text)
}

fn cut(sentence: &Sentence<'_>, first: usize, last: usize, text: &str) -> Option<String> {
    let morphs = sentence.morphs.get(first..last)?;
    let (start, end) = (morphs.first()?.start as usize, morphs.last()?.end as usize);
    let phrase = text.get(start..end)?.trim_matches(|c: char| !c.is_alphanumeric()).trim();
    // Pronouns and bare words for the outage itself are no causes.
    let empty =
        matches!(phrase, "이" | "그" | "이것" | "장애" | "오류" | "먹통" | "사고" | "사태" | "이 때" | "영향" | "문제");
    (phrase.chars().count() >= 2 && !empty).then(|| phrase.to_owned())
}
