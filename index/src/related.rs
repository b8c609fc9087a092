//! Terms that come more often in a result than elsewhere.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tantivy::collector::TopDocs;
use tantivy::query::Query as Engine;
use tantivy::schema::Value;
use tantivy::{Searcher, TantivyDocument, Term};

use crate::plan::Plan;
use crate::schema::Fields;
use crate::search::SearchError;
use crate::tokens::Tokens;

/// How many of the best hits stand for the result.
const SAMPLE: usize = 200;

/// A term that is over-represented in a result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Related {
    /// The term; of a verb its stem.
    pub term: String,
    /// Documents with it among the best 200 hits.
    pub hits: u64,
    /// Documents with it in the whole index.
    pub all: u64,
    /// How much more often it comes than in the whole index, weighed by how often it comes at all.
    pub score: f64,
}

/// The `count` most over-represented terms.
pub(crate) fn related(
    engine: &dyn Engine,
    plan: &Plan,
    count: usize,
    searcher: &Searcher,
    fields: &Fields,
    tokens: &dyn Tokens,
) -> Result<Vec<Related>, SearchError> {
    let mut asked = Vec::new();
    plan.highlights(&mut asked);
    let asked: HashSet<String> = asked.into_iter().collect();
    let best = searcher.search(engine, &TopDocs::with_limit(SAMPLE).order_by_score())?;
    let mut hits: HashMap<String, u64> = HashMap::new();
    for (_, address) in &best {
        let found: TantivyDocument = searcher.doc(*address)?;
        let mut seen: HashSet<String> = HashSet::new();
        for field in [fields.title, fields.body] {
            let text = found.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
            tokens.tokens(text, &mut |term| {
                // One syllable says too little, and a number belongs to one story.
                let word = term.text.chars().count() > 1 && !term.text.chars().all(|c| c.is_ascii_digit());
                if word && !asked.contains(term.text) && !seen.contains(term.text) {
                    seen.insert(term.text.to_owned());
                }
            });
        }
        for term in seen {
            *hits.entry(term).or_default() += 1;
        }
    }
    let (sample, whole) = (best.len().max(1) as f64, searcher.num_docs().max(1) as f64);
    let mut found = Vec::new();
    for (term, hits) in hits.into_iter().filter(|(_, hits)| *hits > 1) {
        let in_body = searcher.doc_freq(&Term::from_field_text(fields.body, &term))?;
        let in_title = searcher.doc_freq(&Term::from_field_text(fields.title, &term))?;
        let all = in_body.max(in_title).max(hits);
        let (here, everywhere) = (hits as f64 / sample, all as f64 / whole);
        if here > everywhere {
            found.push(Related { score: (here - everywhere) * (here / everywhere).ln(), term, hits, all });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.term.cmp(&b.term)));
    found.truncate(count);
    Ok(found)
}
