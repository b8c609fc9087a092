//! Style, script and icon, embedded. Their addresses carry a hash, so that browsers may keep them for ever.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::normalise::short_hash;

/// A file that pages load.
pub(super) struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    address: OnceLock<String>,
}

impl Asset {
    const fn new(name: &'static str, kind: &'static str, text: &'static str) -> Self {
        Self { name, kind, text, address: OnceLock::new() }
    }

    /// Where it is served.
    pub(super) fn address(&self) -> &str {
        self.address.get_or_init(|| format!("/assets/{}-{}", short_hash(&[self.text]), self.name))
    }
}

pub(super) static STYLE: Asset =
    Asset::new("meoktong.css", "text/css; charset=utf-8", include_str!("assets/meoktong.css"));
pub(super) static SCRIPT: Asset =
    Asset::new("meoktong.js", "text/javascript; charset=utf-8", include_str!("assets/meoktong.js"));
pub(super) static ICON: Asset = Asset::new("icon.svg", "image/svg+xml", include_str!("assets/icon.svg"));
/// The mark beside the name, which takes the colours of the page.
pub(super) const MARK: &str = include_str!("assets/mark.svg");

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let known =
        [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.address().strip_prefix("/assets/") == Some(&name));
    match known {
        Some(asset) => {
            let kept = "public, max-age=31536000, immutable";
            ([(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, kept)], asset.text).into_response()
        }
        None => Problem::new(StatusCode::NOT_FOUND, "there is no such file").into_response(),
    }
}
