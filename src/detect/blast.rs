//! Who else is hit: features that hang on what failed, by name of the edge, and services that go on.

use std::collections::{BTreeMap, BTreeSet};

use meoktong_dictionaries::{Catalogue, Edge, EdgeKind};
use serde::{Deserialize, Serialize};

/// Edges on edges that are followed.
const DEPTH: usize = 3;

/// A feature that hangs on what failed, though nobody has reported it yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposed {
    /// Service id.
    pub service: String,
    /// Feature id; none means the whole service.
    pub feature: Option<String>,
    /// The edge: `hosted:kakaotalk/message`.
    pub via: String,
}

/// Why a service is believed to go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spared {
    /// This document says so.
    Said(String),
    /// Its app has servers of its own.
    StandAlone,
}

/// A service that goes on, apart from the features listed as exposed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unaffected {
    /// Service id.
    pub service: String,
    /// How that is known.
    pub why: Spared,
}

/// Features that hang on the failed ones, nearest first, and among equals what runs inside before what signs in or is told
/// through it. What runs inside falls with its feature or with the whole app: when no feature is named, when the app cannot be
/// reached, or when a messenger loses its messages. Signing in and messages to customers have servers of their own, so they
/// fall only with their very feature.
#[must_use]
pub fn exposed(
    catalogue: &Catalogue,
    service: &str,
    features: &BTreeSet<String>,
    failed: &BTreeSet<String>,
) -> Vec<Exposed> {
    let messenger = catalogue.service(service).is_some_and(|service| service.class == "messenger");
    let whole = features.is_empty() || features.contains("access") || (messenger && features.contains("message"));
    let mut frontier: Vec<(String, Option<String>)> =
        features.iter().map(|feature| (service.to_owned(), Some(feature.clone()))).collect();
    if whole {
        frontier.push((service.to_owned(), None));
    }
    let mut found: BTreeMap<(String, Option<String>), String> = BTreeMap::new();
    let mut order = Vec::new();
    for depth in 0..DEPTH {
        let mut next = Vec::new();
        let mut edges: Vec<&Edge> = frontier
            .iter()
            .flat_map(|(provider, feature)| {
                catalogue.dependents(provider).filter(move |edge| carries(edge, feature.as_deref(), depth == 0))
            })
            .collect();
        edges.sort_by_key(|edge| match edge.kind {
            EdgeKind::Hosted => 0,
            EdgeKind::Auth => 1,
            _ => 2,
        });
        for edge in edges {
            let key = (edge.dependent.service.clone(), edge.dependent.feature.clone());
            if key.0 == service || failed.contains(&key.0) || found.contains_key(&key) {
                continue;
            }
            found.insert(key.clone(), via(edge));
            order.push(key.clone());
            next.push(key);
        }
        // A service that is exposed as a whole is named as such; what hangs on some feature of it is guesswork.
        next.retain(|(_, feature)| feature.is_some());
        frontier = next;
    }
    order
        .into_iter()
        .map(|key| {
            let via = found.remove(&key).unwrap_or_default();
            Exposed { service: key.0, feature: key.1, via }
        })
        .collect()
}

fn carries(edge: &Edge, failed: Option<&str>, own: bool) -> bool {
    let kind = match edge.kind {
        EdgeKind::Hosted | EdgeKind::Auth | EdgeKind::Notify => true,
        EdgeKind::Settle | EdgeKind::Infra => false,
    };
    let feature = match (failed, edge.provider.feature.as_deref()) {
        (Some(failed), Some(needed)) => failed == needed,
        // The edge needs the service as such; one failed feature of it is not that.
        (Some(_), None) => false,
        (None, Some(_)) => own && edge.kind == EdgeKind::Hosted,
        (None, None) => own,
    };
    kind && feature
}

fn via(edge: &Edge) -> String {
    match &edge.provider.feature {
        Some(feature) => format!("{}:{}/{feature}", edge.kind.as_str(), edge.provider.service),
        None => format!("{}:{}", edge.kind.as_str(), edge.provider.service),
    }
}

/// Services that go on: said so, or with exposed features but an app of their own.
#[must_use]
pub fn unaffected(
    catalogue: &Catalogue,
    exposed: &[Exposed],
    said: &BTreeMap<String, String>,
    failed: &BTreeSet<String>,
) -> Vec<Unaffected> {
    let mut all: BTreeMap<String, Spared> = exposed
        .iter()
        .filter(|exposed| exposed.feature.is_some())
        .filter(|exposed| catalogue.service(&exposed.service).is_some_and(|service| service.stand_alone))
        .map(|exposed| (exposed.service.clone(), Spared::StandAlone))
        .collect();
    all.extend(said.iter().map(|(service, document)| (service.clone(), Spared::Said(document.clone()))));
    all.retain(|service, _| !failed.contains(service));
    all.into_iter().map(|(service, why)| Unaffected { service, why }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(features: &[&str]) -> (Vec<Exposed>, Vec<Unaffected>) {
        let catalogue = Catalogue::bundled();
        let failed = BTreeSet::from(["kakaotalk".to_owned()]);
        let features = features.iter().map(|f| (*f).to_owned()).collect();
        let exposed = exposed(&catalogue, "kakaotalk", &features, &failed);
        let unaffected = unaffected(&catalogue, &exposed, &BTreeMap::new(), &failed);
        (exposed, unaffected)
    }

    #[test]
    fn when_the_messenger_fails_the_bank_in_it_loses_its_chatbot_but_not_its_app() {
        let (exposed, unaffected) = hit(&["message"]);
        let bank: Vec<(&str, &str)> = exposed
            .iter()
            .filter(|e| e.service == "kakaobank")
            .map(|e| (e.feature.as_deref().unwrap_or("*"), e.via.as_str()))
            .collect();
        assert!(bank.contains(&("chatbot", "hosted:kakaotalk/message")), "{bank:?}");
        assert!(!bank.iter().any(|(feature, _)| ["transfer", "alimtalk", "*"].contains(feature)), "{bank:?}");
        assert!(unaffected.iter().any(|u| u.service == "kakaobank" && u.why == Spared::StandAlone), "{unaffected:?}");
    }

    #[test]
    fn a_failed_log_in_exposes_what_signs_in_with_it_and_a_failed_gift_shop_does_not() {
        let login = hit(&["kakao-login"]).0;
        assert!(login.iter().any(|e| e.via == "auth:kakaotalk/kakao-login"), "{login:?}");
        assert!(hit(&["gift"]).0.iter().all(|e| e.via.ends_with("kakaotalk/gift")));
        let all = hit(&[]).0;
        assert!(all.iter().all(|e| e.via.starts_with("hosted:")) && all.len() > 3, "{all:?}");
        let both = hit(&["access", "alimtalk"]).0;
        let notified = both.iter().position(|e| e.via.starts_with("notify:")).expect("the bank's messages hang on it");
        assert!(both[..notified].iter().all(|e| e.via.starts_with("hosted:")), "hosted ones come first: {both:?}");
    }
}
