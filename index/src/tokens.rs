//! The seam between the Korean analyzer and the search engine.

use std::sync::Arc;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Turns text into search terms; documents and queries go through the same one.
pub trait Tokens: Send + Sync + 'static {
    /// Calls `sink` with each term and the bytes `start..end` of `text` that it stands for, in order of place.
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(&str, usize, usize));
}

/// Overlapping pairs of Hangul syllables; runs of other letters and digits stay whole, in lower case.
///
/// Finds every substring of two syllables and more, at the price of finding 장애 in 장애인 too, which is why
/// it is only the fallback.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bigrams;

impl Tokens for Bigrams {
    fn tokens(&self, text: &str, sink: &mut dyn FnMut(&str, usize, usize)) {
        let mut run: Vec<(usize, char)> = Vec::new();
        let mut hangul = false;
        for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
            let is_hangul = matches!(c, '\u{AC00}'..='\u{D7A3}' | '\u{3131}'..='\u{318E}');
            if !run.is_empty() && (!c.is_alphanumeric() || is_hangul != hangul) {
                if hangul && run.len() > 1 {
                    for pair in run.windows(2) {
                        let end = pair[1].0 + pair[1].1.len_utf8();
                        sink(&text[pair[0].0..end], pair[0].0, end);
                    }
                } else {
                    let (start, end) = (run[0].0, at);
                    sink(&text[start..end].to_lowercase(), start, end);
                }
                run.clear();
            }
            if c.is_alphanumeric() {
                hangul = is_hangul;
                run.push((at, c));
            }
        }
    }
}

/// Hands the terms of a [`Tokens`] to tantivy.
#[derive(Clone)]
pub(crate) struct Adapter(pub(crate) Arc<dyn Tokens>);

impl Tokenizer for Adapter {
    type TokenStream<'a> = Ready;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Ready {
        let mut tokens = Vec::new();
        self.0.tokens(text, &mut |term, start, end| {
            tokens.push(Token {
                offset_from: start,
                offset_to: end,
                position: tokens.len(),
                text: term.to_owned(),
                position_length: 1,
            });
        });
        Ready { tokens, next: 0 }
    }
}

/// A token stream that is already complete.
pub(crate) struct Ready {
    tokens: Vec<Token>,
    next: usize,
}

impl TokenStream for Ready {
    fn advance(&mut self) -> bool {
        self.next += 1;
        self.next <= self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next - 1]
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokens[self.next - 1]
    }
}

/// The terms of a text, in order.
pub(crate) fn terms(tokens: &dyn Tokens, text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    tokens.tokens(text, &mut |term, _, _| terms.push(term.to_owned()));
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_becomes_pairs_and_latin_stays_whole() {
        assert_eq!(terms(&Bigrams, "카카오톡 KT망, 앱 2시"), ["카카", "카오", "오톡", "kt", "망", "앱", "2", "시"]);
        assert!(terms(&Bigrams, " …!").is_empty());
    }
}
