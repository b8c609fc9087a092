//! Saved queries against one new document: the search turned round.

use std::collections::{HashMap, HashSet};

use crate::entry::Entry;
use crate::plan::{Level, Plan, plan};
use crate::query::Query;
use crate::tokens::{Pairs, Tokens};

/// Saved queries, ready to be matched. A query matches a document exactly when a strict search for it would find the
/// document; a time that the query counts back from is the one at which it was read.
pub struct Percolator {
    plans: Vec<(String, Plan)>,
    /// From something that a document must have to be matched, to the queries that need it.
    by_need: HashMap<Need, Vec<usize>>,
    /// Queries that can match without any one thing: negations, times alone.
    always: Vec<usize>,
}

/// Something that a document has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Need {
    Term(String),
    Pair(String),
    Exact(&'static str, String),
    Flag(&'static str, bool),
}

/// What a document has.
struct Held {
    /// Places of each term in title and body.
    terms: [HashMap<String, Vec<u32>>; 2],
    pairs: HashSet<String>,
}

impl Percolator {
    /// Compiles queries, each under its name.
    #[must_use]
    pub fn new(queries: impl IntoIterator<Item = (String, Query)>, tokens: &dyn Tokens) -> Self {
        let mut made = Self { plans: Vec::new(), by_need: HashMap::new(), always: Vec::new() };
        for (name, query) in queries {
            let plan = plan(&query, Level::All, tokens);
            let number = made.plans.len();
            match needs(&plan) {
                Some(needs) => {
                    for need in needs {
                        made.by_need.entry(need).or_default().push(number);
                    }
                }
                None => made.always.push(number),
            }
            made.plans.push((name, plan));
        }
        made
    }

    /// How many queries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plans.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// The names of the queries that a document matches, in the order in which they were given.
    #[must_use]
    pub fn matches(&self, entry: &Entry<'_>, tokens: &dyn Tokens) -> Vec<&str> {
        if self.plans.is_empty() {
            return Vec::new();
        }
        let held = Held::of(entry, tokens);
        let mut candidates = self.always.clone();
        let mut add = |need: Need| candidates.extend(self.by_need.get(&need).into_iter().flatten());
        for terms in &held.terms {
            terms.keys().for_each(|term| add(Need::Term(term.clone())));
        }
        held.pairs.iter().for_each(|pair| add(Need::Pair(pair.clone())));
        for name in ["service", "feature", "symptom", "assertion", "kind", "source", "story", "id"] {
            held.exact(entry, name, &mut |value| add(Need::Exact(name, value.to_owned())));
        }
        add(Need::Flag("outage", entry.outage));
        add(Need::Flag("current", entry.current));
        candidates.sort_unstable();
        candidates.dedup();
        let matched = candidates.into_iter().filter(|&number| held.matches(&self.plans[number].1, entry));
        matched.map(|number| self.plans[number].0.as_str()).collect()
    }
}

/// Things of which a matching document has at least one; none when there is no such set.
fn needs(plan: &Plan) -> Option<Vec<Need>> {
    match plan {
        Plan::Nothing => Some(Vec::new()),
        Plan::All | Plan::Time(..) | Plan::Not(_) => None,
        Plan::Term(term) => Some(vec![Need::Term(term.clone())]),
        // The longest term is the rarest more often than not.
        Plan::Phrase(terms) => {
            terms.iter().max_by_key(|(_, term)| term.len()).map(|(_, term)| vec![Need::Term(term.clone())])
        }
        Plan::Pair(pair) => Some(vec![Need::Pair(pair.clone())]),
        Plan::Exact(name, value) => Some(vec![Need::Exact(name, value.clone())]),
        Plan::Flag(name, value) => Some(vec![Need::Flag(name, *value)]),
        // The fewest things, and words before flags: nearly every document has a flag.
        Plan::And(parts) => parts
            .iter()
            .filter_map(needs)
            .min_by_key(|set| (set.iter().any(|need| matches!(need, Need::Flag(..))), set.len())),
        Plan::Or(parts) | Plan::Best(parts) => {
            parts.iter().map(needs).collect::<Option<Vec<_>>>().map(|sets| sets.concat())
        }
        Plan::Boost(_, inner) => needs(inner),
    }
}

impl Held {
    fn of(entry: &Entry<'_>, tokens: &dyn Tokens) -> Self {
        let terms = [&entry.document.title, &entry.document.text].map(|text| {
            let mut terms: HashMap<String, Vec<u32>> = HashMap::new();
            tokens.tokens(text, &mut |term| match terms.get_mut(term.text) {
                Some(places) => places.push(term.position),
                None => {
                    terms.insert(term.text.to_owned(), vec![term.position]);
                }
            });
            terms
        });
        let mut pairs = HashSet::new();
        for text in [&entry.document.title, &entry.document.text] {
            Pairs.tokens(text, &mut |term| {
                if !pairs.contains(term.text) {
                    pairs.insert(term.text.to_owned());
                }
            });
        }
        Self { terms, pairs }
    }

    fn exact(&self, entry: &Entry<'_>, name: &str, each: &mut dyn FnMut(&str)) {
        match name {
            "kind" => each(entry.document.kind.as_str()),
            "story" => each(entry.story),
            "id" => each(&entry.document.id),
            _ => entry.exact(name).iter().for_each(|value| each(value)),
        }
    }

    fn matches(&self, plan: &Plan, entry: &Entry<'_>) -> bool {
        match plan {
            Plan::All => true,
            Plan::Nothing => false,
            Plan::Term(term) => self.terms.iter().any(|terms| terms.contains_key(term)),
            Plan::Phrase(wanted) => self.terms.iter().any(|terms| in_order(terms, wanted)),
            Plan::Pair(pair) => self.pairs.contains(pair),
            Plan::Exact(name, value) => {
                let mut found = false;
                self.exact(entry, name, &mut |held| found |= held == value);
                found
            }
            Plan::Flag(name, value) => *value == if *name == "outage" { entry.outage } else { entry.current },
            Plan::Time(from, to) => entry.document.published_at.is_some_and(|published| {
                let at = published.at.timestamp();
                from.is_none_or(|from| at >= from) && to.is_none_or(|to| at < to)
            }),
            Plan::And(parts) => parts.iter().all(|part| self.matches(part, entry)),
            Plan::Or(parts) | Plan::Best(parts) => parts.iter().any(|part| self.matches(part, entry)),
            Plan::Not(inner) => !self.matches(inner, entry),
            Plan::Boost(_, inner) => self.matches(inner, entry),
        }
    }
}

/// Whether the terms stand at these distances from one another.
fn in_order(terms: &HashMap<String, Vec<u32>>, wanted: &[(u32, String)]) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return false };
    let Some(places) = terms.get(&first.1) else { return false };
    places.iter().any(|&at| {
        rest.iter().all(|(distance, term)| {
            let place = at + distance - first.0;
            terms.get(term).is_some_and(|places| places.contains(&place))
        })
    })
}
