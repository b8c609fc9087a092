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
    tag_number(word_id).and_then(|number| tag_names().get(number)).copied().unwrap_or("")
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
    LEFT_PENALTY.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
}

#[cfg(test)]
mod tests {
    use super::{left_space_penalty, load, tag, tag_names, word_count};

    #[test]
    fn the_embedded_dictionary_is_whole() {
        let dictionary = load().expect("the embedded dictionary loads");
        assert_eq!(dictionary.prefix_dictionary.word_count(), 816_283);
        assert_eq!(word_count(), 816_283);
        let matrix = &dictionary.connection_cost_matrix;
        assert_eq!((matrix.forward_size, matrix.backward_size), (3822, 2693));
        assert!(matrix.is_zero_copy());
        assert_eq!(dictionary.character_definition.categories().len(), 13);
    }

    #[test]
    fn costs_are_those_of_mecab_ko_dic() {
        let dictionary = load().expect("the embedded dictionary loads");
        let map = dictionary.metadata.context_id_map.as_ref().expect("ids are permuted");
        // The noun 하늘 (sky): left 1780, right 3534, cost 1953 in lexicon.csv.
        let entries = dictionary.prefix_dictionary.find_surface("하늘");
        let sky = entries
            .iter()
            .find(|entry| tag(entry.word_id().id()) == "NNG" && entry.word_cost() == 1953)
            .expect("하늘 is a noun");
        assert_eq!(sky.left_id(), u32::from(map.map_left(1780)));
        assert_eq!(sky.right_id(), u32::from(map.map_right(3534)));
        // Cells of matrix.bin: right id of the left word, left id of the right word, cost.
        for (right, left, cost) in [(3534, 1780, 269), (3546, 517, -213), (0, 1786, -1885), (3545, 0, -747)] {
            let (forward, backward) = (map.map_right(right), map.map_left(left));
            assert_eq!(dictionary.connection_cost_matrix.cost(forward.into(), backward.into()), cost);
        }
    }

    #[test]
    fn tags_and_penalties_are_plausible() {
        assert!(tag_names().contains(&"VV+EF"));
        assert!(tag_names().iter().all(|name| !name.is_empty()));
        assert_eq!(left_space_penalty().len(), 2693);
        let mut values: Vec<i16> = left_space_penalty().collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values, [0, 3000, 6000]);
    }
}
