//! A text, read as the pipeline reads it.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use utoipa::ToSchema;

use meoktong_index::{Document, Kind, Published};

use super::blocking;
use crate::analyse::Analysis;
use crate::http::Shared;
use crate::http::problem::{Body, Problem};
use crate::normalise::clean;

/// Longest text, in characters: what the analysis costs grows faster than its length.
pub(in crate::http) const LONGEST: usize = 20_000;

/// A text to be read. It is not stored.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// What it is; an article if nothing is said.
    #[serde(default)]
    kind: Sort,
    /// Headline.
    #[serde(default)]
    #[schema(max_length = 20000)]
    title: String,
    /// Body.
    #[serde(default)]
    #[schema(max_length = 20000)]
    text: String,
    /// RFC 3339 or a date; without, relative times stay open.
    published_at: Option<String>,
    /// What a review or a board is about.
    about: Option<String>,
}

/// Kind of text.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Kind)]
pub(super) enum Sort {
    /// A press article.
    #[default]
    News,
    /// An operator's notice.
    Notice,
    /// A post on a board.
    Post,
    /// An app-store review.
    Review,
    /// A search.
    Trend,
    /// An entry of a status page.
    Status,
}

impl From<Sort> for Kind {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::News => Kind::News,
            Sort::Notice => Kind::Notice,
            Sort::Post => Kind::Post,
            Sort::Review => Kind::Review,
            Sort::Trend => Kind::Trend,
            Sort::Status => Kind::Status,
        }
    }
}

/// Reads a text, with tokens, times and what decided.
pub(in crate::http) async fn read(shared: &Shared, mut document: Document) -> Result<(Document, Analysis), Problem> {
    document.title = clean(&document.title);
    document.text = clean(&document.text);
    if document.title.chars().count() + document.text.chars().count() > LONGEST {
        return Err(Problem::bad(format!("the text is longer than {LONGEST} characters")));
    }
    let explain = shared.brain.explain.clone();
    blocking(move || {
        let analysis = explain(&document);
        Ok((document, analysis))
    })
    .await
}

/// Reads a text as the pipeline does
///
/// The answer is a line of `meoktong analyze --explain --format jsonl`. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/analyze", tag = "documents", request_body = Text,
    responses((status = 200, body = Object),
        (status = 400, content_type = "application/problem+json", body = Body),
        (status = 413, content_type = "application/problem+json", body = Body),
        (status = 415, content_type = "application/problem+json", body = Body)))]
pub(super) async fn analyze(
    State(shared): State<Shared>,
    text: Result<Json<Text>, JsonRejection>,
) -> Result<Json<Analysis>, Problem> {
    let Json(text) = text?;
    let published_at = text.published_at.as_deref().map(Published::parse).transpose().map_err(Problem::bad)?;
    let document = Document {
        id: "text".into(),
        kind: text.kind.into(),
        title: text.title,
        text: text.text,
        about: text.about,
        published_at,
        ..Document::default()
    };
    read(&shared, document).await.map(|(_, analysis)| Json(analysis))
}
