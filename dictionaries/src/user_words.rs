//! The user dictionary of the segmenter, generated so that every alias stands in one file only.
//!
//! Rows have the 12 fields of mecab-ko-dic. Rows of 3 fields get the context ids of a sentence end, after which a
//! particle is read right only 54 % of the time; with the ids below it is 98 %.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::Catalogue;

/// Left context id of a proper noun in mecab-ko-dic 2.1.1.
const NNP_LEFT: u32 = 1786;
/// Right context ids of a proper noun without and with a final consonant.
const NNP_RIGHT: [u32; 2] = [3545, 3546];
/// Between the costs at which user words are lost (above 3000) and at which they break longer words (below 1000).
const COST: i32 = 1500;

/// Inflected forms that mecab-ko-dic does not hold although it knows the verb: surface, row.
/// 튕김 (crashing), 튕깁니다 (crashes), as verb 튕기 + ending.
const INFLECTED: &str = "\
튕김,2420,12,2000,VV+ETN,*,T,튕김,Inflect,VV,ETN,튕기/VV/*+ㅁ/ETN/*
튕깁니다,2420,3,2000,VV+EF,*,F,튕깁니다,Inflect,VV,EF,튕기/VV/*+ㅂ니다/EF/*
튕긴다,2420,3,2000,VV+EF,*,F,튕긴다,Inflect,VV,EF,튕기/VV/*+ㄴ다/EF/*
";

/// Nouns of the field that mecab-ko-dic breaks into pieces.
const NOUNS: &[&str] = &[
    "타행이체",
    "챗봇",
    "알림톡",
    "보이스톡",
    "페이스톡",
    "오픈채팅",
    "오픈톡",
    "디도스",
    "뺑뺑이",
    "두절",
    "올스톱",
    "블랙아웃",
    "미수신",
    "미체결",
    "장애인",
    "국정감사",
    "셧다운",
    "인터넷뱅킹",
    "모바일뱅킹",
    "오픈뱅킹",
    "홈트레이딩시스템",
];

/// Whether the last syllable of a word ends in a consonant.
fn has_final(word: &str) -> bool {
    word.chars().next_back().is_some_and(|last| {
        let code = u32::from(last);
        (0xAC00..=0xD7A3).contains(&code) && !(code - 0xAC00).is_multiple_of(28)
    })
}

/// The rows for a catalogue.
#[must_use]
pub fn rows(catalogue: &Catalogue) -> String {
    let aliases = catalogue.services().iter().flat_map(|service| service.aliases.iter().map(String::as_str));
    // Words of one syllable break longer words; words without Hangul are kept whole anyway.
    let words: BTreeSet<&str> = aliases
        .chain(NOUNS.iter().copied())
        .filter(|word| !word.contains([' ', ',', '"']) && word.chars().count() >= 2)
        .filter(|word| word.chars().any(|c| ('가'..='힣').contains(&c)))
        .collect();
    let mut rows = String::from(INFLECTED);
    for word in words {
        let last = has_final(word);
        let (right, final_) = (NNP_RIGHT[usize::from(last)], if last { "T" } else { "F" });
        let _ = writeln!(rows, "{word},{NNP_LEFT},{right},{COST},NNP,*,{final_},{word},*,*,*,*");
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_twelve_fields() {
        let rows = rows(&Catalogue::bundled());
        assert!(rows.lines().all(|row| row.split(',').count() == 12), "{rows}");
        assert!(rows.contains("카뱅,1786,3546,"), "카뱅 ends in a consonant");
    }
}
