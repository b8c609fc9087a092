//! Who is told of what.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::webhook::Secret;
use crate::detect::{Change, Impact, State, Transition};

/// The shape that an endpoint wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Standard Webhooks: signed JSON with everything.
    #[default]
    Webhook,
    /// Slack and Mattermost: `text`.
    Slack,
    /// Discord: `content`, nobody is mentioned.
    Discord,
    /// JANDI incoming webhook.
    Jandi,
    /// Dooray! messenger.
    Dooray,
}

/// Where alerts go, and which. Its address is kept out of logs: those of chat tools are secrets.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Name in logs and lists.
    pub name: String,
    /// Address; `https` unless private addresses are allowed.
    pub url: String,
    /// Signing secret; none leaves the message unsigned, as chat tools want it.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// Shape of the body.
    #[serde(default)]
    pub format: Format,
    /// Services; empty means all.
    #[serde(default)]
    pub services: Vec<String>,
    /// Least impact.
    #[serde(default = "minor")]
    pub impact: Impact,
    /// Changes; empty means all but suspicions and their withdrawal.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// English instead of Korean, where the format has room for one language.
    #[serde(default)]
    pub english: bool,
    /// Switched off: by hand, or after the receiver answered 410 Gone.
    #[serde(default)]
    pub disabled: bool,
}

fn minor() -> Impact {
    Impact::Minor
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("format", &self.format).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Whether it wants to be told. The end of what it was told of is told, whatever the impact filter says, because impact only rises.
    #[must_use]
    pub fn wants(&self, change: &Transition) -> bool {
        let kind = if self.changes.is_empty() {
            !matches!(change.state, State::Suspected | State::Retracted) && change.change != Change::Opened
        } else {
            self.changes.contains(&change.change)
        };
        let service = self.services.is_empty() || self.services.contains(&change.service);
        !self.disabled && kind && service && change.impact >= self.impact
    }

    /// Whether it is reached through a service that is down: an alert about Kakao must not hang on Kakao alone.
    #[must_use]
    pub fn depends_on(&self, operator: &str) -> bool {
        let host = self.url.split("://").nth(1).unwrap_or(&self.url).split(['/', ':']).next().unwrap_or_default();
        let domains: &[&str] = match operator {
            "카카오" => &["kakaowork.com", "kakao.com", "kakaoi.ai"],
            "네이버" | "네이버클라우드" => &["worksapis.com", "navercorp.com", "naver.com"],
            _ => &[],
        };
        domains.iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
    }
}

/// Endpoints that want to be told of a change.
pub fn route<'a>(endpoints: &'a [Endpoint], change: &'a Transition) -> impl Iterator<Item = &'a Endpoint> {
    endpoints.iter().filter(|endpoint| endpoint.wants(change))
}
