//! From a parsed query to one that the engine runs.

use std::collections::BTreeSet;
use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query as Planned, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::query::Query;
use crate::schema::Fields;
use crate::tokens::{Bigrams, Tokens, terms};

/// A word in the headline says twice as much as one in the body.
const TITLE_BOOST: f32 = 2.0;

/// How words are looked up.
#[derive(Clone, Copy)]
pub(crate) enum Through<'a> {
    /// The Korean analyzer.
    Analyzer(&'a dyn Tokens),
    /// Pairs of syllables.
    Fallback,
}

pub(crate) fn plan(query: &Query, fields: &Fields, through: Through<'_>) -> Box<dyn Planned> {
    match query {
        Query::All => Box::new(AllQuery),
        Query::And(parts) => {
            let mut clauses: Vec<_> = parts
                .iter()
                .map(|part| match part {
                    Query::Not(inner) => (Occur::MustNot, plan(inner, fields, through)),
                    other => (Occur::Must, plan(other, fields, through)),
                })
                .collect();
            if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
                clauses.push((Occur::Must, Box::new(AllQuery)));
            }
            Box::new(BooleanQuery::new(clauses))
        }
        Query::Or(parts) => {
            Box::new(BooleanQuery::union(parts.iter().map(|part| plan(part, fields, through)).collect()))
        }
        Query::Not(inner) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, Box::new(AllQuery) as Box<dyn Planned>),
            (Occur::MustNot, plan(inner, fields, through)),
        ])),
        Query::Word(word) => text(word, fields, through, false),
        Query::Phrase(phrase) => text(phrase, fields, through, true),
        Query::Field(name, value) => {
            let field = match *name {
                "service" => fields.service,
                "feature" => fields.feature,
                "symptom" => fields.symptom,
                "kind" => fields.kind,
                _ => fields.source,
            };
            exact(Term::from_field_text(field, value))
        }
        Query::Flag(name, value) => {
            let field = if *name == "outage" { fields.outage } else { fields.current };
            exact(Term::from_field_bool(field, *value))
        }
        Query::After(seconds) => range(Bound::Included(*seconds), Bound::Unbounded, fields.published),
        Query::Before(seconds) => range(Bound::Unbounded, Bound::Excluded(*seconds), fields.published),
    }
}

fn range(from: Bound<i64>, to: Bound<i64>, field: Field) -> Box<dyn Planned> {
    let term = |seconds| Term::from_field_i64(field, seconds);
    Box::new(RangeQuery::new(from.map(term), to.map(term)))
}

fn exact(term: Term) -> Box<dyn Planned> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn text(words: &str, fields: &Fields, through: Through<'_>, phrase: bool) -> Box<dyn Planned> {
    match through {
        Through::Fallback => all_of(fields.bigram, &terms(&Bigrams, words), true),
        Through::Analyzer(tokens) => {
            let terms = terms(tokens, words);
            if terms.is_empty() {
                // Only endings or punctuation: the pairs of syllables still find it.
                return all_of(fields.bigram, &crate::tokens::terms(&Bigrams, words), true);
            }
            Box::new(BooleanQuery::union(vec![
                Box::new(BoostQuery::new(all_of(fields.title, &terms, phrase), TITLE_BOOST)),
                all_of(fields.body, &terms, phrase),
            ]))
        }
    }
}

/// Every term in one field; in order when `phrase` says so.
fn all_of(field: Field, terms: &[String], phrase: bool) -> Box<dyn Planned> {
    let make = |term: &String| Term::from_field_text(field, term);
    let counted = |term| Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)) as Box<dyn Planned>;
    match terms {
        [] => Box::new(EmptyQuery),
        [one] => counted(make(one)),
        many if phrase => Box::new(PhraseQuery::new(many.iter().map(make).collect())),
        many => {
            let distinct: BTreeSet<&String> = many.iter().collect();
            Box::new(BooleanQuery::intersection(distinct.into_iter().map(|term| counted(make(term))).collect()))
        }
    }
}
