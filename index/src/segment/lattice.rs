//! The lattice: all words that the dictionary sees in a sentence, and the cheapest path through them.

use lindera_dictionary::viterbi::WordEntry;

use super::{CharInfo, Segmenter, Token, WordId, WordKind};

/// Characters in one lattice. A sentence is far shorter; the limit bounds memory for text without line ends.
const MAX_CHARS: usize = 4096;
/// Unknown words of one class have at most this many characters behind the first (MeCab's max-grouping-size).
const MAX_GROUPING: usize = 24;
/// The bits of a packed word id that number the word in its list.
pub(super) const NO_WORD_BITS: u32 = (1 << 30) - 1;
/// lindera's trie uses this code point, which is no character, as its end mark: it would seem to belong to every word.
const TRIE_END: char = '\u{FFFF}';
const NONE: u32 = u32::MAX;
/// Bytes of one entry as lindera's trie returns it: word id `u32`, cost `i16`, left id `u16`, right id `u16`.
const ENTRY_BYTES: usize = 10;

/// A word that may stand at a position.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) word: WordId,
    pub(super) cost: i16,
    pub(super) left: u16,
    pub(super) right: u16,
}

impl Entry {
    pub(super) fn unknown(index: u32, entry: WordEntry) -> Self {
        Self {
            word: WordId::new(WordKind::Unknown, index),
            cost: entry.word_cost(),
            left: entry.left_id() as u16,
            right: entry.right_id() as u16,
        }
    }

    /// lindera's `WordEntry` has no public constructor from bytes; `tests::entries_are_read_as_lindera_does` compares.
    pub(super) fn system(bytes: &[u8; ENTRY_BYTES]) -> Self {
        let [a, b, c, d, cost0, cost1, left0, left1, right0, right1] = *bytes;
        Self {
            word: WordId::new(WordKind::System, u32::from_le_bytes([a, b, c, d])),
            cost: i16::from_le_bytes([cost0, cost1]),
            left: u16::from_le_bytes([left0, left1]),
            right: u16::from_le_bytes([right0, right1]),
        }
    }
}

/// A word on the cheapest path that ends with it.
#[derive(Clone, Copy, Debug)]
struct Node {
    cost: i32,
    /// The next node that ends where this one does, or [`NONE`].
    next: u32,
    /// The node before it on the path; [`NONE`] for the start of the sentence.
    previous: u32,
    /// Characters.
    start: u16,
    /// Characters.
    end: u16,
    word: WordId,
    right: u16,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    entry: Entry,
    /// Characters.
    end: u16,
}

/// The best way to reach a left context id from the nodes that end at the position at hand.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    stamp: u32,
    cost: i32,
    previous: u32,
}

/// Where a right context id stands among the nodes that end at the position at hand.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    stamp: u32,
    at: u32,
}

/// The buffers of the search, to be used again and again by one thread. Grows to some 3 MB on the longest sentences.
#[derive(Debug, Default)]
pub struct Lattice {
    chars: Vec<char>,
    infos: Vec<CharInfo>,
    /// Where each character starts, in bytes of the text, and where the last one ends.
    offsets: Vec<u32>,
    /// For each position the newest node that ends there.
    ends: Vec<u32>,
    nodes: Vec<Node>,
    candidates: Vec<Candidate>,
    left_costs: Vec<i32>,
    left_rights: Vec<u16>,
    left_nodes: Vec<u32>,
    reached: Vec<Reached>,
    seen: Vec<Seen>,
    stamp: u32,
    path: Vec<u32>,
}

impl Lattice {
    pub(super) fn segment(&mut self, segmenter: &Segmenter, text: &str, out: &mut Vec<Token>) {
        let mut at = 0;
        while at < text.len() {
            let taken = self.take(segmenter, text, at);
            if !self.chars.is_empty() {
                self.search(segmenter, out);
            }
            at += taken;
        }
    }

    /// Fills the buffers with the next sentence; returns its bytes.
    fn take(&mut self, segmenter: &Segmenter, text: &str, at: usize) -> usize {
        self.chars.clear();
        self.infos.clear();
        self.offsets.clear();
        let mut consumed = 0;
        let rest = &text[at..];
        for (offset, c) in rest.char_indices() {
            if self.chars.len() == MAX_CHARS {
                consumed = self.cut(at, offset);
                break;
            }
            consumed = offset + c.len_utf8();
            if c == '\n' {
                self.offsets.push((at + offset) as u32);
                return consumed;
            }
            self.chars.push(if c == TRIE_END { '\0' } else { c });
            self.infos.push(segmenter.system.char_info(c));
            self.offsets.push((at + offset) as u32);
        }
        self.offsets.push((at + consumed) as u32);
        consumed
    }

    /// Shortens a full buffer to a good place to cut at; returns the bytes that remain.
    fn cut(&mut self, at: usize, full: usize) -> usize {
        let space = |i: &usize| self.infos[*i].space();
        let ends = |i: &usize| space(i) && matches!(self.chars[i - 1], '.' | '!' | '?' | '…' | '。');
        let last = self.chars.len() - 1;
        let Some(cut) = (1..=last).rev().find(ends).or_else(|| (1..=last).rev().find(space)) else {
            return full;
        };
        let bytes = self.offsets[cut] as usize - at;
        self.chars.truncate(cut);
        self.infos.truncate(cut);
        self.offsets.truncate(cut);
        bytes
    }

    /// Finds the cheapest path and appends its words.
    fn search(&mut self, segmenter: &Segmenter, out: &mut Vec<Token>) {
        let system = segmenter.system;
        let matrix = &*system.dictionary.connection_cost_matrix;
        let length = self.chars.len();
        self.nodes.clear();
        self.ends.clear();
        self.ends.resize(length + 1, NONE);
        self.reached.resize(matrix.backward_size as usize, Reached::default());
        self.seen.resize(matrix.forward_size as usize, Seen::default());

        let mut last = None;
        for position in 0..length {
            if position > 0 && self.ends[position] == NONE {
                continue;
            }
            let mut start = position;
            while start < length && self.infos[start].space() {
                start += 1;
            }
            if start == length {
                // Only spaces follow.
                last = Some(position);
                break;
            }
            self.gather(position);
            self.collect(segmenter, start);
            let spaced = start > position;
            for at in (0..self.candidates.len()).rev() {
                let Candidate { entry, end } = self.candidates[at];
                let reached = &mut self.reached[usize::from(entry.left)];
                if reached.stamp != self.stamp {
                    let row = matrix.row(u32::from(entry.left));
                    let (cost, previous) = cheapest(&self.left_costs, &self.left_rights, row);
                    let penalty = if spaced { system.penalty[usize::from(entry.left)] } else { 0 };
                    *reached = Reached { stamp: self.stamp, cost: cost + penalty, previous: self.left_nodes[previous] };
                }
                let node = Node {
                    cost: reached.cost + i32::from(entry.cost),
                    next: self.ends[usize::from(end)],
                    previous: reached.previous,
                    start: start as u16,
                    end,
                    word: entry.word,
                    right: entry.right,
                };
                self.ends[usize::from(end)] = self.nodes.len() as u32;
                self.nodes.push(node);
            }
        }

        let last = last.unwrap_or(length);
        if last == 0 {
            return; // nothing but spaces
        }
        self.gather(last);
        let (_, best) = cheapest(&self.left_costs, &self.left_rights, matrix.row(0));
        self.path.clear();
        let mut node = self.left_nodes[best];
        while node != NONE {
            self.path.push(node);
            node = self.nodes[node as usize].previous;
        }
        out.extend(self.path.iter().rev().map(|at| {
            let node = &self.nodes[*at as usize];
            Token {
                start: self.offsets[usize::from(node.start)],
                end: self.offsets[usize::from(node.end)],
                word: node.word,
            }
        }));
    }

    /// Lays out the nodes that end at `position` for [`cheapest`], of those with the same right context id the cheapest.
    /// The order is MeCab's, the newest node first, which decides between paths of the same cost.
    fn gather(&mut self, position: usize) {
        self.left_costs.clear();
        self.left_rights.clear();
        self.left_nodes.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            // After 2^32 positions a stamp from long ago would look fresh.
            self.reached.fill(Reached::default());
            self.seen.fill(Seen::default());
            self.stamp = 1;
        }
        if position == 0 {
            self.push_left(0, 0, NONE);
            return;
        }
        let mut at = self.ends[position];
        while at != NONE {
            let Node { cost, next, right, .. } = self.nodes[at as usize];
            let seen = &mut self.seen[usize::from(right)];
            if seen.stamp != self.stamp {
                *seen = Seen { stamp: self.stamp, at: self.left_costs.len() as u32 };
                self.push_left(cost, right, at);
            } else if cost < self.left_costs[seen.at as usize] {
                // The dearer one stays in its place, out of reach, to keep the order of the others.
                self.left_costs[seen.at as usize] = OUT_OF_REACH;
                seen.at = self.left_costs.len() as u32;
                self.push_left(cost, right, at);
            }
            at = next;
        }
    }

    fn push_left(&mut self, cost: i32, right: u16, node: u32) {
        self.left_costs.push(cost);
        self.left_rights.push(right);
        self.left_nodes.push(node);
    }

    /// Collects the words that may start at `start`, in MeCab's order: dictionary, user words, unknown words.
    fn collect(&mut self, segmenter: &Segmenter, start: usize) {
        let system = segmenter.system;
        let candidates = &mut self.candidates;
        candidates.clear();
        let rest = &self.chars[start..];
        for (entries, count) in system.dictionary.prefix_dictionary.common_prefix_search(rest) {
            let end = (start + count) as u16;
            let entries = entries.as_chunks::<ENTRY_BYTES>().0;
            candidates.extend(entries.iter().map(|bytes| Candidate { entry: Entry::system(bytes), end }));
        }
        segmenter.user.search(rest, |entry, count| {
            candidates.push(Candidate { entry, end: (start + count) as u16 });
        });

        let info = self.infos[start];
        if !candidates.is_empty() && !info.invoke() {
            return;
        }
        let infos = &self.infos[start..];
        let unknown = &system.unknown[info.class()];
        let mut add = |count: usize| {
            let end = (start + count) as u16;
            candidates.extend(unknown.iter().map(|entry| Candidate { entry: *entry, end }));
        };
        let mut grouped = 0;
        if info.group() {
            // One more than may be grouped tells that the run is too long; going on would be quadratic.
            let run = infos.windows(2).take(MAX_GROUPING + 1).take_while(|pair| pair[0].kind_of(pair[1])).count();
            grouped = run + 1;
            if run <= MAX_GROUPING {
                add(grouped);
            }
        }
        for count in 1..=info.length() as usize {
            if count != grouped {
                add(count);
            }
            if infos.get(count).is_none_or(|next| !info.kind_of(*next)) {
                break;
            }
        }
        if candidates.is_empty() {
            candidates.extend(unknown.iter().map(|entry| Candidate { entry: *entry, end: (start + 1) as u16 }));
        }
    }
}

/// Dearer than any path: 4,096 words of at most 32,767 + 32,767 + 6,000 stay below 3 * 10^8.
const OUT_OF_REACH: i32 = 1 << 30;

/// The cheapest connection: its cost and its place in the list; the first of equal ones.
#[inline]
fn cheapest(costs: &[i32], rights: &[u16], row: &[i16]) -> (i32, usize) {
    let mut best = (i32::MAX, 0);
    for (at, (cost, right)) in costs.iter().zip(rights).enumerate() {
        let cost = cost + i32::from(row[usize::from(*right)]);
        if cost < best.0 {
            best = (cost, at);
        }
    }
    best
}
