//! Rows of the outbox: what is to be sent where, when it is tried next, and when it is given up. Pure.

use chrono::{DateTime, Duration, FixedOffset};
use meoktong_dictionaries::Catalogue;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::route::{Endpoint, route};
use super::webhook::body;
use crate::detect::Transition;

/// Seconds between tries: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, as Standard Webhooks proposes; ten tries in
/// 75 hours and 35 minutes.
pub const RETRIES: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Share by which a wait is lengthened or shortened, so that many failed deliveries do not come back at once.
const JITTER: f64 = 0.2;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// To be tried at `next_at`.
    Pending,
    /// Accepted.
    Delivered,
    /// Given up: listed, and sent again by hand only.
    Dead,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// 2xx.
    Accepted {
        /// Status code.
        status: u16,
    },
    /// Any other answer; a redirect is one of them.
    Refused {
        /// Status code.
        status: u16,
        /// Seconds that `Retry-After` asks for.
        retry_after: Option<i64>,
    },
    /// No answer: name, connection, time.
    Unreachable {
        /// What went wrong, without the address's query.
        error: String,
    },
    /// The address is one that we do not send to.
    Forbidden {
        /// Why.
        reason: String,
    },
}

/// One alert for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Id: `dlv_` and a hash of alert and endpoint.
    pub id: String,
    /// Alert id, the receiver's idempotency key: the same on each try.
    pub alert: String,
    /// Incident id.
    pub incident: String,
    /// Endpoint name.
    pub endpoint: String,
    /// The bytes to send.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: DateTime<FixedOffset>,
    /// What came of the last try.
    pub last: Option<Outcome>,
}

/// An alert's id: the same change of the same incident has the same id in every process and on every try.
#[must_use]
pub fn alert_id(change: &Transition) -> String {
    let what = format!(
        "{}\n{}\n{}\n{}\n{}",
        change.incident,
        change.change.as_str(),
        change.at.to_rfc3339(),
        change.features.join(","),
        change.impact.as_str()
    );
    hashed("alt_", &what)
}

fn hashed(prefix: &str, what: &str) -> String {
    let digest = Sha256::digest(what);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{hex}")
}

/// The outbox rows of a change, one per endpoint that wants it. They are stored in the transaction that stores the change.
#[must_use]
pub fn enqueue(
    catalogue: &Catalogue,
    endpoints: &[Endpoint],
    change: &Transition,
    now: DateTime<FixedOffset>,
) -> Vec<Delivery> {
    let alert = alert_id(change);
    route(endpoints, change)
        .map(|endpoint| Delivery {
            id: hashed("dlv_", &format!("{alert}\n{}", endpoint.name)),
            alert: alert.clone(),
            incident: change.incident.clone(),
            endpoint: endpoint.name.clone(),
            body: body(catalogue, endpoint, change),
            state: DeliveryState::Pending,
            attempts: 0,
            next_at: now,
            last: None,
        })
        .collect()
}

/// What follows for the endpoint from a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Keep,
    /// It is gone (410) and must be switched off.
    Disable,
}

impl Delivery {
    /// Notes what came of a try. `chance` in [0, 1) spreads the next one.
    pub fn tried(&mut self, outcome: Outcome, now: DateTime<FixedOffset>, chance: f64) -> Verdict {
        self.attempts += 1;
        let place = usize::try_from(self.attempts - 1).unwrap_or(usize::MAX);
        let wait = RETRIES.get(place).map(|base| spread(*base, chance));
        let (state, wait, verdict) = match &outcome {
            Outcome::Accepted { .. } => (DeliveryState::Delivered, None, Verdict::Keep),
            Outcome::Refused { status: 410, .. } => (DeliveryState::Dead, None, Verdict::Disable),
            Outcome::Refused { status, .. } if is_permanent(*status) => (DeliveryState::Dead, None, Verdict::Keep),
            Outcome::Forbidden { .. } => (DeliveryState::Dead, None, Verdict::Keep),
            Outcome::Refused { retry_after: Some(asked), .. } => {
                // The receiver may ask for patience, but not for ever.
                (DeliveryState::Pending, wait.map(|wait| wait.max(*asked).min(86_400)), Verdict::Keep)
            }
            Outcome::Refused { .. } | Outcome::Unreachable { .. } => (DeliveryState::Pending, wait, Verdict::Keep),
        };
        self.last = Some(outcome);
        match (state, wait) {
            (DeliveryState::Pending, Some(wait)) => self.next_at = now + Duration::seconds(wait),
            (DeliveryState::Pending, None) => self.state = DeliveryState::Dead,
            (state, _) => self.state = state,
        }
        verdict
    }

    /// Sends a dead letter once more, from the beginning of the schedule.
    pub fn revive(&mut self, now: DateTime<FixedOffset>) {
        (self.state, self.attempts, self.next_at) = (DeliveryState::Pending, 0, now);
    }
}

fn spread(base: i64, chance: f64) -> i64 {
    (base as f64 * (1.0 - JITTER + 2.0 * JITTER * chance)).round() as i64
}

/// Answers that no repetition changes: the request itself is refused. Time-outs, rate limits and conflicts pass.
fn is_permanent(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 409 | 423 | 425 | 429)
}
