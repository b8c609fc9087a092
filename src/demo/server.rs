//! Serves the sites of the recorded day on loopback, and receives the webhooks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, FixedOffset};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;

use meoktong_index::document::kst;

use super::sites::Sites;
use crate::normalise::short_hash;

/// A clock that is moved by hand.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: DateTime<FixedOffset>) -> Self {
        Self(Arc::new(AtomicI64::new(time.timestamp())))
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> DateTime<FixedOffset> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).unwrap_or_default().with_timezone(&kst())
    }

    /// Moves it.
    pub fn set(&self, time: DateTime<FixedOffset>) {
        self.0.store(time.timestamp(), Ordering::SeqCst);
    }
}

/// How the sites were used.
#[derive(Debug, Default)]
pub struct Served {
    /// Answers with a body.
    pub fresh: AtomicU64,
    /// Answers 304.
    pub unchanged: AtomicU64,
    /// Answers 404.
    pub missing: AtomicU64,
}

struct Web {
    sites: Sites,
    clock: VirtualClock,
    served: Arc<Served>,
}

/// Starts the sites on a free port of loopback.
///
/// # Errors
/// When no port can be had.
pub async fn sites(sites: Sites, clock: VirtualClock) -> Result<(SocketAddr, Arc<Served>)> {
    let served = Arc::new(Served::default());
    let web = Arc::new(Web { sites, clock, served: served.clone() });
    let app = Router::new().fallback(site).with_state(web);
    Ok((listen(app).await?, served))
}

async fn listen(app: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("loopback: no free port for the demo")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!("demo server: {error}");
        }
    });
    Ok(address)
}

async fn site(State(web): State<Arc<Web>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if path == "/robots.txt" {
        return ([(header::CONTENT_TYPE, "text/plain")], "User-agent: *\nDisallow: /admin\n").into_response();
    }
    let Some(page) = web.sites.answer(host, path, web.clock.now()) else {
        web.served.missing.fetch_add(1, Ordering::Relaxed);
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", short_hash(&[&String::from_utf8_lossy(&page.bytes)]));
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        web.served.unchanged.fetch_add(1, Ordering::Relaxed);
        return StatusCode::NOT_MODIFIED.into_response();
    }
    web.served.fresh.fetch_add(1, Ordering::Relaxed);
    ([(header::CONTENT_TYPE, page.content_type.to_owned()), (header::ETAG, etag)], page.bytes).into_response()
}

/// A webhook that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// `webhook-id`.
    pub id: String,
    /// The body.
    pub body: String,
    /// Whether its signature is right.
    pub genuine: bool,
}

/// The webhooks that arrived, in order.
pub type Inbox = Arc<Mutex<Vec<Received>>>;

/// Starts a receiver that keeps what arrives and answers a wrong signature with 401.
///
/// # Errors
/// When no port can be had.
pub async fn receiver(secret: &str) -> Result<(SocketAddr, Inbox)> {
    let inbox = Inbox::default();
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).context("the demo's webhook secret is no base64")?;
    let app = Router::new().route("/hook", post(receive)).with_state((inbox.clone(), Arc::new(key)));
    Ok((listen(app).await?, inbox))
}

async fn receive(State((inbox, key)): State<(Inbox, Arc<Vec<u8>>)>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (id, time, signatures) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
    let genuine = signatures.split(' ').any(|one| is_genuine(&key, &id, &time, &body, one));
    let body = String::from_utf8_lossy(&body).into_owned();
    inbox.lock().unwrap_or_else(PoisonError::into_inner).push(Received { id, body, genuine });
    if genuine { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

/// Verifies a signature after Standard Webhooks 1.0: `v1,` and the base64 of HMAC-SHA256 over id, time and body, joined by
/// full stops.
#[must_use]
pub fn is_genuine(key: &[u8], id: &str, time: &str, body: &[u8], signature: &str) -> bool {
    let Some(given) = signature.strip_prefix("v1,").and_then(|given| STANDARD.decode(given).ok()) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}
