//! From a plan to a query of the engine.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery,
    Query as Engine, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::plan::Plan;
use crate::schema::Fields;
use crate::steady::Steady;

/// A word in the headline says twice as much as one in the body.
const TITLE_BOOST: f32 = 2.0;

/// The engine's query for a plan.
pub(crate) fn compile(plan: &Plan, fields: &Fields) -> Box<dyn Engine> {
    let steady = |inner: &Plan| Box::new(Steady(compile(inner, fields))) as Box<dyn Engine>;
    let all = |parts: &[Plan]| parts.iter().map(|part| compile(part, fields)).collect::<Vec<_>>();
    match plan {
        Plan::All => silent(Box::new(AllQuery)),
        Plan::Nothing => Box::new(EmptyQuery),
        Plan::Term(term) => in_text(fields, |field| {
            Box::new(TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::WithFreqs))
        }),
        Plan::Phrase(terms) => in_text(fields, |field| {
            let terms = terms.iter().map(|(at, term)| (*at as usize, Term::from_field_text(field, term)));
            Box::new(Steady(Box::new(PhraseQuery::new_with_offset(terms.collect()))))
        }),
        Plan::Pair(pair) => {
            Box::new(TermQuery::new(Term::from_field_text(fields.pairs, pair), IndexRecordOption::Basic))
        }
        Plan::Exact(name, value) => exact(Term::from_field_text(fields.exact(name), value)),
        Plan::Flag(name, value) => {
            let field = if *name == "outage" { fields.outage } else { fields.current };
            exact(Term::from_field_bool(field, *value))
        }
        Plan::Time(from, to) => {
            let term = |seconds: &i64| Term::from_field_i64(fields.published, *seconds);
            let from = from.as_ref().map_or(Bound::Unbounded, |at| Bound::Included(term(at)));
            let to = to.as_ref().map_or(Bound::Unbounded, |at| Bound::Excluded(term(at)));
            silent(Box::new(Steady(Box::new(RangeQuery::new(from, to)))))
        }
        Plan::And(parts) => {
            let mut clauses: Vec<(Occur, Box<dyn Engine>)> = parts
                .iter()
                .map(|part| match part {
                    Plan::Not(inner) => (Occur::MustNot, steady(inner)),
                    other => (Occur::Must, compile(other, fields)),
                })
                .collect();
            if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
                clauses.push((Occur::Must, silent(Box::new(AllQuery))));
            }
            Box::new(BooleanQuery::new(clauses))
        }
        Plan::Or(parts) => Box::new(BooleanQuery::union(all(parts))),
        Plan::Best(parts) => Box::new(DisjunctionMaxQuery::new(all(parts))),
        Plan::Not(inner) => Box::new(BooleanQuery::new(vec![
            (Occur::Must, silent(Box::new(AllQuery))),
            (Occur::MustNot, steady(inner)),
        ])),
        Plan::Boost(factor, inner) => Box::new(BoostQuery::new(compile(inner, fields), *factor)),
    }
}

/// A condition: it says who is meant, not how well.
fn silent(query: Box<dyn Engine>) -> Box<dyn Engine> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn exact(term: Term) -> Box<dyn Engine> {
    silent(Box::new(TermQuery::new(term, IndexRecordOption::Basic)))
}

fn in_text(fields: &Fields, make: impl Fn(Field) -> Box<dyn Engine>) -> Box<dyn Engine> {
    Box::new(BooleanQuery::union(vec![Box::new(BoostQuery::new(make(fields.title), TITLE_BOOST)), make(fields.body)]))
}
