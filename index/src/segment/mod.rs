//! Korean text to morphemes: a Viterbi search over the lattice of dictionary words, as mecab-ko does it.
//!
//! The dictionary is mecab-ko-dic in lindera's form ([`meoktong_ko_dic`]); the search is our own, because lindera 6.2
//! keeps every space as a node of the lattice, with connection costs of zero, and so reads each word without the words
//! around it. mecab-ko skips the space, connects the two words across it, and adds a penalty to particles, endings and
//! suffixes that stand behind one. This module does the same, down to the order in which ties are decided.
//!
//! ```
//! use meoktong_index::segment::{Lattice, Segmenter};
//!
//! let segmenter = Segmenter::new("")?;
//! let (mut lattice, mut tokens) = (Lattice::default(), Vec::new());
//! let text = "송금이 안 돼요";
//! segmenter.segment(text, &mut lattice, &mut tokens);
//! let read: Vec<_> = tokens.iter().map(|t| (t.text(text), segmenter.tag(t))).collect();
//! assert_eq!(read, [("송금", "NNG"), ("이", "JKS"), ("안", "MAG"), ("돼요", "VV+EC")]);
//! # Ok::<(), meoktong_index::segment::SegmentError>(())
//! ```

mod lattice;
mod user;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use lindera_dictionary::dictionary::Dictionary;
use lindera_dictionary::dictionary::character_definition::CategoryId;

pub use lattice::Lattice;
pub use user::RowError;

use lattice::{Entry, NO_WORD_BITS};
use user::UserWords;

/// Why a [`Segmenter`] could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The embedded dictionary does not fit the linked lindera.
    #[error("the embedded dictionary cannot be read: {0}; build meoktong-ko-dic anew")]
    Dictionary(String),
    /// Rows of the user dictionary that cannot be used, all of them.
    #[error("{} of the user dictionary cannot be used:\n{}", rows(.0.len()), list(.0))]
    UserRows(Vec<RowError>),
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn list(errors: &[RowError]) -> String {
    errors.iter().map(|error| format!("  {error}")).collect::<Vec<_>>().join("\n")
}

/// Which word list a token's word is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WordKind {
    /// mecab-ko-dic.
    System,
    /// The rows given to [`Segmenter::new`].
    User,
    /// No word at all: characters of one class, such as Latin letters or digits, or Hangul that no word explains.
    Unknown,
}

/// A word of one of the three lists. Takes the room of a `u32`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordId(u32);

const KIND_SHIFT: u32 = 30;

impl WordId {
    pub(crate) const fn new(kind: WordKind, index: u32) -> Self {
        let kind = match kind {
            WordKind::System => 0,
            WordKind::User => 1,
            WordKind::Unknown => 2,
        };
        Self(kind << KIND_SHIFT | index & NO_WORD_BITS)
    }

    /// The list the word is from.
    pub const fn kind(self) -> WordKind {
        match self.0 >> KIND_SHIFT {
            0 => WordKind::System,
            1 => WordKind::User,
            _ => WordKind::Unknown,
        }
    }

    /// The word's number in its list: lindera's word id, the position among the user rows (from 0), or the row of `unk.def`.
    pub const fn index(self) -> u32 {
        self.0 & NO_WORD_BITS
    }
}

impl std::fmt::Debug for WordId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({})", self.kind(), self.index())
    }
}

/// One morpheme, or a contraction of several (`VV+EF`), of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// Where it starts, in bytes of the text.
    pub start: u32,
    /// Where it ends, in bytes of the text.
    pub end: u32,
    /// What it was read as.
    pub word: WordId,
}

impl Token {
    /// The token as it stands in `text`, which must be the text that was segmented.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..self.end as usize]
    }
}

/// What a character means for the lattice, in 32 bits: classes it belongs to, the class of its unknown words, and how
/// these are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CharInfo(u32);

impl CharInfo {
    const INVOKE: u32 = 1 << 31;
    const GROUP: u32 = 1 << 30;
    const SPACE: u32 = 1 << 29;

    /// Whether unknown words are considered beside known ones.
    const fn invoke(self) -> bool {
        self.0 & Self::INVOKE != 0
    }
    /// Whether a run of the class makes one unknown word.
    const fn group(self) -> bool {
        self.0 & Self::GROUP != 0
    }
    const fn space(self) -> bool {
        self.0 & Self::SPACE != 0
    }
    /// Up to how many characters ungrouped unknown words have.
    const fn length(self) -> u32 {
        self.0 >> 25 & 15
    }
    /// The class whose unknown word applies.
    const fn class(self) -> usize {
        (self.0 >> 20 & 31) as usize
    }
    /// Whether the two share a class.
    const fn kind_of(self, other: Self) -> bool {
        self.0 & other.0 & 0xF_FFFF != 0
    }
}

/// The dictionary and what is worked out of it once per process.
struct System {
    dictionary: Dictionary,
    /// For each code point of the Basic Multilingual Plane.
    chars: Vec<CharInfo>,
    /// Unknown words of each class.
    unknown: Vec<Vec<Entry>>,
    unknown_tags: Vec<String>,
    /// For each left context id.
    penalty: Vec<i32>,
}

static SYSTEM: LazyLock<Result<System, String>> = LazyLock::new(|| System::load().map_err(|error| error.to_string()));

impl System {
    fn load() -> lindera_dictionary::LinderaResult<Self> {
        let dictionary = meoktong_ko_dic::load()?;
        let definition = &dictionary.character_definition;
        let chars: Vec<CharInfo> = (0..=0xFFFFu32)
            // MeCab knows UCS-2 only: what lies above, and surrogates, is treated as code point 0.
            .map(|point| char::from_u32(point).unwrap_or('\0'))
            .map(|c| {
                let categories = definition.lookup_categories(c);
                let Some(first) = categories.first() else {
                    return CharInfo(0);
                };
                let data = definition.lookup_definition(*first);
                let mut bits = (first.0 as u32 & 31) << 20 | (data.length & 15) << 25;
                bits |= categories.iter().fold(0, |set, category| set | 1 << category.0);
                bits |= if data.invoke { CharInfo::INVOKE } else { 0 };
                bits |= if data.group { CharInfo::GROUP } else { 0 };
                bits |= if definition.category_name(*first) == "SPACE" { CharInfo::SPACE } else { 0 };
                CharInfo(bits)
            })
            .collect();
        let classes = definition.categories().len();
        let unknown_words = &dictionary.unknown_dictionary;
        let unknown = (0..classes)
            .map(|class| {
                let ids = unknown_words.lookup_word_ids(CategoryId(class));
                ids.iter().map(|id| Entry::unknown(*id, unknown_words.word_entry(*id))).collect()
            })
            .collect();
        let unknown_tags = (0..classes as u32)
            .map(|id| {
                unknown_words.word_details_iter(id).and_then(|mut fields| fields.next()).unwrap_or("UNKNOWN").to_owned()
            })
            .collect();
        let penalty = meoktong_ko_dic::left_space_penalty().map(i32::from).collect();
        Ok(Self { dictionary, chars, unknown, unknown_tags, penalty })
    }

    fn get() -> Result<&'static Self, SegmentError> {
        SYSTEM.as_ref().map_err(|error| SegmentError::Dictionary(error.clone()))
    }

    fn char_info(&self, c: char) -> CharInfo {
        self.chars.get(c as usize).copied().unwrap_or(self.chars[0])
    }
}

/// The segmenter: the embedded dictionary and a user dictionary. Immutable; share it by reference or in an `Arc`.
pub struct Segmenter {
    system: &'static System,
    user: UserWords,
}

impl std::fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segmenter").field("user_words", &self.user.len()).finish_non_exhaustive()
    }
}

impl Segmenter {
    /// A segmenter with the words of `user_rows` beside those of the dictionary; `""` for none.
    ///
    /// A row is CSV of 12 fields: surface, left id, right id, cost, tag, meaning, `T`/`F`/`*` (final consonant), reading,
    /// type (`*`, `Compound`, `Inflect`, `Preanalysis`), first tag, last tag, expression. The ids are mecab-ko-dic's (those
    /// of its `left-id.def` and `right-id.def`). There is no quoting: no field has a comma. Empty lines and lines that start with `#` are passed over. A word of the
    /// dictionary wins against a user word of the same cost.
    ///
    /// # Errors
    /// [`SegmentError::UserRows`] lists every row that cannot be used, with its line number.
    pub fn new(user_rows: &str) -> Result<Self, SegmentError> {
        let system = System::get()?;
        let user = UserWords::parse(user_rows, &system.dictionary).map_err(SegmentError::UserRows)?;
        Ok(Self { system, user })
    }

    /// Number of words of the user dictionary.
    pub fn user_words(&self) -> usize {
        self.user.len()
    }

    /// Splits `text` into tokens, appended to `out` in order. Spaces, tabs and line ends are between tokens, never in one
    /// (save inside a dictionary word of two parts, such as 영치기 영차); everything else belongs to exactly one token.
    ///
    /// A line end ends a sentence. A line longer than 4,096 characters is cut behind a sentence end, or else at a space,
    /// or else anywhere: time and memory stay linear, whatever the text.
    ///
    /// # Panics
    /// When `text` is longer than 4 GiB.
    pub fn segment(&self, text: &str, lattice: &mut Lattice, out: &mut Vec<Token>) {
        assert!(u32::try_from(text.len()).is_ok(), "a text of more than 4 GiB");
        lattice.segment(self, text, out);
    }

    /// The part-of-speech tag of a token: `NNG`, `VV+EF`, `SF`; `UNKNOWN` for Hangul that no word explains.
    pub fn tag(&self, token: &Token) -> &str {
        let index = token.word.index();
        match token.word.kind() {
            WordKind::System => meoktong_ko_dic::tag(index),
            WordKind::User => self.user.word(index).map_or("", |word| &word.tag),
            WordKind::Unknown => self.system.unknown_tags.get(index as usize).map_or("UNKNOWN", String::as_str),
        }
    }

    /// What a compound or a contraction consists of, as the dictionary writes it: `되/VV/*+어요/EF/*`.
    pub fn expression(&self, token: &Token) -> Option<&str> {
        self.detail(token, Detail::Expression)
    }

    /// The dictionary's class of meaning: `인명` (person), `지명` (place), `행위` (act) and some rarer ones.
    pub fn meaning(&self, token: &Token) -> Option<&str> {
        self.detail(token, Detail::Meaning)
    }

    /// The parts of a compound or a contraction, as (form, tag): `되`/`VV`, `어요`/`EF`. None for a simple word.
    /// Parts without a form (a copula that is not written) are left out.
    pub fn parts(&self, token: &Token) -> Parts<'_> {
        Parts { rest: self.expression(token).unwrap_or("") }
    }

    fn detail(&self, token: &Token, detail: Detail) -> Option<&str> {
        let index = token.word.index();
        let value = match token.word.kind() {
            WordKind::System => self.system.dictionary.word_details_iter(index as usize).nth(detail as usize)?,
            WordKind::User => {
                let word = self.user.word(index)?;
                match detail {
                    Detail::Meaning => &word.meaning,
                    Detail::Expression => &word.expression,
                }
            }
            WordKind::Unknown => return None,
        };
        (!value.is_empty() && value != "*").then_some(value)
    }
}

/// Position of a field among a word's details.
#[derive(Clone, Copy)]
enum Detail {
    Meaning = 1,
    Expression = 7,
}

/// Iterator over the parts of a token, see [`Segmenter::parts`].
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Parts<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (part, rest) = self.rest.split_once('+').unwrap_or((self.rest, ""));
            self.rest = rest;
            let mut fields = part.split('/');
            if let (Some(form), Some(tag)) = (fields.next(), fields.next())
                && !form.is_empty()
            {
                return Some((form, tag));
            }
        }
        None
    }
}
