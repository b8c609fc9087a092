//! What people's verdicts say about the detector: precision by service and by kind of source, and thresholds that the verdicts
//! speak for. Nothing is changed by it: a threshold is a decision.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::settings::Family;

/// Share of right incidents that a suggested threshold must keep.
const KEEP: f64 = 0.9;
/// Verdicts below which nothing is suggested.
const LEAST: usize = 5;

/// An incident that somebody has judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Service id.
    pub service: String,
    /// Kinds of source that spoke for it.
    pub families: BTreeSet<Family>,
    /// Highest score in nats that it reached.
    pub score: f64,
    /// Whether it was an outage.
    pub right: bool,
}

/// How often the detector was right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Precision {
    /// `all`, `service:ID` or `source:FAMILY`.
    pub scope: String,
    /// Incidents with a verdict.
    pub judged: usize,
    /// Of those, outages.
    pub right: usize,
    /// Share of them.
    pub precision: f64,
    /// Score in nats that would have held back every false alarm and nearly no outage; none where there is no such score.
    pub suggested_threshold: Option<f64>,
}

/// Precision over all, by service and by kind of source.
#[must_use]
pub fn precision(judged: &[Judged]) -> Vec<Precision> {
    let mut scopes: BTreeMap<(u8, String), Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        scopes.entry((0, "all".to_owned())).or_default().push(one);
        for family in &one.families {
            scopes.entry((1, format!("source:{}", family.as_str()))).or_default().push(one);
        }
        scopes.entry((2, format!("service:{}", one.service))).or_default().push(one);
    }
    scopes
        .into_iter()
        .map(|((_, scope), of)| {
            let right = of.iter().filter(|one| one.right).count();
            let precision = right as f64 / of.len() as f64;
            Precision { scope, judged: of.len(), right, precision, suggested_threshold: threshold(&of) }
        })
        .collect()
}

fn threshold(of: &[&Judged]) -> Option<f64> {
    let (right, wrong): (Vec<&Judged>, Vec<&Judged>) = of.iter().partition(|one| one.right);
    let highest = wrong.iter().map(|one| one.score).fold(f64::NEG_INFINITY, f64::max);
    if of.len() < LEAST || wrong.is_empty() || right.is_empty() {
        return None;
    }
    let kept = right.iter().filter(|one| one.score > highest).count();
    (kept as f64 >= KEEP * right.len() as f64).then(|| (highest * 10.0).floor() / 10.0 + 0.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(service: &str, family: Family, score: f64, right: bool) -> Judged {
        Judged { service: service.into(), families: BTreeSet::from([family]), score, right }
    }

    #[test]
    fn precision_is_told_by_service_and_source_and_a_threshold_only_where_it_helps() {
        let mut all = vec![judged("toss", Family::Social, 8.2, false), judged("toss", Family::Social, 8.6, false)];
        all.extend((0..4).map(|n| judged("toss", Family::News, 12.0 + f64::from(n), true)));
        all.push(judged("kbank", Family::Social, 8.4, true));
        let told = precision(&all);
        let of = |scope: &str| told.iter().find(|one| one.scope == scope).unwrap();
        assert_eq!((of("all").judged, of("all").right), (7, 5));
        assert_eq!(of("source:news").precision, 1.0);
        assert_eq!(of("service:toss").suggested_threshold, Some(8.7));
        assert_eq!(of("all").suggested_threshold, None, "it would lose one outage in five");
        assert_eq!(of("service:kbank").suggested_threshold, None, "one verdict is none");
        assert_eq!(told.len(), 5, "{told:?}");
    }
}
