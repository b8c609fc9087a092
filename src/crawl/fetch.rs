//! The only HTTP GET of the program.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use reqwest::header::{
    CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, StatusCode};
use thiserror::Error;
use tokio::sync::Mutex;
use url::{Host, Url};

use super::guard::{Allowed, Guard, is_private};
use super::robots::Rules;

/// Name under which we look for ourselves in robots.txt.
pub const AGENT: &str = "meoktong";
/// Most redirects followed, as RFC 9309 asks for robots.txt.
const MOST_REDIRECTS: usize = 5;
/// How long a robots.txt holds.
const ROBOTS_HOLD: Duration = Duration::from_secs(24 * 3600);
/// How long we stay away from a site that could not say what it allows.
const ROBOTS_RETRY: Duration = Duration::from_secs(3600);

/// How we fetch.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the first byte sent to the last received.
    pub timeout: Duration,
    /// Most bytes of a body, after decompression.
    pub body_bytes: usize,
    /// Least time between two requests to one host.
    pub host_delay: Duration,
    /// Where people can ask who we are: a URL or an e-mail address.
    pub contact: String,
    /// Whether robots.txt is asked; it is off only for servers of one's own.
    pub robots: bool,
}

/// What we remember of the last answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// 304: as last time.
    Unchanged,
    /// 200 with a body.
    Fresh {
        /// Where it came from in the end.
        url: Url,
        /// The body, decompressed.
        bytes: Vec<u8>,
        /// `Content-Type`.
        content_type: Option<String>,
        /// For the next time.
        validators: Validators,
    },
}

/// Why there is no answer.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// The address is none.
    #[error("{0:?} is no http or https address — correct the url")]
    Address(String),
    /// The address is not public.
    #[error("{0} is a private address — set crawl.allow_private = true if it is yours")]
    Private(String),
    /// The site forbids it.
    #[error("robots.txt forbids {0} — set enabled = false or choose another address")]
    Robots(String),
    /// The site could not say what it allows.
    #[error("robots.txt of {0} could not be read, which forbids everything for now — try again in an hour")]
    RobotsUnread(String),
    /// An error status.
    #[error("{url} answered {status}{}", way_out(*status))]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// When the server wants to be asked again, in seconds.
        retry_after: Option<u64>,
    },
    /// Too many redirects.
    #[error("{0} redirects more than five times — open it in a browser and use where it ends")]
    Redirects(String),
    /// Too long.
    #[error("{0} is longer than {1} MiB — raise crawl.max_body_mib or choose a smaller feed")]
    TooLong(String, usize),
    /// No answer in time.
    #[error("{0} did not answer within {1} s — the next crawl tries again")]
    Timeout(String, u64),
    /// The connection failed.
    #[error("{0} could not be reached or broke off ({1}) — the next crawl tries again")]
    Network(String, String),
}

fn way_out(status: u16) -> &'static str {
    match status {
        401 | 403 => " — the site wants a key or refuses robots: set enabled = false",
        404 | 410 => " — the address is gone: look for the new one",
        429 | 503 => " — we wait as long as it says",
        _ => " — the next crawl tries again",
    }
}

impl FetchError {
    /// Seconds that the server asked us to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            FetchError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Fetches politely: one request at a time and host, robots.txt asked, size, time and redirects bounded.
pub struct Fetcher {
    client: Client,
    limits: Limits,
    allowed: Arc<Allowed>,
    hosts: Mutex<HashMap<String, Arc<Mutex<HostState>>>>,
}

#[derive(Default)]
struct HostState {
    last: Option<Instant>,
    rules: Option<(Instant, Rules)>,
}

impl Fetcher {
    /// A fetcher.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(limits: Limits, allowed: Allowed) -> Result<Self, FetchError> {
        // Fails only if another part of the program was first, and then a provider is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let allowed = Arc::new(allowed);
        let agent = format!("{AGENT}/{} (+{})", env!("CARGO_PKG_VERSION"), limits.contact);
        let client = Client::builder()
            .user_agent(agent)
            .dns_resolver(Guard(allowed.clone()))
            .redirect(reqwest::redirect::Policy::none())
            // A proxy of the environment would resolve names itself, past the guard.
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .timeout(limits.timeout)
            .build()
            .map_err(|error| FetchError::Network("the HTTP client".into(), reason(&error)))?;
        Ok(Self { client, limits, allowed, hosts: Mutex::default() })
    }

    /// Fetches an address, saying what we have of it already.
    ///
    /// # Errors
    /// Why there is no answer, with the way out.
    pub async fn get(&self, address: &str, have: &Validators) -> Result<Fetched, FetchError> {
        let mut url = self.checked(address)?;
        for hop in 0..=MOST_REDIRECTS {
            let response = self.polite(&url, have, hop == 0).await?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::Unchanged);
            }
            if status.is_redirection() {
                let Some(target) = text(response.headers(), LOCATION) else {
                    return Err(self.status(&url, status, None));
                };
                let next = url.join(&target).map_err(|_| FetchError::Address(target))?;
                url = self.checked(next.as_str())?;
                continue;
            }
            if status != StatusCode::OK {
                let retry_after = text(response.headers(), RETRY_AFTER).and_then(|value| wait(&value, Utc::now()));
                return Err(self.status(&url, status, retry_after));
            }
            let headers = response.headers();
            let content_type = text(headers, CONTENT_TYPE);
            let validators = Validators { etag: text(headers, ETAG), last_modified: text(headers, LAST_MODIFIED) };
            let bytes = self.body(&url, response).await?;
            return Ok(Fetched::Fresh { url, bytes, content_type, validators });
        }
        Err(FetchError::Redirects(address.to_owned()))
    }

    fn checked(&self, address: &str) -> Result<Url, FetchError> {
        let url = Url::parse(address).map_err(|_| FetchError::Address(address.to_owned()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() {
            return Err(FetchError::Address(address.to_owned()));
        }
        // Literal addresses never come to the resolver.
        let ip = match url.host() {
            Some(Host::Ipv4(v4)) => Some(v4.into()),
            Some(Host::Ipv6(v6)) => Some(v6.into()),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchError::Address(address.to_owned())),
        };
        if !self.allowed.private && ip.is_some_and(is_private) {
            return Err(FetchError::Private(url.host_str().unwrap_or_default().to_owned()));
        }
        Ok(url)
    }

    /// Waits for the host's turn, asks its robots.txt if need be, and sends.
    async fn polite(&self, url: &Url, have: &Validators, first: bool) -> Result<reqwest::Response, FetchError> {
        let host =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let state = self.hosts.lock().await.entry(host.clone()).or_default().clone();
        let mut state = state.lock().await;
        let mut delay = self.limits.host_delay;
        if self.limits.robots {
            self.learn_rules(url, &mut state).await;
            if let Some((_, rules)) = &state.rules {
                if !rules.allows(url.as_str()) {
                    return Err(match rules {
                        Rules::DisallowAll => FetchError::RobotsUnread(host),
                        _ => FetchError::Robots(url.path().to_owned()),
                    });
                }
                if let Some(wanted) = rules.delay_seconds() {
                    delay = delay.max(Duration::from_secs_f32(wanted));
                }
            }
        }
        if let Some(last) = state.last {
            tokio::time::sleep(delay.saturating_sub(last.elapsed())).await;
        }
        let mut request = self.client.get(url.clone());
        if first {
            if let Some(etag) = &have.etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            if let Some(since) = &have.last_modified {
                request = request.header(IF_MODIFIED_SINCE, since);
            }
        }
        let answer = request.send().await.map_err(|error| self.network(url, &error));
        state.last = Some(Instant::now());
        answer
    }

    async fn learn_rules(&self, url: &Url, state: &mut HostState) {
        let holds = |(since, rules): &(Instant, Rules)| {
            since.elapsed() < if matches!(rules, Rules::DisallowAll) { ROBOTS_RETRY } else { ROBOTS_HOLD }
        };
        if state.rules.as_ref().is_some_and(holds) {
            return;
        }
        let rules = self.ask_robots(url).await;
        state.rules = Some((Instant::now(), rules));
        state.last = Some(Instant::now());
    }

    async fn ask_robots(&self, url: &Url) -> Rules {
        let Ok(mut robots) = url.join("/robots.txt") else { return Rules::AllowAll };
        for _ in 0..=MOST_REDIRECTS {
            let Ok(response) = self.client.get(robots.clone()).send().await else { return Rules::DisallowAll };
            let status = response.status();
            if status.is_redirection() {
                let target = text(response.headers(), LOCATION).and_then(|target| robots.join(&target).ok());
                match target.and_then(|target| self.checked(target.as_str()).ok()) {
                    Some(next) => robots = next,
                    None => return Rules::AllowAll,
                }
                continue;
            }
            if status.is_success() {
                return match self.body(&robots, response).await {
                    Ok(bytes) => Rules::read(AGENT, &bytes),
                    Err(_) => Rules::DisallowAll,
                };
            }
            return if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                Rules::AllowAll
            } else {
                Rules::DisallowAll
            };
        }
        Rules::AllowAll
    }

    async fn body(&self, url: &Url, response: reqwest::Response) -> Result<Vec<u8>, FetchError> {
        let most = self.limits.body_bytes;
        let too_long = || FetchError::TooLong(url.to_string(), most >> 20);
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(too_long());
        }
        let mut bytes = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| self.network(url, &error))?;
            // Counted after decompression: a small bomb must not become a large text.
            if bytes.len() + part.len() > most {
                return Err(too_long());
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }

    fn status(&self, url: &Url, status: StatusCode, retry_after: Option<u64>) -> FetchError {
        FetchError::Status { url: url.to_string(), status: status.as_u16(), retry_after }
    }

    fn network(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        if error.is_timeout() {
            FetchError::Timeout(url.to_string(), self.limits.timeout.as_secs())
        } else {
            FetchError::Network(url.to_string(), reason(error))
        }
    }
}

/// The innermost cause: the outer ones only repeat the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// `Retry-After`: seconds or a date; a day at most.
#[must_use]
pub fn wait(value: &str, now: DateTime<Utc>) -> Option<u64> {
    const DAY: i64 = 86_400;
    let seconds = match value.trim().parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => (DateTime::parse_from_rfc2822(value.trim()).ok()?.with_timezone(&Utc) - now).num_seconds(),
    };
    Some(seconds.clamp(0, DAY) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-03-09T00:00:00Z").unwrap().to_utc();
        assert_eq!(wait("120", now), Some(120));
        assert_eq!(wait("Mon, 09 Mar 2026 00:01:00 GMT", now), Some(60));
        assert_eq!(wait("99999999", now), Some(86_400));
        assert_eq!(wait("soon", now), None);
    }
}
