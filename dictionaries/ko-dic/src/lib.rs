//! mecab-ko-dic 2.1.1-20180720, the Korean dictionary, inside the binary.
//!
//! The sources lie compressed in `data/`; `build.rs` compiles them with lindera's builder. What is embedded is read in
//! place: loading checks the headers and parses the metadata and the character classes, it copies no lexicon.
//!
//! Beside lindera's own [`Dictionary`] there are two small tables that spare a segmenter from reading the details of
//! every word: its part-of-speech tag ([`tag`]) and mecab-ko's left-space penalty ([`left_space_penalty`]).

use std::sync::LazyLock;

use lindera_dictionary::LinderaResult;
use lindera_dictionary::dictionary::Dictionary;

/// lindera's generated loader for the compiled files.
mod embedded {
    #![allow(missing_docs, unreachable_pub)] // written by lindera's macro
    lindera_dictionary::embedded_dictionary!("/ko-dic", EmbeddedKoDicLoader);
}

pub use embedded::EmbeddedKoDicLoader;

static TAGS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ko-dic/tags.bin"));
static TAG_NAMES: &str = include_str!(concat!(env!("OUT_DIR"), "/ko-dic/tags.txt"));
static LEFT_PENALTY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ko-dic/left_penalty.bin"));

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| TAG_NAMES.lines().collect());

/// The embedded dictionary. Cloning lindera's `Dictionary` is cheap, loading it takes a few milliseconds: load once.
///
/// # Errors
/// When the embedded files do not fit the linked version of `lindera-dictionary`, which means a stale build.
pub fn load() -> LinderaResult<Dictionary> {
    embedded::load()
}

/// Number of words in the dictionary; their ids are `0..word_count()`.
pub fn word_count() -> usize {
    TAGS.len() / 2
}

/// The part-of-speech tag of a word of the dictionary, such as `NNG` or `VV+EC`; empty for an id out of range.
pub fn tag(word_id: u32) -> &'static str {
    tag_number(word_id)
        .and_then(|number| tag_names().get(number))
        .copied()
        .unwrap_or("")
}

/// The position of a word's tag in [`tag_names`].
pub fn tag_number(word_id: u32) -> Option<usize> {
    let at = word_id as usize * 2;
    let bytes = TAGS.get(at..at + 2)?;
    Some(usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
}

/// All tags that occur in the dictionary, compound ones (`JKB+JX`) included.
pub fn tag_names() -> &'static [&'static str] {
    &NAMES
}

/// What mecab-ko adds to the cost of a word that follows a space, for each left context id (in lindera's numbering,
/// see `Metadata::context_id_map`): 6,000 for particles, 3,000 for endings, suffixes and the copula, otherwise 0.
pub fn left_space_penalty() -> impl ExactSizeIterator<Item = i16> {
    LEFT_PENALTY
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
}
