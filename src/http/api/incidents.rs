//! Incidents and what speaks for them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{blocking, given, limited, missing, offset};
use crate::http::Shared;
use crate::http::problem::{Body, Problem};
use crate::http::story::Story;
use crate::store::{Exposure, IncidentRow, StoredDocument, Which};

/// A feature that failed.
#[derive(Serialize, ToSchema)]
pub(super) struct Feature {
    /// Feature id.
    feature: String,
    /// Korean name.
    name: String,
}

/// What hangs on the failure, or stands apart from it.
#[derive(Serialize, ToSchema)]
pub(super) struct Reach {
    /// Service id.
    service: String,
    /// Feature id; none means the whole service.
    feature: Option<String>,
    /// Korean name.
    name: String,
    /// Why: `hosted:kakaotalk/message`, `stand-alone`, `said:doc_…`.
    via: String,
}

/// An outage of one service.
#[derive(Serialize, ToSchema)]
pub(super) struct Incident {
    /// `inc_…`.
    id: String,
    /// Service id.
    service: String,
    /// Korean name.
    name: String,
    /// `suspected`, `open`, `restored`, `resolved` or `retracted`.
    state: String,
    /// `minor`, `major` or `critical`.
    impact: String,
    /// When it was suspected first, RFC 3339.
    opened_at: String,
    /// Last change.
    updated_at: String,
    /// When it was restored or resolved.
    closed_at: Option<String>,
    /// Publication of the first evidence.
    first_evidence_at: Option<String>,
    /// The operator's first notice.
    first_notice_at: Option<String>,
    /// Strength of the evidence at the last change, in nats.
    score: f64,
    /// Features that failed; none means the whole service.
    failed: Vec<Feature>,
    /// What hangs on them.
    exposed: Vec<Reach>,
    /// What stands apart.
    unaffected: Vec<Reach>,
}

impl From<IncidentRow> for Incident {
    fn from(row: IncidentRow) -> Self {
        let reach = |list: Vec<Exposure>| {
            list.into_iter()
                .map(|one| Reach { service: one.service, feature: one.feature, name: one.name, via: one.via })
                .collect()
        };
        Self {
            id: row.id,
            service: row.service,
            name: row.name,
            state: row.state,
            impact: row.impact,
            opened_at: row.opened_at,
            updated_at: row.updated_at,
            closed_at: row.closed_at,
            first_evidence_at: row.first_evidence_at,
            first_notice_at: row.first_notice_at,
            score: row.score,
            failed: row.failed.into_iter().map(|one| Feature { feature: one.feature, name: one.name }).collect(),
            exposed: reach(row.exposed),
            unaffected: reach(row.unaffected),
        }
    }
}

/// A page of incidents.
#[derive(Serialize, ToSchema)]
pub(super) struct Incidents {
    /// Newest first.
    incidents: Vec<Incident>,
    /// Cursor of the next page, if there is one.
    next: Option<String>,
}

/// Which incidents.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Only those that go on.
    #[serde(default)]
    #[param(default = false)]
    open: bool,
    /// Service id.
    service: Option<String>,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Incidents, newest first
///
/// Suspicions that faded are left out.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "incidents", params(Asked),
    responses((status = 200, body = Incidents), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body)))]
pub(super) async fn incidents(
    State(shared): State<Shared>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Incidents>, Problem> {
    let asked = given(query)?;
    let limit = limited(asked.limit, 100, 1000)?;
    let after = match &asked.cursor {
        None => None,
        Some(cursor) => {
            match cursor.split_once('.').and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id.to_owned()))) {
                Some(after) => Some(after),
                None => return Err(Problem::bad(format!("cursor {cursor:?} is not one that was returned"))),
            }
        }
    };
    let which = if asked.open { Which::Live } else { Which::All };
    let mut rows = blocking(move || {
        let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        Ok(shared.pipeline.store.incidents_page(which, asked.service.as_deref(), after, limit + 1)?)
    })
    .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(cursor);
    Ok(Json(Incidents { incidents: rows.into_iter().map(Incident::from).collect(), next }))
}

fn cursor(last: &IncidentRow) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(&last.opened_at).map_or(0, |at| at.timestamp());
    format!("{at}.{}", last.id)
}

/// A step in an incident's life.
#[derive(Serialize, ToSchema)]
pub(super) struct Step {
    /// RFC 3339.
    at: String,
    /// `opened`, `confirmed`, `feature_added`, `impact_raised`, `restored`, `resolved` or `retracted`.
    change: &'static str,
    /// `minor`, `major` or `critical`.
    impact: &'static str,
    /// Strength of the evidence, in nats.
    score: f64,
    /// Strength that this step needed.
    threshold: f64,
    /// Documents that counted.
    documents: usize,
    /// Why, in a Korean line.
    why_ko: String,
    /// Why, in an English line.
    why_en: String,
}

/// A statutory duty that may run. No legal advice: whether it applies depends on revenue and users.
#[derive(Serialize, ToSchema)]
pub(super) struct Duty {
    /// What has to be done, Korean.
    duty_ko: &'static str,
    /// The same in English.
    duty_en: &'static str,
    /// The rule.
    law: &'static str,
    /// By when, RFC 3339.
    due: String,
}

/// Who has seen it.
#[derive(Serialize, ToSchema)]
pub(super) struct Seen {
    /// Name of the token.
    by: String,
    /// What they said.
    note: String,
    /// RFC 3339.
    at: String,
}

/// An incident with its story.
#[derive(Serialize, ToSchema)]
pub(super) struct Told {
    /// The incident.
    incident: Incident,
    /// Since when it fails, RFC 3339.
    onset: String,
    /// How that is known: `official`, `agreed`, `stated`, `change_point` or `day`.
    onset_source: Option<String>,
    /// When independent sources agreed.
    confirmed_at: Option<String>,
    /// Until when, as far as known.
    ended_at: Option<String>,
    /// Minutes by which the confirmation was before the operator's first notice; negative behind it.
    lead_minutes: Option<i64>,
    /// Why, in a text's words.
    cause: Option<String>,
    /// Its steps, oldest first.
    timeline: Vec<Step>,
    /// Statutory duties that may run.
    duties: Vec<Duty>,
    /// Documents behind it; `/evidence` lists them.
    evidence_total: i64,
    /// Who has seen it.
    acknowledged: Option<Seen>,
}

/// One incident with its timeline
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "incidents", params(("id" = String, Path, description = "`inc_…`")),
    responses((status = 200, body = Told), (status = 304, description = "Not changed"),
        (status = 404, content_type = "application/problem+json", body = Body)))]
pub(super) async fn incident(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Json<Told>, Problem> {
    let wanted = id.clone();
    let found = blocking(move || {
        let Some(story) = Story::read(&shared, &wanted)? else { return Ok(None) };
        let (_, total) = shared.pipeline.store.evidence_page(&wanted, 0, 0)?;
        Ok(Some(told(story, total)))
    });
    found.await?.map(Json).ok_or_else(|| missing("incident", &id))
}

fn told(story: Story, evidence_total: i64) -> Told {
    let text = |source| serde_json::to_value(source).ok().and_then(|value| value.as_str().map(str::to_owned));
    let last = story.last();
    Told {
        onset: story.onset().to_rfc3339(),
        onset_source: last.and_then(|last| text(last.onset.source)),
        confirmed_at: story.confirmed().map(|at| at.to_rfc3339()),
        ended_at: story.ended().map(|at| at.to_rfc3339()),
        lead_minutes: story.lead(),
        cause: last.and_then(|last| last.cause.as_ref()).map(|cause| cause.text.clone()),
        timeline: story
            .changes
            .iter()
            .map(|change| Step {
                at: change.at.to_rfc3339(),
                change: change.change.as_str(),
                impact: change.impact.as_str(),
                score: change.score,
                threshold: change.threshold,
                documents: change.evidence.len(),
                why_ko: change.explanation.ko.clone(),
                why_en: change.explanation.en.clone(),
            })
            .collect(),
        duties: story
            .clocks
            .iter()
            .map(|clock| Duty {
                duty_ko: clock.duty_ko,
                duty_en: clock.duty_en,
                law: clock.law,
                due: clock.due.to_rfc3339(),
            })
            .collect(),
        evidence_total,
        acknowledged: story.seen.as_ref().map(|seen| Seen {
            by: seen.by.clone(),
            note: seen.note.clone(),
            at: super::time(seen.at).to_rfc3339(),
        }),
        incident: story.row.into(),
    }
}

/// An outage expression in a document.
#[derive(Serialize, ToSchema)]
pub(super) struct Word {
    /// As written.
    text: String,
    /// Symptom id.
    symptom: String,
    /// `affirmed`, `negated`, `hypothetical`, `historical`, `restored` or `planned`.
    assertion: &'static str,
    /// Service that it is said of.
    service: Option<String>,
}

/// A document behind an incident.
#[derive(Serialize, ToSchema)]
pub(super) struct Proof {
    /// `doc_…`.
    document: String,
    /// Kind of document.
    kind: &'static str,
    /// Headline.
    title: String,
    /// Source.
    source: Option<String>,
    /// Where it stands.
    url: Option<String>,
    /// RFC 3339.
    published_at: Option<String>,
    /// Probability of an outage report.
    probability: f64,
    /// Outage expressions.
    words: Vec<Word>,
}

impl From<StoredDocument> for Proof {
    fn from(stored: StoredDocument) -> Self {
        let document = stored.document;
        let words = stored.analysis.signals.into_iter().map(|signal| Word {
            text: signal.text,
            symptom: signal.symptom,
            assertion: signal.assertion.as_str(),
            service: signal.service,
        });
        Self {
            document: document.id,
            kind: document.kind.as_str(),
            title: document.title,
            source: document.source,
            url: document.url,
            published_at: document.published_at.map(|published| published.at.to_rfc3339()),
            probability: stored.analysis.probability,
            words: words.collect(),
        }
    }
}

/// A page of evidence.
#[derive(Serialize, ToSchema)]
pub(super) struct Evidence {
    /// Documents in all.
    total: i64,
    /// Latest first.
    evidence: Vec<Proof>,
    /// Cursor of the next page, if there is one.
    next: Option<String>,
}

/// Which page.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageOf {
    /// Most rows.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// The documents behind an incident
#[utoipa::path(get, path = "/api/v1/incidents/{id}/evidence", tag = "incidents",
    params(("id" = String, Path, description = "`inc_…`"), PageOf),
    responses((status = 200, body = Evidence), (status = 304, description = "Not changed"),
        (status = 400, content_type = "application/problem+json", body = Body),
        (status = 404, content_type = "application/problem+json", body = Body)))]
pub(super) async fn evidence(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    query: Result<Query<PageOf>, QueryRejection>,
) -> Result<Json<Evidence>, Problem> {
    let page = given(query)?;
    let (limit, from) = (limited(page.limit, 100, 1000)?, offset(page.cursor.as_deref())?);
    let wanted = id.clone();
    let found = blocking(move || {
        let store = &shared.pipeline.store;
        if store.incident(&wanted)?.is_none() {
            return Ok(None);
        }
        Ok(Some(store.evidence_page(&wanted, from, limit)?))
    });
    let Some((rows, total)) = found.await? else { return Err(missing("incident", &id)) };
    let next = ((from + limit) < usize::try_from(total).unwrap_or(0)).then(|| format!("o{}", from + limit));
    Ok(Json(Evidence { total, evidence: rows.into_iter().map(Proof::from).collect(), next }))
}
