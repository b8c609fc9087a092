//! The search terms of Korean text: content words by their stem, compounds also by their parts.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use aho_corasick::AhoCorasick;
use meoktong_dictionaries::pattern::Family;
use meoktong_dictionaries::{Catalogue, Lexicon};

use crate::morpheme::{Analyzer, plain};
use crate::segment::{Lattice, SegmentError, Segmenter, Token, WordKind};
use crate::tokens::{Term, Tokens};

/// Raised whenever this module gives other terms for the same morphemes.
const VERSION: u32 = 2;

/// Two words that share a syllable are written as one, with or without a dot: 수·발신 is 수신 and 발신.
const JOINED: [(&str, [&str; 2]); 12] = [
    ("수·발신", ["수신", "발신"]),
    ("수발신", ["수신", "발신"]),
    ("송·수신", ["송신", "수신"]),
    ("송수신", ["송신", "수신"]),
    ("입·출금", ["입금", "출금"]),
    ("입출금", ["입금", "출금"]),
    ("입·출고", ["입고", "출고"]),
    ("매수·도", ["매수", "매도"]),
    ("매도·수", ["매도", "매수"]),
    ("국·내외", ["국내", "국외"]),
    ("온·오프라인", ["온라인", "오프라인"]),
    ("온오프라인", ["온라인", "오프라인"]),
];

/// The analyzer as the search sees it, with the names of the catalogue and the synonyms of the lexicon.
pub struct Korean {
    analyzer: Analyzer,
    /// Parts of the names that the dictionary does not hold: 카카오뱅크 is 카카오 and 뱅크.
    name_parts: HashMap<String, Vec<String>>,
    joined: AhoCorasick,
    /// From the terms of a name, joined by spaces, to the groups that it stands in.
    groups_of: HashMap<String, Vec<usize>>,
    groups: Vec<Vec<String>>,
    values: HashMap<&'static str, Vec<String>>,
}

thread_local! {
    // Documents come by the thousand: the lattice is made once for a thread.
    static SPACE: RefCell<(Lattice, Vec<Token>)> = RefCell::default();
}

impl Korean {
    /// The search terms over an analyzer.
    ///
    /// # Errors
    /// When the embedded dictionary cannot be read.
    pub fn new(analyzer: Analyzer, catalogue: &Catalogue, lexicon: &Lexicon) -> Result<Self, SegmentError> {
        let joined = AhoCorasick::builder()
            .match_kind(aho_corasick::MatchKind::LeftmostLongest)
            .build(JOINED.iter().map(|(written, _)| written))
            .expect("plain words");
        let aliases = catalogue.services().iter().flat_map(|service| &service.aliases);
        let name_parts = name_parts(aliases.map(String::as_str))?;
        let mut made = Self {
            analyzer,
            name_parts,
            joined,
            groups_of: HashMap::new(),
            groups: Vec::new(),
            values: HashMap::new(),
        };
        for service in catalogue.services() {
            made.group(service.aliases.iter().filter(|alias| !service.risky.contains(alias)).cloned().collect());
        }
        for synonyms in lexicon.synonyms() {
            made.group(synonyms.clone());
        }
        let features = catalogue.services().iter().flat_map(|service| &service.features);
        let sorted = |values: BTreeSet<&String>| values.into_iter().cloned().collect();
        made.values.insert("service", sorted(catalogue.services().iter().map(|service| &service.id).collect()));
        made.values.insert("feature", sorted(features.map(|feature| &feature.id).collect()));
        made.values.insert("symptom", sorted(lexicon.symptoms().iter().map(|symptom| &symptom.id).collect()));
        Ok(made)
    }

    fn group(&mut self, words: Vec<String>) {
        let number = self.groups.len();
        for word in &words {
            for key in [self.key(word, false), self.key(word, true)] {
                let groups = self.groups_of.entry(key).or_default();
                if !groups.contains(&number) {
                    groups.push(number);
                }
            }
        }
        self.groups.push(words);
    }

    /// The terms of a word, joined: what two ways to write it have in common. `split` takes compounds by their parts.
    fn key(&self, word: &str, split: bool) -> String {
        let mut terms: Vec<(String, bool)> = Vec::new();
        self.tokens(word, &mut |term| {
            match terms.last() {
                // The first part stands behind its compound.
                Some((_, false)) if term.part && split => drop(terms.pop()),
                _ => {}
            }
            if split || !term.part {
                terms.push((term.text.to_owned(), term.part));
            }
        });
        terms.into_iter().map(|(term, _)| term).collect::<Vec<_>>().join(" ")
    }

    /// Changes whenever the terms of a text may change: with the names, the folds or this code.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{}-terms-{VERSION}", self.analyzer.fingerprint())
    }

    /// The analyzer beneath.
    #[must_use]
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }
}

/// The parts of names of four syllables and more that the plain dictionary reads as nouns.
fn name_parts<'a>(names: impl Iterator<Item = &'a str>) -> Result<HashMap<String, Vec<String>>, SegmentError> {
    let segmenter = Segmenter::new("")?;
    let (mut lattice, mut tokens) = (Lattice::default(), Vec::new());
    let mut found = HashMap::new();
    for name in names.filter(|name| !name.contains(' ') && name.chars().count() >= 4) {
        tokens.clear();
        segmenter.segment(name, &mut lattice, &mut tokens);
        let parts: Vec<&str> = tokens.iter().map(|token| token.text(name)).collect();
        let nouns =
            tokens.iter().all(|token| segmenter.tag(token).starts_with('N') && !segmenter.tag(token).contains('+'));
        // A piece of one syllable in front is a misreading more often than a word.
        if nouns && parts.len() > 1 && parts[0].chars().count() > 1 {
            found.insert(name.to_owned(), parts.into_iter().map(str::to_owned).collect());
        }
    }
    Ok(found)
}

/// Whether a morpheme says something: nouns, stems, adverbs, prefixes and suffixes; no particles, endings or helpers.
fn content(tag: &str) -> bool {
    let family = Family::of(tag);
    matches!(family, Family::N | Family::V | Family::M | Family::X) && !matches!(tag, "VCP" | "VX" | "XSV" | "XSA")
}

impl Tokens for Korean {
    /// Content words by their stem, so that 튕겼다, 튕겨요 and 튕김 are one term; Latin letters lowered. Particles between two
    /// words do not part them in a phrase; the end of a sentence does.
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(Term<'_>)) {
        let folded = self.analyzer.fold(text);
        let segmenter = self.analyzer.segmenter();
        // The sink may tokenise too, so the buffers are taken, not borrowed.
        let (mut lattice, mut tokens) = SPACE.take();
        tokens.clear();
        segmenter.segment(&folded.text, &mut lattice, &mut tokens);
        let mut give = Giver { folded: &folded, position: 0, lower: String::new(), sink };
        let mut joined = self.joined.find_iter(&folded.text).peekable();
        for token in &tokens {
            let (start, end) = (token.start as usize, token.end as usize);
            while let Some(found) = joined.next_if(|found| found.start() <= start) {
                for word in JOINED[found.pattern().as_usize()].1 {
                    give.term(word, found.start(), found.end(), false);
                }
            }
            let tag = segmenter.tag(token);
            if tag.contains('+') {
                let before = give.position;
                for (form, _) in segmenter.parts(token).filter(|(_, tag)| content(tag)) {
                    give.term(plain(form), start, end, false);
                }
                if give.position > before || segmenter.parts(token).next().is_some() {
                    continue;
                }
            }
            if !content(tag) {
                let ends = tag == "SF" || folded.text[start..end].ends_with(['.', '!', '?', '…']);
                give.position += u32::from(ends);
                continue;
            }
            let form = &folded.text[start..end];
            // Three syllables at least: a shorter compound is one word to its readers.
            if tag.starts_with('N') && form.len() >= 9 {
                match token.word.kind() {
                    WordKind::System => {
                        let parts: Vec<&str> = segmenter.parts(token).map(|(part, _)| plain(part)).collect();
                        give.compound(form, start, end, &parts);
                        continue;
                    }
                    WordKind::User if self.name_parts.contains_key(form) => {
                        let parts: Vec<&str> = self.name_parts[form].iter().map(String::as_str).collect();
                        give.compound(form, start, end, &parts);
                        continue;
                    }
                    _ => {}
                }
            }
            give.term(form, start, end, false);
        }
        SPACE.set((lattice, tokens));
    }

    fn synonyms(&self, word: &str) -> Vec<String> {
        let groups = self.groups_of.get(&self.key(word, false)).map_or(&[][..], Vec::as_slice);
        let mut others: Vec<String> = Vec::new();
        for other in groups.iter().flat_map(|&group| &self.groups[group]) {
            if other != word && !others.contains(other) {
                others.push(other.clone());
            }
        }
        others
    }

    fn vocabulary(&self) -> Vec<String> {
        self.groups.iter().flatten().cloned().collect()
    }

    fn values(&self, field: &str) -> Vec<String> {
        self.values.get(field).cloned().unwrap_or_default()
    }
}

struct Giver<'a> {
    folded: &'a crate::morpheme::Folded,
    position: u32,
    lower: String,
    sink: &'a mut dyn FnMut(Term<'_>),
}

impl Giver<'_> {
    fn at(&mut self, form: &str, start: usize, end: usize, position: u32, part: bool) {
        let text = if form.chars().any(char::is_uppercase) {
            self.lower.clear();
            self.lower.extend(form.chars().flat_map(char::to_lowercase));
            &self.lower
        } else {
            form
        };
        let (start, end) = (self.folded.back(start, false), self.folded.back(end, true));
        (self.sink)(Term { text, start, end, position, part });
    }

    fn term(&mut self, form: &str, start: usize, end: usize, part: bool) {
        self.at(form, start, end, self.position, part);
        self.position += 1;
    }

    /// A word and its parts on the same places, so that 카카오 뱅크 as a phrase finds 카카오뱅크 and what stands behind it.
    fn compound(&mut self, form: &str, start: usize, end: usize, parts: &[&str]) {
        if parts.len() < 2 || parts.iter().all(|part| part.chars().count() < 2) {
            return self.term(form, start, end, false);
        }
        self.at(form, start, end, self.position, false);
        for part in parts {
            self.term(part, start, end, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn korean() -> Korean {
        let (catalogue, lexicon) = (Catalogue::bundled(), Lexicon::bundled());
        Korean::new(Analyzer::new(&catalogue, &lexicon).unwrap(), &catalogue, &lexicon).unwrap()
    }

    fn shown(korean: &Korean, text: &str) -> String {
        let mut seen = Vec::new();
        korean.tokens(text, &mut |term| {
            seen.push(format!("{}{}@{}", if term.part { "+" } else { "" }, term.text, term.position));
        });
        seen.join(" ")
    }

    #[test]
    fn one_verb_is_one_term_whatever_its_ending() {
        let korean = korean();
        for text in ["튕겼다", "튕겨요", "튕김", "팅겨"] {
            assert!(shown(&korean, text).starts_with("튕기@0"), "{text}: {}", shown(&korean, text));
        }
        assert_eq!(shown(&korean, "메세지"), shown(&korean, "메시지"));
        assert_eq!(shown(&korean, "ＫＴ망 5G"), "kt@0 망@1 5@2 g@3");
    }

    #[test]
    fn compounds_stand_with_their_parts_and_keep_their_places() {
        let korean = korean();
        assert_eq!(shown(&korean, "카카오뱅크 장애"), "카카오뱅크@0 +카카오@0 +뱅크@1 장애@2");
        assert_eq!(shown(&korean, "카카오 뱅크 장애"), "카카오@0 뱅크@1 장애@2");
        assert!(
            shown(&korean, "메시지 수·발신 지연").contains("수신@1 발신@2"),
            "{}",
            shown(&korean, "메시지 수·발신 지연")
        );
    }

    #[test]
    fn a_sentence_end_parts_a_phrase_and_a_particle_does_not() {
        let korean = korean();
        assert_eq!(shown(&korean, "송금이 오류"), "송금@0 오류@1");
        assert_eq!(shown(&korean, "송금. 오류"), "송금@0 오류@2");
    }

    #[test]
    fn names_and_words_of_one_meaning_are_known() {
        let korean = korean();
        assert!(korean.synonyms("카뱅").contains(&"카카오뱅크".to_owned()));
        assert!(korean.synonyms("카뱅이").contains(&"카카오뱅크".to_owned()));
        assert!(korean.synonyms("에러").contains(&"오류".to_owned()));
        assert!(korean.synonyms("날씨").is_empty());
    }

    #[test]
    fn spans_lead_back_into_the_text_before_the_folds() {
        let korean = korean();
        let text = "어제 메세지가 안돼고";
        korean.tokens(text, &mut |term| assert!(text.get(term.start..term.end).is_some(), "{term:?}"));
    }
}
