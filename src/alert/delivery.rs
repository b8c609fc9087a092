//! The only place that posts anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::outbox::{Delivery, Outcome};
use super::route::Endpoint;
use super::webhook::headers;

/// Time for one try.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends deliveries.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    private: bool,
}

impl Sender {
    /// A sender; `private` allows loopback and private addresses, and plain HTTP.
    ///
    /// # Errors
    /// If the TLS library cannot be set up.
    pub fn new(private: bool) -> Result<Self, reqwest::Error> {
        // Fails only if another part of the program was first, and then a provider is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("meoktong/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(10))
            .redirect(Policy::none())
            .dns_resolver(Guard { private })
            .no_proxy()
            .build()?;
        Ok(Self { client, private })
    }

    /// Tries once. The answer's body is not read: it is of no use and may be anything.
    pub async fn send(&self, endpoint: &Endpoint, delivery: &Delivery, now: DateTime<FixedOffset>) -> Outcome {
        let url = match permitted(&endpoint.url, self.private) {
            Ok(url) => url,
            Err(reason) => return Outcome::Forbidden { reason },
        };
        let mut request = self.client.post(url).body(delivery.body.clone());
        for (name, value) in headers(endpoint, &delivery.alert, &delivery.body, now) {
            request = request.header(name, value);
        }
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                if answer.status().is_success() {
                    return Outcome::Accepted { status };
                }
                let after = answer.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
                Outcome::Refused { status, retry_after: after.and_then(|value| retry_after(value, now)) }
            }
            Err(error) => {
                // The innermost cause says most; the address is left out, as chat webhooks carry their secret in it.
                let error = error.without_url();
                let mut cause: &dyn std::error::Error = &error;
                while let Some(inner) = cause.source() {
                    cause = inner;
                }
                if cause.is::<Refusal>() {
                    return Outcome::Forbidden { reason: cause.to_string() };
                }
                Outcome::Unreachable { error: cause.to_string() }
            }
        }
    }
}

/// `Retry-After` in seconds, from seconds or an HTTP date.
fn retry_after(value: &str, now: DateTime<FixedOffset>) -> Option<i64> {
    let seconds = value.trim().parse::<i64>().ok().or_else(|| {
        let at = DateTime::parse_from_rfc2822(value.trim()).ok()?;
        Some((at - now).num_seconds())
    })?;
    Some(seconds.max(0))
}

/// The address if we may send to it, as far as its text tells; names are checked once they are resolved.
fn permitted(url: &str, private: bool) -> Result<Url, String> {
    let url = Url::parse(url)
        .map_err(|error| format!("endpoint address cannot be read: {error} — write https://host/path"))?;
    if url.scheme() != "https" && !(private && url.scheme() == "http") {
        return Err(format!(
            "endpoint scheme is {:?} — use https, or allow private addresses for plain http",
            url.scheme()
        ));
    }
    let host = url.host_str().ok_or("endpoint address has no host — write https://host/path")?;
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(ip) if !private && !is_public(ip) => {
            Err(format!("{ip} is no public address — allow private addresses if it is meant"))
        }
        _ => Ok(url),
    }
}

/// Resolves names and refuses those that lead inside, at the moment of connecting, so that a name cannot change in between.
#[derive(Debug)]
struct Guard {
    private: bool,
}

/// A name that leads to addresses we do not send to.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address — allow private addresses if it is meant")]
struct Refusal(String);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.into_iter().filter(|address| private || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Box::new(Refusal(host)) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is reachable for everybody; what is not listed as special is.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_broadcast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    // Addresses that carry an IPv4 address are judged by it: mapped, compatible, NAT64, 6to4.
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => {
            !ip.is_loopback() && !ip.is_unspecified() && is_public_v4(inner(high, low))
        }
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(inner(high, low)),
        [0x2002, high, low, ..] => is_public_v4(inner(high, low)),
        [0x2001, 0 | 0xdb8, ..] | [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] => false,
        [first, ..] => (first & 0xe000) == 0x2000,
    }
}
