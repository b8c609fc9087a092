//! What holds for every answer: pace, reading rights, security headers, validators, other origins.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Shared;
use super::problem::Problem;
use super::view::View;
use crate::config::{Http, Scope};
use crate::normalise::short_hash;

/// Nothing is loaded from elsewhere, nothing inline runs, nobody frames us.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Addresses remembered before old ones are forgotten.
const REMEMBERED: usize = 10_000;

/// How fast one address may ask.
pub(super) struct Pace {
    limiter: Option<DefaultKeyedRateLimiter<IpAddr>>,
    behind_proxy: bool,
}

impl Pace {
    pub(super) fn new(http: &Http) -> Arc<Self> {
        let quota = NonZeroU32::new(http.rate_per_minute).map(|per_minute| {
            // A page with its parts comes at once: a quarter of a minute's share may.
            let burst = NonZeroU32::new(http.rate_per_minute / 4).unwrap_or(NonZeroU32::MIN);
            Quota::per_minute(per_minute).allow_burst(burst)
        });
        Arc::new(Self { limiter: quota.map(RateLimiter::keyed), behind_proxy: http.behind_proxy })
    }

    /// Seconds to wait, if the address asks too fast.
    fn wait(&self, from: IpAddr) -> Option<u64> {
        let limiter = self.limiter.as_ref()?;
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        let refused = limiter.check_key(&from).err()?;
        Some(refused.wait_time_from(DefaultClock::default().now()).as_secs().max(1))
    }

    fn address(&self, request: &Request) -> IpAddr {
        let forwarded = self.behind_proxy.then(|| {
            let line = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            line.rsplit(',').next()?.trim().parse().ok()
        });
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        forwarded.flatten().unwrap_or_else(|| peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip()))
    }
}

/// Goes around every handler.
pub(super) async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let asked: HeaderMap = request.headers().clone();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let origin = allowed_origin(&shared, &asked);
    let of_machine = path.starts_with("/api/") || path.starts_with("/feed.") || !wants_page(&asked);
    // Whether the process lives must be seen also while it is flooded.
    let free = matches!(path.as_str(), "/healthz" | "/readyz");
    let open = free || path.starts_with("/assets/") || matches!(path.as_str(), "/login" | "/set");
    let pace = shared.pace.clone();
    let mut response = if let Some(seconds) = (!free).then(|| pace.wait(pace.address(&request))).flatten() {
        Problem::busy(seconds).into_response()
    } else if method == Method::OPTIONS && origin.is_some() {
        StatusCode::NO_CONTENT.into_response()
    } else if !open && shared.access.protects_reads() && shared.access.caller(&asked).is_none() {
        if of_machine {
            let detail = "reading needs a token here: send it as Authorization: Bearer …";
            Problem::new(StatusCode::UNAUTHORIZED, detail).into_response()
        } else {
            let back =
                url::form_urlencoded::byte_serialize(uri.path_and_query().map_or("/", |p| p.as_str()).as_bytes());
            Redirect::to(&format!("/login?back={}", back.collect::<String>())).into_response()
        }
    } else if !open && shared.access.protects_reads() && !may_read(&shared, &asked) {
        Problem::new(StatusCode::FORBIDDEN, "this token lacks scope \"read\"").into_response()
    } else {
        next.run(request).await
    };
    if let (false, Some(problem)) = (of_machine, response.extensions().get::<Problem>().cloned()) {
        let page = View::of(&shared, &asked, &uri).trouble(&problem);
        let (parts, _) = response.into_parts();
        response = (problem.status, page).into_response();
        if let Some(wait) = parts.headers.get(header::RETRY_AFTER) {
            response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
    }
    if method == Method::GET && response.status() == StatusCode::OK {
        response = validated(response, &asked).await;
    }
    harden(response.headers_mut(), origin);
    response
}

fn may_read(shared: &Shared, headers: &HeaderMap) -> bool {
    shared.access.caller(headers).is_some_and(|token| token.scopes.contains(&Scope::Read))
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Adds an entity tag and answers 304 to who has it. Streams are left alone.
async fn validated(response: Response, asked: &HeaderMap) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/event-stream") || kind.starts_with("application/x-ndjson") || kind.starts_with("text/csv")
    {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be made").into_response();
    };
    let tag = format!("W/\"{}\"", short_hash(&[&String::from_utf8_lossy(&bytes)]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let same = known.trim() == "*" || known.split(',').any(|one| strong(one) == strong(&tag));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if same {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn allowed_origin(shared: &Shared, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    shared.pipeline.config.http.cors_origins.iter().any(|allowed| allowed == text).then(|| origin.clone())
}

fn harden(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // Kept, but asked about each time: the entity tag answers cheaply.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    let shared = if origin.is_some() { "cross-origin" } else { "same-origin" };
    let policy = header::HeaderName::from_static("cross-origin-resource-policy");
    headers.insert(policy, HeaderValue::from_static(shared));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let allowed = HeaderValue::from_static("authorization, content-type, if-none-match, last-event-id");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    headers.append(header::VARY, HeaderValue::from_static("cookie, accept, accept-language, authorization"));
}
