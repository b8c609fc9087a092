//! Dashboard, API, feed and metrics. The API's shapes are made here; what is shown as HTML or XML is escaped here.

mod api;
mod inbound;
mod page;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;

use crate::pipeline::Pipeline;
use crate::wiring::Brain;

/// What the handlers share.
#[derive(Clone)]
pub struct Shared {
    /// Store, index and configuration.
    pub pipeline: Arc<Pipeline>,
    /// Names of services.
    pub brain: Brain,
}

/// All routes.
pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/", get(page::dashboard))
        .route("/feed.atom", get(page::feed))
        .route("/metrics", get(page::metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(api::ready))
        .route("/api/v1/search", get(api::search))
        .route("/api/v1/incidents", get(api::incidents))
        .route("/api/v1/incidents/{id}", get(api::incident))
        .route("/api/v1/services", get(api::services))
        .route("/api/v1/sources", get(api::sources))
        .merge(inbound::routes())
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address").into_response() })
        .with_state(shared)
}

/// Serves until `stop` turns true.
///
/// # Errors
/// When the address cannot be had.
pub async fn serve(shared: Shared, listen: &str, mut stop: tokio::sync::watch::Receiver<bool>) -> Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen} — choose another address in http.listen"))?;
    let address: SocketAddr = listener.local_addr()?;
    tracing::info!("dashboard and API on http://{address}/");
    axum::serve(listener, router(shared))
        .with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        })
        .await
        .context("http server")
}

/// An error after RFC 9457.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("request: {error:#}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log tells why")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
