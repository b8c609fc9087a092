//! How a query was read, and what a score is made of.

use serde::Serialize;
use tantivy::query::EnableScoring;
use tantivy::{DocAddress, Searcher};

use crate::compile::compile;
use crate::plan::{Level, Plan};
use crate::query::Query;
use crate::schema::Fields;
use crate::search::SearchError;
use crate::tokens::{Tokens, pairs, units};

/// How a query was read.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The query that the engine ran, in a form for people: `+` must, `|` or, `^` weight, `~` pairs of letters.
    pub plan: String,
    /// How far it was stretched.
    pub level: Level,
    /// Each word, analysed.
    pub words: Vec<ExplainedWord>,
}

/// A word of a query.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainedWord {
    /// As typed.
    pub word: String,
    /// Its terms.
    pub terms: Vec<String>,
    /// Parts of the compounds among them.
    pub parts: Vec<String>,
    /// Other words that are taken for it.
    pub synonyms: Vec<String>,
    /// Its pairs of letters, the net below the terms.
    pub pairs: Vec<String>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// What matched.
    pub matched: String,
    /// What it adds; of alternatives only the best counts.
    pub score: f32,
}

pub(crate) fn explained(query: &Query, plan: &Plan, level: Level, tokens: &dyn Tokens) -> Explained {
    let words = query.words().into_iter().map(|word| {
        let units = units(tokens, word);
        ExplainedWord {
            word: word.to_owned(),
            terms: units.iter().map(|unit| unit.term.clone()).collect(),
            parts: units.iter().flat_map(|unit| unit.parts.iter().map(|(_, part)| part.clone())).collect(),
            synonyms: tokens.synonyms(word),
            pairs: pairs(word),
        }
    });
    Explained { plan: shown(plan), level, words: words.collect() }
}

fn shown(plan: &Plan) -> String {
    let joined = |parts: &[Plan], by: &str| format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(by));
    match plan {
        Plan::All => "everything".into(),
        Plan::Nothing => "nothing".into(),
        Plan::Term(term) => term.clone(),
        Plan::Phrase(terms) => {
            format!("\"{}\"", terms.iter().map(|(_, term)| term.as_str()).collect::<Vec<_>>().join(" "))
        }
        Plan::Pair(pair) => format!("~{pair}"),
        Plan::Exact(name, value) => format!("{name}:{value}"),
        Plan::Flag(name, value) => format!("{name}:{value}"),
        Plan::Time(from, to) => {
            let at = |seconds: &Option<i64>| seconds.map_or_else(String::new, |at| at.to_string());
            format!("published:[{},{})", at(from), at(to))
        }
        Plan::And(parts) => joined(parts, " + "),
        Plan::Or(parts) => joined(parts, " | "),
        Plan::Best(parts) => joined(parts, " best| "),
        Plan::Not(inner) => format!("-{}", shown(inner)),
        Plan::Boost(factor, inner) => format!("{}^{factor}", shown(inner)),
    }
}

/// What each leaf of the plan adds to a document's score, the most first.
pub(crate) fn why(
    plan: &Plan,
    fields: &Fields,
    searcher: &Searcher,
    address: DocAddress,
) -> Result<Vec<Why>, SearchError> {
    let mut leaves = Vec::new();
    flatten(plan, 1.0, &mut leaves);
    let segment = searcher.segment_reader(address.segment_ord);
    let mut found: Vec<Why> = Vec::new();
    for (factor, leaf) in leaves {
        let weight = compile(leaf, fields).weight(EnableScoring::enabled_from_searcher(searcher))?;
        let mut scorer = weight.scorer(segment, factor)?;
        if scorer.doc() <= address.doc_id && scorer.seek(address.doc_id) == address.doc_id {
            found.push(Why { matched: shown(leaf), score: scorer.score() });
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.matched.cmp(&b.matched)));
    found.dedup();
    Ok(found)
}

fn flatten<'a>(plan: &'a Plan, factor: f32, into: &mut Vec<(f32, &'a Plan)>) {
    match plan {
        Plan::And(parts) | Plan::Or(parts) | Plan::Best(parts) => {
            parts.iter().for_each(|part| flatten(part, factor, into));
        }
        Plan::Boost(more, inner) => flatten(inner, factor * more, into),
        Plan::Term(_) | Plan::Phrase(_) | Plan::Pair(_) => into.push((factor, plan)),
        _ => {}
    }
}
