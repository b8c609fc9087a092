//! The user dictionary: its rows, and the trie that finds its words.

use lindera_dictionary::dictionary::Dictionary;

use super::lattice::Entry;
use super::{Parts, WordId, WordKind};

/// A row of the user dictionary that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RowError {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// What the segmenter answers about a user word.
#[derive(Debug)]
pub(super) struct UserWord {
    pub(super) tag: String,
    pub(super) meaning: String,
    pub(super) expression: String,
}

/// A node of the trie: its children are `first..first + count` of the node list, sorted by label.
#[derive(Clone, Copy, Debug, Default)]
struct TrieNode {
    label: char,
    first: u32,
    count: u32,
    /// Its entries are `from..to` of the entry list.
    from: u32,
    to: u32,
}

/// The words and their trie.
#[derive(Debug, Default)]
pub(super) struct UserWords {
    words: Vec<UserWord>,
    entries: Vec<Entry>,
    nodes: Vec<TrieNode>,
    /// One bit for each code point of the Basic Multilingual Plane that starts a word: most positions end here.
    starts: Vec<u64>,
    /// Whether a word starts above it.
    starts_above: bool,
}

const FIELDS: usize = 12;

impl UserWords {
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn word(&self, index: u32) -> Option<&UserWord> {
        self.words.get(index as usize)
    }

    /// Reads the rows; context ids come out in lindera's numbering.
    pub(super) fn parse(rows: &str, dictionary: &Dictionary) -> Result<Self, Vec<RowError>> {
        let (mut keyed, mut words, mut errors) = (Vec::new(), Vec::new(), Vec::new());
        for (line, row) in (1..).zip(rows.lines()) {
            let row = row.trim_end_matches('\r');
            if row.trim().is_empty() || row.starts_with('#') {
                continue;
            }
            match parse_row(row, dictionary, words.len() as u32) {
                Ok((surface, entry, word)) => {
                    keyed.push((surface.chars().collect::<Vec<char>>(), entry));
                    words.push(word);
                }
                Err(message) => errors.push(RowError { line, message }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        // Stable: rows of the same surface keep their order, which decides ties.
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self::build(words, &keyed))
    }

    fn build(words: Vec<UserWord>, keyed: &[(Vec<char>, Entry)]) -> Self {
        let mut this = Self {
            words,
            entries: keyed.iter().map(|(_, entry)| *entry).collect(),
            nodes: vec![TrieNode::default()],
            starts: vec![0; 1024],
            starts_above: false,
        };
        for (key, _) in keyed {
            match this.starts.get_mut(key[0] as usize / 64) {
                Some(bits) => *bits |= 1 << (key[0] as usize % 64),
                None => this.starts_above = true,
            }
        }
        // Breadth first, so that the children of a node lie side by side. (node, depth, range of keys below it)
        let mut queue = std::collections::VecDeque::from([(0usize, 0usize, 0..keyed.len())]);
        while let Some((node, depth, range)) = queue.pop_front() {
            let own = keyed[range.clone()].partition_point(|(key, _)| key.len() == depth);
            this.nodes[node].from = range.start as u32;
            this.nodes[node].to = (range.start + own) as u32;
            this.nodes[node].first = this.nodes.len() as u32;
            let mut start = range.start + own;
            while start < range.end {
                let label = keyed[start].0[depth];
                let end = start + keyed[start..range.end].partition_point(|(key, _)| key[depth] == label);
                queue.push_back((this.nodes.len(), depth + 1, start..end));
                this.nodes.push(TrieNode { label, ..TrieNode::default() });
                this.nodes[node].count += 1;
                start = end;
            }
        }
        this
    }

    /// Calls `found` with every word that `rest` starts with and its length in characters, the shortest first.
    #[inline]
    pub(super) fn search(&self, rest: &[char], mut found: impl FnMut(Entry, usize)) {
        let Some(first) = rest.first() else { return };
        let starts = match self.starts.get(*first as usize / 64) {
            Some(bits) => bits >> (*first as usize % 64) & 1 == 1,
            None => self.starts_above,
        };
        if !starts {
            return;
        }
        let mut node = self.nodes[0];
        for (depth, c) in rest.iter().enumerate() {
            let children = &self.nodes[node.first as usize..(node.first + node.count) as usize];
            let Ok(at) = children.binary_search_by_key(c, |child| child.label) else {
                return;
            };
            node = children[at];
            for entry in &self.entries[node.from as usize..node.to as usize] {
                found(*entry, depth + 1);
            }
        }
    }
}

fn parse_row<'r>(row: &'r str, dictionary: &Dictionary, index: u32) -> Result<(&'r str, Entry, UserWord), String> {
    let fields: Vec<&str> = row.split(',').collect();
    let [surface, left, right, cost, tag, meaning, final_consonant, _reading, kind, _first, _last, expression] =
        fields[..]
    else {
        return Err(format!("{} fields, expected {FIELDS}: {row:?}", fields.len()));
    };
    if surface.is_empty() || surface.trim() != surface {
        return Err(format!("the surface {surface:?} is empty or has a space at an end"));
    }
    let matrix = &dictionary.connection_cost_matrix;
    let id = |name: &str, text: &str, size: u32| match text.parse::<u16>() {
        Ok(id) if u32::from(id) < size => Ok(id),
        _ => Err(format!("{name} id {text:?} of {surface} is not a number below {size}")),
    };
    let (left, right) = (id("left", left, matrix.backward_size)?, id("right", right, matrix.forward_size)?);
    let cost =
        cost.parse::<i16>().map_err(|_| format!("cost {cost:?} of {surface} is not a number from -32768 to 32767"))?;
    if tag.is_empty() || tag == "*" {
        return Err(format!("{surface} has no part-of-speech tag"));
    }
    if !matches!(final_consonant, "T" | "F" | "*") {
        return Err(format!("final consonant {final_consonant:?} of {surface} is none of T, F and *"));
    }
    match kind {
        "*" => {}
        "Compound" | "Inflect" | "Preanalysis" => {
            let parts = expression.split('+').count();
            if parts < 2 || (Parts { rest: expression }).count() != parts {
                return Err(format!("expression {expression:?} of {surface} is not form/TAG/* joined with +"));
            }
        }
        _ => {
            return Err(format!("type {kind:?} of {surface} is none of *, Compound, Inflect and Preanalysis"));
        }
    }
    let map = dictionary.metadata.context_id_map.as_ref();
    let entry = Entry {
        word: WordId::new(WordKind::User, index),
        cost,
        left: map.map_or(left, |map| map.map_left(left)),
        right: map.map_or(right, |map| map.map_right(right)),
    };
    let word = UserWord { tag: tag.to_owned(), meaning: meaning.to_owned(), expression: expression.to_owned() };
    Ok((surface, entry, word))
}
