//! What a query that finds nothing may have meant: other spellings, the other keyboard layout, values that exist.

use std::collections::BTreeSet;

use serde::Serialize;
use tantivy::{Searcher, Term};

use crate::hangul::{distance_of, letters, typed_in_hangul, typed_in_latin};
use crate::query::Query;
use crate::schema::Fields;
use crate::search::SearchError;
use crate::tokens::{Tokens, units};

/// Another reading of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What was typed.
    pub typed: String,
    /// What may have been meant.
    pub meant: String,
    /// The whole query with that.
    pub query: String,
    /// Why: `keyboard`, `spelling` or `value`.
    pub reason: &'static str,
}

/// Suggestions for a query, the likeliest first for each word.
pub(crate) fn suggestions(
    query: &Query,
    text: &str,
    searcher: &Searcher,
    fields: &Fields,
    tokens: &dyn Tokens,
) -> Result<Vec<Suggestion>, SearchError> {
    let mut found = Vec::new();
    let mut add = |typed: &str, meant: String, reason| {
        // Only where the word stands in the query as it was read; inside quotation marks too.
        let query = text.replacen(typed, &meant, 1);
        if meant != typed && query != text {
            found.push(Suggestion { typed: typed.to_owned(), meant, query, reason });
        }
    };
    let frequency = |word: &str| -> Result<u64, SearchError> {
        let mut least = u64::MAX;
        for unit in units(tokens, word) {
            let body = searcher.doc_freq(&Term::from_field_text(fields.body, &unit.term))?;
            let title = searcher.doc_freq(&Term::from_field_text(fields.title, &unit.term))?;
            least = least.min(body + title);
        }
        Ok(if least == u64::MAX { 0 } else { least })
    };
    let words: BTreeSet<&str> = query.words().into_iter().flat_map(str::split_whitespace).collect();
    let mut known: Option<Vec<(String, u64)>> = None;
    for word in words {
        let other = if word.is_ascii() { typed_in_latin(word) } else { typed_in_hangul(word) };
        if let Some(meant) = other
            && (frequency(&meant)? > 0 || !tokens.synonyms(&meant).is_empty())
            && frequency(word)? == 0
        {
            add(word, meant, "keyboard");
            continue;
        }
        if frequency(word)? > 0 {
            continue;
        }
        if known.is_none() {
            known = Some(vocabulary(searcher, fields, tokens)?);
        }
        let near = nearest(word, known.iter().flatten().map(|(word, count)| (word.as_str(), *count)));
        near.into_iter().for_each(|meant| add(word, meant, "spelling"));
    }
    for (field, value) in query.values() {
        let term = Term::from_field_text(fields.exact(field), value);
        if searcher.doc_freq(&term)? > 0 || tokens.values(field).iter().any(|known| known == value) {
            continue;
        }
        let mut values = tokens.values(field);
        values.extend(terms_of(searcher, fields.exact(field), 10_000)?.into_iter().map(|(value, _)| value));
        values.sort();
        values.dedup();
        let near = nearest(value, values.iter().map(|value| (value.as_str(), 1)));
        near.into_iter().for_each(|meant| add(value, meant, "value"));
    }
    Ok(found)
}

/// The up to three nearest words, within a third of the letters; among equals the more frequent.
fn nearest<'a>(word: &str, known: impl Iterator<Item = (&'a str, u64)>) -> Vec<String> {
    let typed = letters(&word.to_lowercase());
    let most = (typed.len() / 3).clamp(1, 3);
    let mut near: Vec<(usize, std::cmp::Reverse<u64>, &str)> = known
        .filter(|(known, _)| known.len().abs_diff(word.len()) <= 3 * most)
        .filter_map(|(known, count)| {
            let letters = letters(&known.to_lowercase());
            let close = letters.len().abs_diff(typed.len()) <= most;
            let distance = if close { distance_of(&typed, &letters) } else { usize::MAX };
            (1..=most).contains(&distance).then_some((distance, std::cmp::Reverse(count), known))
        })
        .collect();
    near.sort();
    near.dedup_by_key(|(_, _, known)| *known);
    near.into_iter().take(3).map(|(_, _, known)| known.to_owned()).collect()
}

/// Words that documents hold, and how many documents; names of the catalogue count as if many did.
fn vocabulary(searcher: &Searcher, fields: &Fields, tokens: &dyn Tokens) -> Result<Vec<(String, u64)>, SearchError> {
    let mut words = terms_of(searcher, fields.body, 2_000_000)?;
    words.extend(terms_of(searcher, fields.title, 2_000_000)?);
    words.extend(tokens.vocabulary().into_iter().filter(|name| !name.contains(' ')).map(|name| (name, 1_000_000)));
    Ok(words)
}

fn terms_of(
    searcher: &Searcher,
    field: tantivy::schema::Field,
    most: usize,
) -> Result<Vec<(String, u64)>, SearchError> {
    let mut found = Vec::new();
    for segment in searcher.segment_readers() {
        let inverted = segment.inverted_index(field)?;
        let mut terms = inverted.terms().stream().map_err(tantivy::TantivyError::from)?;
        while let Some((term, at)) = terms.next() {
            if found.len() >= most {
                return Ok(found);
            }
            if let Ok(term) = std::str::from_utf8(term) {
                found.push((term.to_owned(), u64::from(at.doc_freq)));
            }
        }
    }
    Ok(found)
}
