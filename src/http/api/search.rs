//! Full-text search.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use meoktong_index::{Answer, Request, SearchError, Sort};

use super::{blocking, given, limited};
use crate::http::Shared;
use crate::http::problem::{Body, Problem};

/// What is asked.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// In the query language; empty finds everything.
    #[serde(default)]
    #[param(default = "")]
    q: String,
    /// Best match or newest first.
    #[serde(default)]
    #[param(inline)]
    sort: Order,
    /// Most hits.
    #[param(minimum = 1, maximum = 200, default = 20)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// In which order hits come.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// Best match first.
    #[default]
    Relevance,
    /// Newest first.
    Time,
}

/// An excerpt, with the byte ranges in it that matched.
#[derive(Serialize, ToSchema)]
pub(super) struct Excerpt {
    /// The excerpt, as published: whoever shows it escapes it.
    text: String,
    /// `[first byte, byte behind the last]`, in order.
    #[schema(value_type = Vec<Vec<usize>>)]
    highlights: Vec<(usize, usize)>,
}

/// A document found.
#[derive(Serialize, ToSchema)]
pub(super) struct Hit {
    /// Document id.
    id: String,
    /// Headline.
    title: String,
    /// `news`, `notice`, `post`, `review`, `trend` or `status`.
    kind: String,
    /// Source.
    source: Option<String>,
    /// Where it stands.
    url: Option<String>,
    /// RFC 3339.
    published_at: Option<String>,
    /// Failed services.
    services: Vec<String>,
    /// Failed features.
    features: Vec<String>,
    /// Symptoms.
    symptoms: Vec<String>,
    /// Whether it reports an outage.
    outage: bool,
    /// Whether that is current.
    current: bool,
    /// Probability of an outage report.
    probability: f64,
    /// Story; copies share it.
    story: Option<String>,
    /// Relevance; absent when sorted by time.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    /// Why it was found.
    snippet: Excerpt,
}

/// One value of a facet and how many hits have it.
#[derive(Serialize, ToSchema)]
pub(super) struct Count {
    /// The value.
    value: String,
    /// Hits with it.
    count: u64,
}

/// Hits of one day in Korea.
#[derive(Serialize, ToSchema)]
pub(super) struct Day {
    /// `2022-10-15`.
    day: String,
    /// Hits published on it.
    count: u64,
}

/// The answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Found {
    /// Hits on all pages.
    total: usize,
    /// Whether the Korean analyzer found nothing and pairs of syllables were tried instead.
    fallback: bool,
    /// This page.
    hits: Vec<Hit>,
    /// Cursor of the next page, if there is one.
    next: Option<String>,
    /// Counts per `service`, `feature`, `symptom`, `source` and `kind`.
    facets: BTreeMap<&'static str, Vec<Count>>,
    /// Hits per day, oldest first.
    histogram: Vec<Day>,
}

impl From<Answer> for Found {
    fn from(answer: Answer) -> Self {
        let hits = answer.hits.into_iter().map(|hit| Hit {
            id: hit.id,
            title: hit.title,
            kind: hit.kind,
            source: hit.source,
            url: hit.url,
            published_at: hit.published_at,
            services: hit.services,
            features: hit.features,
            symptoms: hit.symptoms,
            outage: hit.outage,
            current: hit.current,
            probability: hit.probability,
            story: hit.story,
            score: hit.score,
            snippet: Excerpt { text: hit.snippet.text, highlights: hit.snippet.highlights },
        });
        let facets = answer.facets.into_iter().map(|(name, counts)| {
            (name, counts.into_iter().map(|one| Count { value: one.value, count: one.count }).collect())
        });
        Self {
            total: answer.total,
            fallback: answer.fallback,
            hits: hits.collect(),
            next: answer.next,
            facets: facets.collect(),
            histogram: answer.histogram.into_iter().map(|one| Day { day: one.day, count: one.count }).collect(),
        }
    }
}

/// Full-text search
///
/// Korean words are analysed as the documents were; `"phrases"`, `AND OR NOT -word ( )`, `service:`, `feature:`, `symptom:`,
/// `kind:`, `source:`, `outage:true`, `current:true`, `since:2h`, `after:2022-10-15`, `before:`. A mistake is answered with
/// its position and what was expected.
#[utoipa::path(get, path = "/api/v1/search", tag = "documents", params(Asked),
    responses((status = 200, body = Found), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body)))]
pub(super) async fn search(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Found>, Problem> {
    let asked = given(query)?;
    let request = Request {
        query: asked.q,
        sort: match asked.sort {
            Order::Relevance => Sort::Relevance,
            Order::Time => Sort::Time,
        },
        limit: limited(asked.limit, 20, 200)?,
        cursor: asked.cursor,
        now: (shared.pipeline.clock)(),
    };
    let answer = blocking(move || Ok(shared.pipeline.index.search(&request))).await?;
    answer.map(|answer| Json(answer.into())).map_err(wrong)
}

/// What is wrong with a query, or with the engine.
pub(in crate::http) fn wrong(error: SearchError) -> Problem {
    match error {
        SearchError::Query(_) | SearchError::Cursor(_) => Problem::bad(error.to_string()),
        other => anyhow::Error::from(other).into(),
    }
}
