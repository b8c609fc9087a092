//! How much an incident matters: core features, size of the service, how long, how many services at once.

use meoktong_dictionaries::Catalogue;
use meoktong_dictionaries::catalogue::Tier;

use super::clock::Minute;
use super::incident::Incident;
use super::transition::{Impact, State};

/// Features whose failure stops what a service is for: reaching it, signing in, messages, money, calls, orders.
const CORE: [&str; 12] = [
    "access",
    "login",
    "message",
    "transfer",
    "payment",
    "trade",
    "trading",
    "order",
    "call",
    "deposit",
    "network",
    "kakao-login",
];
/// Minutes after which any confirmed outage is major: telling users takes time.
const HOUR: i64 = 60;
/// Minutes after which Korean law wants users told of an interruption (telecommunications business decree, since 2025-03-28).
const STATUTORY: i64 = 120;
/// Minutes for which a report is taken to hold: without later ones it may long be over.
const HEARSAY: i64 = 30;
/// Confirmed failures with a common root from which it is no longer one service's trouble.
const SIBLINGS: usize = 4;

/// The impact at a minute; it only rises while an incident is open. `related` is how many confirmed failures with a common root
/// go on, this one included.
pub(super) fn impact(catalogue: &Catalogue, incident: &Incident, now: Minute, related: usize) -> Impact {
    let large = catalogue.service(&incident.service).is_some_and(|service| matches!(service.tier, Tier::L | Tier::M));
    let core = incident.features.is_empty() || incident.features.iter().any(|feature| CORE.contains(&feature.as_str()));
    let lasting = if incident.state == State::Confirmed && incident.last_day.is_none() {
        now.min(incident.last_report + HEARSAY) - incident.onset
    } else {
        0
    };
    let found = if (large && lasting >= STATUTORY) || related >= SIBLINGS {
        Impact::Critical
    } else if (large && core) || incident.features.len() >= 3 || lasting >= HOUR {
        Impact::Major
    } else {
        Impact::Minor
    };
    found.max(incident.impact)
}
