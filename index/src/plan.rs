//! What a query asks of a document, in terms: the one form that the engine runs and that the percolator matches with.

use crate::query::Query;
use crate::tokens::{Tokens, Unit, pairs, units};

/// How far a query is stretched when nothing answers it as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Every word, by its morphemes.
    All,
    /// Every word, by morphemes or by the pairs of letters in it.
    Pairs,
    /// Some of the words, the best first.
    Some,
}

/// What is asked of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    All,
    Nothing,
    /// A term of title or body.
    Term(String),
    /// Terms of title or body at these distances.
    Phrase(Vec<(u32, String)>),
    /// A pair of letters.
    Pair(String),
    /// An exact value; does not count for the score.
    Exact(&'static str, String),
    Flag(&'static str, bool),
    /// Published from the first second, before the second.
    Time(Option<i64>, Option<i64>),
    And(Vec<Plan>),
    Or(Vec<Plan>),
    /// One of these is enough, and only the best counts.
    Best(Vec<Plan>),
    Not(Box<Plan>),
    Boost(f32, Box<Plan>),
}

/// Parts of a compound say less than the compound.
const PARTS: f32 = 0.7;
/// Another name for what was asked says nearly as much as the name itself.
const SYNONYM: f32 = 0.8;
/// Weight of a pair of letters; the pairs' field gives the inverse document frequency alone, the words' field up to 2.2 times it.
const PAIR: f32 = 1.1;

/// The plan of a query.
pub(crate) fn plan(query: &Query, level: Level, tokens: &dyn Tokens) -> Plan {
    match query {
        Query::All => Plan::All,
        Query::And(parts) => and(parts, level, tokens),
        Query::Or(parts) => Plan::Or(parts.iter().map(|part| plan(part, level.max_pairs(), tokens)).collect()),
        Query::Not(inner) => Plan::Not(Box::new(plan(inner, Level::All, tokens))),
        Query::Word(_) => and(std::slice::from_ref(query), level, tokens),
        Query::Phrase(words) => phrase(words, tokens),
        Query::Field(name, value) => Plan::Exact(name, value.clone()),
        Query::Flag(name, value) => Plan::Flag(name, *value),
        Query::After(seconds) => Plan::Time(Some(*seconds), None),
        Query::Before(seconds) => Plan::Time(None, Some(*seconds)),
    }
}

impl Level {
    /// Only words that stand side by side at the top of a query are loosened to some of them.
    fn max_pairs(self) -> Level {
        self.min(Level::Pairs)
    }
}

fn and(parts: &[Query], level: Level, tokens: &dyn Tokens) -> Plan {
    let mut clauses = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for part in parts {
        match part {
            Query::Word(word) => words.push(word),
            other => clauses.push(plan(other, level.max_pairs(), tokens)),
        }
    }
    match level {
        Level::Some if !words.is_empty() => clauses.push(some(&words, tokens)),
        _ => clauses.extend(together(&words, level, tokens)),
    }
    simple(clauses, Plan::And)
}

fn simple(mut parts: Vec<Plan>, join: fn(Vec<Plan>) -> Plan) -> Plan {
    match parts.len() {
        0 => Plan::Nothing,
        1 => parts.remove(0),
        _ => join(parts),
    }
}

/// Words side by side; two or three of them may be one name: 카카오 뱅크.
fn together(words: &[&str], level: Level, tokens: &dyn Tokens) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let longest = (2..=3.min(words.len() - at)).rev();
        let joined = longest
            .map(|count| (count, words[at..at + count].join(" ")))
            .map(|(count, name)| (count, tokens.synonyms(&name), name))
            .find(|(_, others, _)| !others.is_empty());
        let (count, others, name) = joined.unwrap_or_else(|| (1, tokens.synonyms(words[at]), words[at].to_owned()));
        let own = words[at..at + count].iter().map(|word| self_word(word, level, tokens)).collect();
        let mut ways = vec![simple(own, Plan::And)];
        let mut seen = vec![terms_of(&name, tokens)];
        for other in others {
            // 카뱅 and 카카오뱅크 앱: a longer name that holds a shorter one finds nothing more.
            let terms = terms_of(&other, tokens);
            if !terms.is_empty() && !seen.contains(&terms) {
                ways.push(Plan::Boost(SYNONYM, Box::new(phrase(&other, tokens))));
                seen.push(terms);
            }
        }
        plans.push(simple(ways, Plan::Best));
        at += count;
    }
    plans
}

fn terms_of(words: &str, tokens: &dyn Tokens) -> Vec<String> {
    units(tokens, words).into_iter().map(|unit| unit.term).collect()
}

fn self_word(word: &str, level: Level, tokens: &dyn Tokens) -> Plan {
    let units = units(tokens, word);
    let by_pairs = || simple(pairs(word).into_iter().map(Plan::Pair).collect(), Plan::And);
    if units.is_empty() {
        // Only endings or signs: the pairs still find it.
        return by_pairs();
    }
    let mut distinct: Vec<Unit> = Vec::new();
    for found in units {
        if !distinct.iter().any(|known| known.term == found.term) {
            distinct.push(found);
        }
    }
    let morphemes = simple(distinct.iter().map(unit).collect(), Plan::And);
    if level == Level::All {
        return morphemes;
    }
    // Without its particles, where there are any: what stands in another text has others.
    let stems = distinct.iter().map(|unit| {
        let pairs = pairs(&unit.term);
        if unit.term.chars().count() < 2 {
            Plan::Best(vec![self::unit(unit), Plan::Boost(PAIR / 2.0, Box::new(by_pairs()))])
        } else {
            let net = simple(pairs.into_iter().map(Plan::Pair).collect(), Plan::And);
            Plan::Best(vec![self::unit(unit), Plan::Boost(PAIR / 2.0, Box::new(net))])
        }
    });
    Plan::Best(vec![simple(stems.collect(), Plan::And), Plan::Boost(PAIR / 2.0, Box::new(by_pairs()))])
}

/// A term, or the parts of a compound in their order.
fn unit(unit: &Unit) -> Plan {
    let whole = Plan::Term(unit.term.clone());
    if unit.parts.is_empty() {
        return whole;
    }
    Plan::Best(vec![whole, Plan::Boost(PARTS, Box::new(Plan::Phrase(unit.parts.clone())))])
}

fn phrase(words: &str, tokens: &dyn Tokens) -> Plan {
    let mut terms = Vec::new();
    let mut compound = None;
    let units = units(tokens, words);
    for unit in &units {
        if unit.parts.is_empty() {
            terms.push((unit.position, unit.term.clone()));
        } else {
            compound = Some(unit);
            terms.extend(unit.parts.iter().cloned());
        }
    }
    match (terms.len(), compound) {
        (0, _) => simple(pairs(words).into_iter().map(Plan::Pair).collect(), Plan::And),
        (1, _) => Plan::Term(terms.remove(0).1),
        // A name alone: the whole of it is worth more than its parts.
        (_, Some(compound)) if units.len() == 1 => unit(compound),
        _ => {
            let first = terms[0].0;
            Plan::Phrase(terms.into_iter().map(|(at, term)| (at - first, term)).collect())
        }
    }
}

/// Some of the words: each term counts for itself, and the pairs of letters along the whole.
fn some(words: &[&str], tokens: &dyn Tokens) -> Plan {
    let text = words.join(" ");
    let mut ways: Vec<Plan> = Vec::new();
    ways.extend(units(tokens, &text).iter().map(unit));
    for word in words {
        for other in tokens.synonyms(word).iter().take(4) {
            ways.push(Plan::Boost(SYNONYM / 2.0, Box::new(phrase(other, tokens))));
        }
    }
    ways.extend(pairs(&text).into_iter().map(|pair| Plan::Boost(PAIR, Box::new(Plan::Pair(pair)))));
    if ways.is_empty() { Plan::Nothing } else { Plan::Or(ways) }
}

impl Plan {
    /// The plan with pairs of letters left out wherever something else says the same.
    pub(crate) fn without_pairs(self) -> Plan {
        let only_pairs = |part: &Plan| match part {
            Plan::Pair(_) => true,
            Plan::Boost(_, inner) => matches!(**inner, Plan::Pair(_)),
            _ => false,
        };
        match self {
            Plan::Or(mut parts) if !parts.iter().all(only_pairs) => {
                parts.retain(|part| !only_pairs(part));
                simple(parts.into_iter().map(Plan::without_pairs).collect(), Plan::Or)
            }
            Plan::And(parts) => Plan::And(parts.into_iter().map(Plan::without_pairs).collect()),
            other => other,
        }
    }

    /// The terms that may be highlighted: all that are not under a `Not`.
    pub(crate) fn highlights(&self, into: &mut Vec<String>) {
        match self {
            Plan::Term(term) => into.push(term.clone()),
            Plan::Phrase(terms) => into.extend(terms.iter().map(|(_, term)| term.clone())),
            Plan::And(parts) | Plan::Or(parts) | Plan::Best(parts) => {
                parts.iter().for_each(|part| part.highlights(into));
            }
            Plan::Boost(_, inner) => inner.highlights(into),
            _ => {}
        }
    }

    /// The pairs that may be highlighted.
    pub(crate) fn pairs(&self, into: &mut Vec<String>) {
        match self {
            Plan::Pair(pair) => into.push(pair.clone()),
            Plan::And(parts) | Plan::Or(parts) | Plan::Best(parts) => parts.iter().for_each(|part| part.pairs(into)),
            Plan::Boost(_, inner) => inner.pairs(into),
            _ => {}
        }
    }
}
