//! Standard Webhooks 1.0: body, signature, headers.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset};
use hmac::{Hmac, KeyInit, Mac};
use meoktong_dictionaries::Catalogue;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;

use super::clocks::{Clock, clocks};
use super::message::{Message, message};
use super::outbox::alert_id;
use super::route::{Endpoint, Format};
use crate::detect::Transition;
use crate::detect::line::Line;

/// Version of the payload; it rises when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// A signing secret, `whsec_` and base64 of 24 to 64 bytes. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    key: Vec<u8>,
}

impl Secret {
    /// Reads a secret.
    ///
    /// # Errors
    /// What is wrong with it, without showing it.
    pub fn parse(written: &str) -> Result<Self, String> {
        let encoded = written.strip_prefix("whsec_").ok_or(
            "webhook secret does not begin with whsec_ — write whsec_ and the base64 of 24 to 64 random bytes",
        )?;
        let key = STANDARD
            .decode(encoded)
            .map_err(|_| "webhook secret is not base64 behind whsec_ — write the base64 of 24 to 64 random bytes")?;
        if !(24..=64).contains(&key.len()) {
            return Err(format!("webhook secret has {} bytes — use 24 to 64 random bytes", key.len()));
        }
        Ok(Self { key })
    }

    /// The signature of one try: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`. `timestamp` is in Unix seconds.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Secret::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    r#type: String,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    schema: u32,
    alert: String,
    #[serde(flatten)]
    change: Line<'a>,
    message: Message,
    clocks: Vec<Clock>,
}

/// The body of an alert in the shape that an endpoint wants; the same bytes on every try.
#[must_use]
pub fn body(catalogue: &Catalogue, endpoint: &Endpoint, change: &Transition) -> String {
    let message = message(catalogue, change);
    let text = if endpoint.english { &message.en } else { &message.ko };
    let value = match endpoint.format {
        Format::Webhook => {
            let payload = Payload {
                r#type: format!("incident.{}", change.change.as_str()),
                timestamp: change.at.to_rfc3339(),
                data: Data {
                    schema: SCHEMA,
                    alert: alert_id(change),
                    change: Line::from(change),
                    clocks: clocks(catalogue, change),
                    message,
                },
            };
            serde_json::to_value(payload)
        }
        // Slack reads <, > and & as markup.
        Format::Slack => Ok(serde_json::json!({ "text": slack(&text.plain()) })),
        Format::Discord => Ok(serde_json::json!({
            "content": text.plain().chars().take(2000).collect::<String>(),
            "allowed_mentions": { "parse": [] }
        })),
        Format::Jandi => Ok(serde_json::json!({
            "body": text.headline,
            "connectColor": "#D93025",
            "connectInfo": [{ "title": change.service, "description": text.lines.join("\n") }]
        })),
        Format::Dooray => Ok(serde_json::json!({ "botName": "먹통", "text": text.plain() })),
    };
    value.map_or_else(|error| format!("{{\"error\":\"{error}\"}}"), |value| value.to_string())
}

fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The headers of one try.
#[must_use]
pub fn headers(
    endpoint: &Endpoint,
    alert: &str,
    body: &str,
    now: DateTime<FixedOffset>,
) -> Vec<(&'static str, String)> {
    let timestamp = now.timestamp();
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("webhook-id", alert.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
    ];
    if let Some(secret) = &endpoint.secret {
        headers.push(("webhook-signature", secret.sign(alert, timestamp, body)));
    }
    if endpoint.format == Format::Jandi {
        headers.push(("accept", "application/vnd.tosslab.jandi-v2+json".to_owned()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_checked_and_never_shown() {
        for (wrong, what) in [("geheim", "whsec_"), ("whsec_!!", "base64"), ("whsec_c2hvcnQ=", "5 bytes")] {
            let error = Secret::parse(wrong).unwrap_err();
            assert!(error.contains(what) && !error.contains("c2hvcnQ"), "{error}");
        }
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
    }
}
