//! The only HTTP GET of the program.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use reqwest::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{Client, ClientBuilder, StatusCode, Upgraded};
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::{Host, Url};

use super::guard::{Allowed, Guard, is_private};
use super::robots::Rules;
use super::{challenge, charset, search};

/// Name under which we look for ourselves in robots.txt.
pub const AGENT: &str = "meoktong";
/// Most redirects followed, as RFC 9309 asks for robots.txt.
const MOST_REDIRECTS: usize = 5;
/// How long a robots.txt holds.
const ROBOTS_HOLD: Duration = Duration::from_secs(24 * 3600);
/// How long we stay away from a site that could not say what it allows.
const ROBOTS_RETRY: Duration = Duration::from_secs(3600);
/// How long a connection is kept for the next request to its host: sources are minutes apart, pages of one a second.
const KEPT: Duration = Duration::from_secs(5);
/// Longest silence of a server that has begun to answer.
const IDLE: Duration = Duration::from_secs(15);
/// Longest robots.txt received; RFC 9309 wants 500 KiB of it read.
const ROBOTS_BODY: usize = 2 << 20;
/// How much of an error's body is read, to say why.
const ERROR_BODY: usize = 64 << 10;
/// Longest websocket message: a post with its metadata is a hundredth of it.
const FRAME: usize = 1 << 20;
/// Longest time for which a server's `max-age` is believed.
const MAX_AGE: u64 = 6 * 3600;

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
    /// Whether a proxy of the environment is used. It resolves names itself, so that inner addresses are refused only
    /// where they are written out.
    pub proxy: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub url: String,
    /// Headers, keys among them; they go to the first host only.
    pub headers: Vec<(String, String)>,
    /// Whether it is an interface with a key and a contract: robots.txt speaks to crawlers and is not asked then.
    pub contract: bool,
}

impl Request {
    /// A plain request.
    #[must_use]
    pub fn plain(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }
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
        /// Seconds for which the server says that nothing changes.
        max_age: Option<u64>,
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
    #[error("{url} answered {status}{}{}", said.as_ref().map_or_else(String::new, |said| format!(" ({said})")), way_out(*status))]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// What the body says: an interface's message, or the name of a guard.
        said: Option<String>,
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
        401 | 403 => " — the site wants a key or refuses robots: check the key, or set enabled = false",
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
    // Websockets begin as HTTP/1.1 and have no end by themselves.
    streams: Client,
    limits: Limits,
    allowed: Arc<Allowed>,
    hosts: Mutex<HashMap<String, Arc<Mutex<HostState>>>>,
}

#[derive(Default)]
struct HostState {
    pace: Option<(Duration, DefaultDirectRateLimiter)>,
    rules: Option<(Instant, Rules)>,
}

impl HostState {
    /// Waits until the host may be asked again.
    async fn turn(&mut self, delay: Duration) {
        if self.pace.as_ref().is_none_or(|(known, _)| *known != delay) {
            // None for no delay at all.
            self.pace = Quota::with_period(delay).map(|quota| (delay, RateLimiter::direct(quota)));
        }
        let Some((_, limiter)) = &self.pace else { return };
        while let Err(early) = limiter.check() {
            tokio::time::sleep(early.wait_time_from(DefaultClock::default().now())).await;
        }
    }
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
        let builder = || -> ClientBuilder {
            let builder = Client::builder()
                .user_agent(&agent)
                .dns_resolver(Guard(allowed.clone()))
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(1)
                .pool_idle_timeout(KEPT)
                .connect_timeout(Duration::from_secs(10).min(limits.timeout));
            if limits.proxy { builder } else { builder.no_proxy() }
        };
        let failed = |error: reqwest::Error| FetchError::Network("the HTTP client".into(), reason(&error));
        let client =
            builder().timeout(limits.timeout).read_timeout(IDLE.min(limits.timeout)).build().map_err(failed)?;
        let streams = builder().http1_only().build().map_err(failed)?;
        Ok(Self { client, streams, limits, allowed, hosts: Mutex::default() })
    }

    /// Fetches an address, saying what we have of it already.
    ///
    /// # Errors
    /// Why there is no answer, with the way out.
    pub async fn get(&self, address: &str, have: &Validators) -> Result<Fetched, FetchError> {
        self.ask(&Request::plain(address), have).await
    }

    /// Sends a request, saying what we have of its answer already.
    ///
    /// # Errors
    /// Why there is no answer, with the way out.
    pub async fn ask(&self, request: &Request, have: &Validators) -> Result<Fetched, FetchError> {
        let mut url = self.checked(&request.url)?;
        let first = url.origin();
        for hop in 0..=MOST_REDIRECTS {
            // What we know of the first address says nothing of another, and keys are meant for its host alone.
            let known = if hop == 0 { have.clone() } else { Validators::default() };
            let headers = if url.origin() == first { request.headers.as_slice() } else { &[] };
            let (response, turn) = self.polite(&url, headers, &known, request.contract).await?;
            let status = response.status();
            if status == StatusCode::NOT_MODIFIED {
                return Ok(Fetched::Unchanged);
            }
            if status.is_redirection() {
                let Some(target) = text(response.headers(), LOCATION) else {
                    return Err(self.status(&url, response).await);
                };
                drop((response, turn));
                let next = url.join(&target).map_err(|_| FetchError::Address(target))?;
                url = self.checked(next.as_str())?;
                continue;
            }
            if status != StatusCode::OK {
                return Err(self.status(&url, response).await);
            }
            let headers = response.headers();
            let content_type = text(headers, CONTENT_TYPE);
            let validators = Validators { etag: text(headers, ETAG), last_modified: text(headers, LAST_MODIFIED) };
            let max_age = text(headers, CACHE_CONTROL).and_then(|value| max_age(&value));
            let bytes = self.body(&url, response, self.limits.body_bytes).await?;
            // Another request to this host may begin only when this answer is complete.
            drop(turn);
            return Ok(Fetched::Fresh { url, bytes, content_type, validators, max_age });
        }
        Err(FetchError::Redirects(request.url.clone()))
    }

    /// Opens a websocket: a GET that asks for another protocol.
    ///
    /// # Errors
    /// Why there is none, with the way out.
    pub async fn socket(&self, address: &str) -> Result<WebSocketStream<Upgraded>, FetchError> {
        let plain = address.replacen("ws", "http", 1);
        let url = self.checked(&plain).map_err(|error| match error {
            FetchError::Address(_) => FetchError::Address(address.to_owned()),
            other => other,
        })?;
        let key = generate_key();
        let request = self
            .streams
            .get(url.clone())
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let wait = self.limits.timeout;
        let response = tokio::time::timeout(wait, request.send())
            .await
            .map_err(|_| FetchError::Timeout(address.to_owned(), wait.as_secs()))?
            .map_err(|error| self.network(&url, &error))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(self.status(&url, response).await);
        }
        if text(response.headers(), SEC_WEBSOCKET_ACCEPT) != Some(derive_accept_key(key.as_bytes())) {
            return Err(FetchError::Network(address.to_owned(), "it is no websocket server".into()));
        }
        let stream = response.upgrade().await.map_err(|error| self.network(&url, &error))?;
        let config = WebSocketConfig::default().max_message_size(Some(FRAME)).max_frame_size(Some(FRAME));
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
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

    /// Waits for the host's turn, asks its robots.txt if need be, and sends. The turn ends when the guard is dropped.
    async fn polite(
        &self,
        url: &Url,
        headers: &[(String, String)],
        have: &Validators,
        contract: bool,
    ) -> Result<(reqwest::Response, OwnedMutexGuard<HostState>), FetchError> {
        let host =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let state = self.hosts.lock().await.entry(host.clone()).or_default().clone();
        let mut state = state.lock_owned().await;
        let mut delay = self.limits.host_delay;
        if self.limits.robots && !contract {
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
        state.turn(delay).await;
        let mut request = self.client.get(url.clone());
        for (name, value) in headers {
            // A key must not appear in a debug print.
            let Ok(mut value) = HeaderValue::from_str(value) else { continue };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Some(etag) = &have.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(since) = &have.last_modified {
            request = request.header(IF_MODIFIED_SINCE, since);
        }
        let answer = request.send().await.map_err(|error| self.network(url, &error))?;
        Ok((answer, state))
    }

    async fn learn_rules(&self, url: &Url, state: &mut HostState) {
        let holds = |(since, rules): &(Instant, Rules)| {
            since.elapsed() < if matches!(rules, Rules::DisallowAll) { ROBOTS_RETRY } else { ROBOTS_HOLD }
        };
        if state.rules.as_ref().is_some_and(holds) {
            return;
        }
        let mut rules = self.ask_robots(url).await;
        // RFC 9309: what was read before may be used on while the file cannot be reached.
        if matches!(rules, Rules::DisallowAll)
            && let Some((_, Rules::Read(known))) = state.rules.take()
        {
            rules = Rules::Read(known);
        }
        state.rules = Some((Instant::now(), rules));
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
                return match self.body(&robots, response, ROBOTS_BODY).await {
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

    async fn body(&self, url: &Url, response: reqwest::Response, most: usize) -> Result<Vec<u8>, FetchError> {
        let too_long = || FetchError::TooLong(shown(url), most >> 20);
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

    /// An error status, with what its body says.
    async fn status(&self, url: &Url, response: reqwest::Response) -> FetchError {
        let status = response.status().as_u16();
        let retry_after = text(response.headers(), RETRY_AFTER).and_then(|value| wait(&value, Utc::now()));
        let guarded = response.headers().contains_key("cf-mitigated");
        let content_type = text(response.headers(), CONTENT_TYPE);
        let mut body = Vec::new();
        let mut parts = response.bytes_stream();
        while let Some(Ok(part)) = parts.next().await {
            body.extend_from_slice(&part);
            if body.len() > ERROR_BODY {
                break;
            }
        }
        let page = charset::decode(&body, content_type.as_deref());
        let refusal = serde_json::from_str(&page).ok().and_then(|answer| search::said(&answer));
        let said = refusal.or_else(|| challenge::name(&page).map(str::to_owned));
        let said = said.or_else(|| guarded.then(|| "a Cloudflare challenge".to_owned()));
        let said = said.map(|said| said.chars().take(200).collect());
        FetchError::Status { url: shown(url), status, said, retry_after }
    }

    fn network(&self, url: &Url, error: &reqwest::Error) -> FetchError {
        if error.is_timeout() {
            FetchError::Timeout(shown(url), self.limits.timeout.as_secs())
        } else {
            FetchError::Network(shown(url), reason(error))
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

/// An address for messages: queries may hold what people searched for, or a key.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if url.query().is_some_and(|query| query.len() > 40) {
        url.set_query(Some("…"));
    }
    url.into()
}

/// Seconds of `Cache-Control: max-age`; none where the server wants to be asked each time.
#[must_use]
pub fn max_age(value: &str) -> Option<u64> {
    let mut found = None;
    for part in value.split(',').map(|part| part.trim().to_ascii_lowercase()) {
        if part == "no-cache" || part == "no-store" {
            return None;
        }
        if let Some(seconds) = part.strip_prefix("max-age=") {
            found = seconds.trim_matches('"').parse().ok();
        }
    }
    found.map(|seconds: u64| seconds.min(MAX_AGE)).filter(|seconds| *seconds > 0)
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
        assert_eq!(wait("-5", now), Some(0));
        assert_eq!(max_age("public, Max-Age=300"), Some(300));
        assert_eq!(max_age("max-age=300, no-cache"), None);
        assert_eq!(max_age("max-age=999999999"), Some(21_600));
    }
}
