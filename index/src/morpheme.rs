//! The one Korean analyzer, shared by search and detection: spelling folds, segmentation, morphemes.

use std::borrow::Cow;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use meoktong_dictionaries::pattern::{Family, Morph};
use meoktong_dictionaries::{Catalogue, Lexicon, user_words};

use crate::segment::{Lattice, SegmentError, Segmenter, Token};

/// A morpheme of a text. Inflected words give one for the stem and one for each ending, all with the word's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Morpheme<'a> {
    /// Form; of a verb the stem.
    pub form: &'a str,
    /// Tag of mecab-ko: NNG, VV, JKS …
    pub tag: &'a str,
    /// Family of the tag.
    pub family: Family,
    /// First byte of the word in the original text.
    pub start: u32,
    /// Byte behind the word.
    pub end: u32,
    /// Number of the word in the sentence; morphemes of one word share it.
    pub word: u32,
    /// Whether white space stands before the word.
    pub spaced: bool,
}

impl Morph for Morpheme<'_> {
    fn form(&self) -> &str {
        self.form
    }

    fn family(&self) -> Family {
        self.family
    }

    fn is_light(&self) -> bool {
        match self.family {
            Family::J => true,
            Family::X => self.form != "불" && self.form != "비",
            Family::M => !matches!(self.form, "안" | "못"),
            Family::S => !self.is_stop(),
            _ => false,
        }
    }

    fn is_stop(&self) -> bool {
        self.tag == "SF"
    }
}

impl Morpheme<'_> {
    /// The form as a dictionary writes it: verbs and adjectives with 다.
    #[must_use]
    pub fn lemma(&self) -> Cow<'_, str> {
        if self.family == Family::V { Cow::Owned(format!("{}다", self.form)) } else { Cow::Borrowed(self.form) }
    }
}

/// Conjoining jamo that mecab-ko-dic writes in expressions, as people type them.
pub(crate) fn plain(form: &str) -> &str {
    match form {
        "\u{11AB}" => "ㄴ",
        "\u{11AF}" => "ㄹ",
        "\u{1106}" | "\u{11B7}" => "ㅁ",
        "\u{11B8}" => "ㅂ",
        "\u{11B8}니다" => "ㅂ니다",
        "\u{11B8}니까" => "ㅂ니까",
        "\u{11B8}시다" => "ㅂ시다",
        "\u{11AB}다" => "ㄴ다",
        "\u{11AB}다고" => "ㄴ다고",
        "\u{11AB}데" => "ㄴ데",
        "\u{11AF}지" => "ㄹ지",
        "\u{11AF}까" => "ㄹ까",
        other => other,
    }
}

/// A text after the spelling folds, and how its places lead back.
#[derive(Debug, Default, Clone)]
pub struct Folded {
    /// The folded text.
    pub text: String,
    /// Edits, ascending: place in the folded text, behind it, place in the original text, behind it.
    edits: Vec<[u32; 4]>,
}

impl Folded {
    /// The place in the original text of a place in the folded one. Inside an edit it is the edit's first byte, or
    /// with `end` the byte behind it.
    #[must_use]
    pub fn back(&self, at: usize, end: bool) -> usize {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let next = self.edits.partition_point(|edit| if end { edit[0] < at } else { edit[0] <= at });
        let Some(&[_, folded_to, from, to]) = next.checked_sub(1).map(|i| &self.edits[i]) else {
            return at as usize;
        };
        (if at >= folded_to {
            to + (at - folded_to)
        } else if end {
            to
        } else {
            from
        }) as usize
    }
}

/// Segments texts and reads the morphemes; cheap to clone and to share.
#[derive(Clone)]
pub struct Analyzer {
    inner: Arc<Inner>,
}

struct Inner {
    segmenter: Segmenter,
    folds: Option<AhoCorasick>,
    standard: Vec<String>,
    rows: String,
}

/// Buffers of one thread.
#[derive(Default)]
pub struct Workspace {
    lattice: Lattice,
    tokens: Vec<Token>,
}

impl Analyzer {
    /// An analyzer that knows the names of a catalogue and the spelling folds of a lexicon.
    ///
    /// # Errors
    /// If a generated dictionary row is refused; the message names it.
    pub fn new(catalogue: &Catalogue, lexicon: &Lexicon) -> Result<Self, SegmentError> {
        let (written, standard): (Vec<_>, Vec<_>) = lexicon.folds().iter().cloned().unzip();
        let folds = (!written.is_empty()).then(|| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&written)
                .expect("folds are plain words")
        });
        let rows = user_words::rows(catalogue);
        let segmenter = Segmenter::new(&rows)?;
        Ok(Self { inner: Arc::new(Inner { segmenter, folds, standard, rows }) })
    }

    /// Changes whenever the terms of a text may change: with the names, the folds or this code.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.inner.rows.hash(&mut hasher);
        self.inner.standard.hash(&mut hasher);
        format!("morphemes-1-{:016x}", hasher.finish())
    }

    /// The segmenter beneath.
    #[must_use]
    pub fn segmenter(&self) -> &Segmenter {
        &self.inner.segmenter
    }

    /// Appends the morphemes of a piece of text that begins at byte `base` of the whole; spans count from the whole.
    /// The forms live as long as analyzer and text.
    pub fn morphemes<'a>(&'a self, text: &'a str, base: usize, space: &mut Workspace, found: &mut Vec<Morpheme<'a>>) {
        space.tokens.clear();
        let segmenter = &self.inner.segmenter;
        segmenter.segment(text, &mut space.lattice, &mut space.tokens);
        let base = u32::try_from(base).unwrap_or(u32::MAX);
        let mut last_end = 0;
        for (word, token) in space.tokens.iter().enumerate() {
            let word = u32::try_from(word).unwrap_or(u32::MAX);
            let (start, end) = (base.saturating_add(token.start), base.saturating_add(token.end));
            let spaced = token.start > last_end;
            last_end = token.end;
            let tag = segmenter.tag(token);
            if tag.contains('+') {
                let before = found.len();
                for (form, tag) in segmenter.parts(token) {
                    found.push(Morpheme { form: plain(form), tag, family: Family::of(tag), start, end, word, spaced });
                }
                if found.len() > before {
                    continue;
                }
            }
            let form = &text[token.start as usize..token.end as usize];
            found.push(Morpheme { form, tag, family: Family::of(tag), start, end, word, spaced });
        }
    }

    /// Applies the spelling folds, and narrows full-width letters and digits.
    #[must_use]
    pub fn fold(&self, text: &str) -> Folded {
        let mut folded = Folded { text: String::with_capacity(text.len()), edits: Vec::new() };
        let mut copied = 0;
        if let Some(folds) = &self.inner.folds {
            for found in folds.find_iter(text) {
                folded.plain_piece(&text[copied..found.start()], copied);
                folded.edit(&self.inner.standard[found.pattern().as_usize()], found.start(), found.end());
                copied = found.end();
            }
        }
        folded.plain_piece(&text[copied..], copied);
        folded
    }
}

impl Folded {
    fn edit(&mut self, standard: &str, from: usize, to: usize) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let at = self.text.len();
        self.text.push_str(standard);
        self.edits.push([place(at), place(self.text.len()), place(from), place(to)]);
    }

    /// Copies a piece without folds; only full-width ASCII changes its length.
    fn plain_piece(&mut self, piece: &str, base: usize) {
        let mut copied = 0;
        for (at, letter) in
            piece.char_indices().filter(|&(_, c)| ('\u{FF01}'..='\u{FF5E}').contains(&c) || c == '\u{3000}')
        {
            self.text.push_str(&piece[copied..at]);
            let narrow =
                if letter == '\u{3000}' { ' ' } else { char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter) };
            let end = at + letter.len_utf8();
            self.edit(narrow.encode_utf8(&mut [0; 4]), base + at, base + end);
            copied = end;
        }
        self.text.push_str(&piece[copied..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analyzer() -> Analyzer {
        Analyzer::new(&Catalogue::bundled(), &Lexicon::bundled()).unwrap()
    }

    fn shown(text: &str) -> String {
        let analyzer = analyzer();
        let folded = analyzer.fold(text);
        let mut found = Vec::new();
        analyzer.morphemes(&folded.text, 0, &mut Workspace::default(), &mut found);
        found.iter().map(|m| format!("{}/{}", m.form, m.tag)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn misspelled_verbs_become_the_right_ones() {
        assert_eq!(shown("않되요"), shown("안돼요"));
        assert!(shown("자꾸 팅겨요").contains("튕기/VV"), "{}", shown("자꾸 팅겨요"));
        assert!(shown("튕김").starts_with("튕기/VV"), "{}", shown("튕김"));
    }

    #[test]
    fn names_of_the_catalogue_stay_whole() {
        assert!(shown("카뱅이 안돼요").starts_with("카뱅/NNP 이/JKS 안/MAG 되/VV"), "{}", shown("카뱅이 안돼요"));
    }

    #[test]
    fn places_lead_back_to_the_text_as_written() {
        let analyzer = analyzer();
        let text = "ＫＴ 메세지 않되요!";
        let folded = analyzer.fold(text);
        assert_eq!(folded.text, "KT 메시지 안돼요!");
        let at = folded.text.find("메시지").unwrap();
        assert_eq!(&text[folded.back(at, false)..folded.back(at + "메시지".len(), true)], "메세지");
        let end = folded.text.len();
        assert_eq!(folded.back(end, true), text.len());
        assert_eq!(folded.back(1, false), "Ｋ".len());
    }
}
