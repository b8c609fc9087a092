//! The API's own description, made from the code.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{analyze, history, incidents, operate, search, services, sources, trends};
use crate::http::{live, problem};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "meoktong",
        description = "Outages of Korean messenger and finance services, read out of public texts. Times are RFC 3339 with the offset of Korea. \
                       Errors are problem details after RFC 9457. Answers carry an ETag; lists are paged with `limit` and `cursor`.",
        license(name = "Apache-2.0")
    ),
    servers((url = "/", description = "This installation")),
    paths(
        search::search,
        analyze::analyze,
        incidents::incidents,
        incidents::incident,
        incidents::evidence,
        operate::acknowledge,
        live::events,
        services::services,
        services::service,
        trends::trends,
        history::history,
        sources::sources,
        operate::run,
        operate::deliveries,
        operate::retry,
        sources::ready
    ),
    components(schemas(problem::Body, live::Changed, live::Standing)),
    modifiers(&Tokens),
    tags(
        (name = "incidents", description = "What is or was down, and why we believe it"),
        (name = "documents", description = "What was published"),
        (name = "services", description = "The catalogue, trends and history"),
        (name = "operation", description = "Sources and messages")
    )
)]
struct Description;

struct Tokens;

impl Modify for Tokens {
    fn modify(&self, described: &mut utoipa::openapi::OpenApi) {
        let components = described.components.get_or_insert_default();
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("token", scheme);
    }
}

/// The description as a value.
pub(in crate::http) fn described() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) async fn openapi() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| described().to_pretty_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], text.as_str()).into_response()
}
