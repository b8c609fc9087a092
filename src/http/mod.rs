//! Dashboard, API, feeds and metrics. Shapes are made here; what comes from outside is tamed and escaped where it is shown.

pub mod access;
mod api;
mod assets;
mod chart;
mod feeds;
mod guard;
mod health;
mod inbound;
mod live;
mod metrics;
mod outside;
mod pages;
mod problem;
mod story;
mod view;

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use problem::Problem;

use crate::pipeline::Pipeline;
use crate::wiring::Brain;

/// Longest body of a request, in bytes.
const LONGEST_BODY: usize = 256 << 10;
/// How long open connections may go on after the end, in seconds.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// What the handlers share.
#[derive(Clone)]
pub struct Shared {
    /// Store, index and configuration.
    pub pipeline: Arc<Pipeline>,
    /// Names of services, and the analysis.
    pub brain: Brain,
    access: Arc<access::Access>,
    pace: Arc<guard::Pace>,
    live: live::Live,
    stop: watch::Receiver<bool>,
}

impl Shared {
    /// What is served over a pipeline until `stop` turns true.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, brain: Brain, stop: watch::Receiver<bool>) -> Self {
        let config = &pipeline.config;
        let access = Arc::new(access::Access::new(&config.http, &config.token));
        let pace = guard::Pace::new(&config.http);
        Self { access, pace, pipeline, brain, live: live::channel(), stop }
    }
}

/// All routes.
pub fn router(shared: Shared) -> Router {
    let nothing = || async { Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address") };
    let other = || async { Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take this method") };
    Router::new()
        .merge(pages::routes())
        .merge(api::routes())
        .route("/feed.atom", get(feeds::atom))
        .route("/feed.json", get(feeds::json_feed))
        .route("/feed.ics", get(feeds::calendar))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/assets/{name}", get(assets::serve))
        .merge(inbound::routes())
        .fallback(nothing)
        .method_not_allowed_fallback(other)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(shared.clone(), guard::guard))
        .with_state(shared)
}

/// Takes an address.
///
/// # Errors
/// When it cannot be had.
pub async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} — choose another address in http.listen"))
}

/// Serves until the stop of `shared` turns true; what is being answered is finished, streams end.
///
/// # Errors
/// When the server fails.
pub async fn serve(shared: Shared, listener: TcpListener) -> Result<()> {
    let address = listener.local_addr()?;
    tracing::info!("dashboard and API on http://{address}/");
    if !address.ip().is_loopback() && !shared.access.has_tokens() && !shared.access.protects_reads() {
        tracing::warn!(%address, "open without a token: whoever reaches this address can read everything — set http.protect_reads and add a [[token]]");
    }
    let mut stop = shared.stop.clone();
    let news = tokio::spawn(live::watch(shared.clone(), stop.clone()));
    let app = router(shared).into_make_service_with_connect_info::<SocketAddr>();
    let mut ended = stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        let _ = ended.wait_for(|stop| *stop).await;
    });
    let late = async {
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    let served = tokio::select! {
        served = server.into_future() => served.context("http server"),
        () = late => Ok(()),
    };
    news.abort();
    served
}
