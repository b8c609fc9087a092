//! The seam between the Korean analyzer and the search engine.

use std::sync::Arc;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// A search term of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term<'a> {
    /// The term.
    pub text: &'a str,
    /// First byte that it stands for.
    pub start: usize,
    /// Byte behind.
    pub end: usize,
    /// Place among the terms; a compound takes as many places as it has parts, and stands on the first.
    pub position: u32,
    /// Whether it is a part of the compound before it.
    pub part: bool,
}

/// Turns text into search terms; documents and queries go through the same one.
pub trait Tokens: Send + Sync + 'static {
    /// Calls `sink` with each term, in order of place.
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(Term<'_>));

    /// Other words for a word, as people write them: names of the same service, synonyms.
    fn synonyms(&self, _word: &str) -> Vec<String> {
        Vec::new()
    }

    /// Words that a mistyped one may have been meant to be, beside those that documents hold.
    fn vocabulary(&self) -> Vec<String> {
        Vec::new()
    }

    /// Values that a field (`service`, `feature`, `symptom`) can have, also where no document has them yet.
    fn values(&self, _field: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Overlapping pairs of letters, across spaces too; a letter alone between other signs stays alone. Lower case.
///
/// They find every piece of two letters and more, however it is spaced, at the price of finding 장애 in 장애인 too: the
/// safety net for what the dictionary does not know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pairs;

impl Tokens for Pairs {
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(Term<'_>)) {
        let mut position = 0;
        let mut term = String::new();
        // The letter before, its place, and whether it already stands in a pair.
        let mut before: Option<(usize, char, bool)> = None;
        let mut give = |term: &str, start: usize, end: usize| {
            sink(Term { text: term, start, end, position, part: false });
            position += 1;
        };
        for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
            if c.is_alphanumeric() {
                if let Some((start, first, _)) = before {
                    term.clear();
                    term.extend(first.to_lowercase().chain(c.to_lowercase()));
                    give(&term, start, at + c.len_utf8());
                }
                before = Some((at, c, before.is_some()));
            } else if c == '\n' || !c.is_whitespace() {
                if let Some((start, alone, false)) = before {
                    term.clear();
                    term.extend(alone.to_lowercase());
                    give(&term, start, start + alone.len_utf8());
                }
                before = None;
            }
        }
    }
}

/// Hands the terms of a [`Tokens`] to tantivy. Its buffers live as long as the engine's copy of it: one per field and
/// segment.
pub(crate) struct Adapter {
    tokens: Arc<dyn Tokens>,
    buffers: Buffers,
}

#[derive(Default)]
struct Buffers {
    text: String,
    /// Behind the term in `text`, first byte, byte behind, position.
    terms: Vec<(usize, usize, usize, u32)>,
    token: Token,
}

impl Adapter {
    pub(crate) fn new(tokens: Arc<dyn Tokens>) -> Self {
        Self { tokens, buffers: Buffers::default() }
    }
}

impl Clone for Adapter {
    fn clone(&self) -> Self {
        Self::new(self.tokens.clone())
    }
}

impl Tokenizer for Adapter {
    type TokenStream<'a> = Ready<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Ready<'a> {
        let buffers = &mut self.buffers;
        buffers.text.clear();
        buffers.terms.clear();
        let (kept, terms) = (&mut buffers.text, &mut buffers.terms);
        self.tokens.tokens(text, &mut |term| {
            kept.push_str(term.text);
            terms.push((kept.len(), term.start, term.end, term.position));
        });
        Ready { buffers, next: 0 }
    }
}

/// A token stream that is already complete.
pub(crate) struct Ready<'a> {
    buffers: &'a mut Buffers,
    next: usize,
}

impl TokenStream for Ready<'_> {
    fn advance(&mut self) -> bool {
        let Buffers { text, terms, token } = &mut *self.buffers;
        let Some(&(to, start, end, position)) = terms.get(self.next) else { return false };
        let from = self.next.checked_sub(1).map_or(0, |last| terms[last].0);
        token.text.clear();
        token.text.push_str(&text[from..to]);
        (token.offset_from, token.offset_to, token.position, token.position_length) =
            (start, end, position as usize, 1);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.buffers.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.buffers.token
    }
}

/// A term of a query: the whole word, and the parts of a compound with their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) term: String,
    pub(crate) position: u32,
    pub(crate) parts: Vec<(u32, String)>,
}

/// The terms of a query's words, in order.
pub(crate) fn units(tokens: &dyn Tokens, text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    tokens.tokens(text, &mut |term| match units.last_mut() {
        Some(whole) if term.part => whole.parts.push((term.position, term.text.to_owned())),
        _ => units.push(Unit { term: term.text.to_owned(), position: term.position, parts: Vec::new() }),
    });
    units
}

/// The pairs of a text, each once.
pub(crate) fn pairs(text: &str) -> Vec<String> {
    let mut pairs = Vec::new();
    Pairs.tokens(text, &mut |term| {
        if !pairs.iter().any(|known| known == term.text) {
            pairs.push(term.text.to_owned());
        }
    });
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_run_across_spaces_and_stop_at_other_signs() {
        assert_eq!(pairs("카톡 오류, KT망"), ["카톡", "톡오", "오류", "kt", "t망"]);
        assert_eq!(pairs("앱! 2시\n가"), ["앱", "2시", "가"]);
        assert!(pairs(" …!").is_empty());
        let mut spans = Vec::new();
        Pairs.tokens("가 나", &mut |term| spans.push((term.start, term.end)));
        assert_eq!(spans, [(0, 7)]);
    }

    #[test]
    fn the_engine_gets_every_term_with_its_place() {
        let mut adapter = Adapter::new(Arc::new(Pairs));
        for _ in 0..2 {
            let mut stream = adapter.token_stream("가나 다");
            let mut seen = Vec::new();
            while stream.advance() {
                let token = stream.token();
                seen.push((token.text.clone(), token.position));
            }
            assert_eq!(seen, [("가나".to_owned(), 0), ("나다".to_owned(), 1)]);
        }
    }
}
