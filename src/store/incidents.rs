//! Incidents, their timelines and their evidence.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{OutboxRow, Store, StoreError};

/// A feature by id and Korean name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    /// Feature id.
    pub feature: String,
    /// Korean name.
    pub name: String,
}

/// A feature that is exposed to the failure of another service, or stands apart from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure {
    /// Service id.
    pub service: String,
    /// Feature id; none means the whole service.
    pub feature: Option<String>,
    /// Names for people: `카카오페이 송금`.
    pub name: String,
    /// Why: `hosted:kakaotalk`, `stand-alone`.
    pub via: String,
}

/// An incident as it stands. Times are RFC 3339 in Korea.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// `inc_…`.
    pub id: String,
    /// Service id.
    pub service: String,
    /// Korean name.
    pub name: String,
    /// `open`, `restored` or `resolved`.
    pub state: String,
    /// `minor`, `major` or `critical`.
    pub impact: String,
    /// When we said so first.
    pub opened_at: String,
    /// Last change.
    pub updated_at: String,
    /// When it was restored or resolved.
    pub closed_at: Option<String>,
    /// Publication time of the first evidence.
    pub first_evidence_at: Option<String>,
    /// Publication time of the operator's first notice among the evidence.
    pub first_notice_at: Option<String>,
    /// Strength of the signal at the last change.
    pub score: f64,
    /// Features that failed.
    pub failed: Vec<Named>,
    /// Features of this and other services that depend on what failed.
    pub exposed: Vec<Exposure>,
    /// Features and services that stand apart.
    pub unaffected: Vec<Exposure>,
}

impl IncidentRow {
    /// Whether it goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == "open"
    }
}

/// One change of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// RFC 3339.
    pub at: String,
    /// `opened`, `feature_added`, `impact_raised`, `restored`, `resolved`.
    pub change: String,
    /// The whole change, in the form of the command-line contract.
    pub detail: serde_json::Value,
}

/// A document that made us believe in an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceRow {
    /// Document id.
    pub document: String,
    /// Kind of document.
    pub kind: Option<String>,
    /// Headline.
    pub title: Option<String>,
    /// Source.
    pub source: Option<String>,
    /// Where it stands.
    pub url: Option<String>,
    /// RFC 3339.
    pub published_at: Option<String>,
}

/// Everything that has to be stored together when the detector has moved.
#[derive(Debug, Default)]
pub struct TransitionCommit<'a> {
    /// Incidents as they now stand.
    pub incidents: Vec<IncidentRow>,
    /// `(incident, change)`.
    pub changes: Vec<(String, ChangeRow)>,
    /// `(incident, document)`.
    pub evidence: Vec<(String, String)>,
    /// What is to be sent.
    pub outbox: Vec<OutboxRow>,
    /// The detector's state after the change, its layout's version, and the last document row in it.
    pub detector: Option<(&'a [u8], i64, i64)>,
    /// Seconds since 1970.
    pub at: i64,
}

impl Store {
    /// Stores incident changes, their evidence, the detector's state and the messages that tell of them: all or
    /// nothing. After a crash a change is there with its messages, or the detector makes it again.
    ///
    /// # Errors
    /// When SQLite fails; nothing is stored then.
    pub fn commit_transition_with_outbox(&self, commit: &TransitionCommit<'_>) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        for incident in &commit.incidents {
            let seconds =
                |text: &str| chrono::DateTime::parse_from_rfc3339(text).map_or(commit.at, |at| at.timestamp());
            transaction.execute(
                "insert into incidents (id, service, state, impact, opened_at, updated_at, closed_at, json) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict (id) do update set \
                 state = ?3, impact = ?4, updated_at = ?6, closed_at = ?7, json = ?8",
                params![
                    incident.id,
                    incident.service,
                    incident.state,
                    incident.impact,
                    seconds(&incident.opened_at),
                    seconds(&incident.updated_at),
                    incident.closed_at.as_deref().map(seconds),
                    serde_json::to_string(incident)?,
                ],
            )?;
        }
        for (incident, change) in &commit.changes {
            transaction.execute(
                "insert into changes (incident, at, change, json) values (?1, ?2, ?3, ?4) on conflict do nothing",
                params![incident, commit.at, change.change, serde_json::to_string(change)?],
            )?;
        }
        for (incident, document) in &commit.evidence {
            transaction.execute(
                "insert into evidence (incident, document, at) values (?1, ?2, ?3) on conflict do nothing",
                params![incident, document, commit.at],
            )?;
        }
        for row in &commit.outbox {
            transaction.execute(
                "insert into outbox (id, alert, incident, endpoint, body, created_at, due_at) \
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?6) on conflict (id) do nothing",
                params![row.id, row.alert, row.incident, row.endpoint, row.body, row.created_at],
            )?;
        }
        if let Some((blob, version, seen)) = commit.detector {
            transaction.execute(
                "insert into detector_state (one, version, seen, blob) values (1, ?1, ?2, ?3) \
                 on conflict (one) do update set version = ?1, seen = ?2, blob = ?3",
                params![version, seen, blob],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The detector's state: layout version, last document row in it, and the bytes.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn detector_state(&self) -> Result<Option<(i64, i64, Vec<u8>)>, StoreError> {
        let sql = "select version, seen, blob from detector_state";
        Ok(self.lock().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?)
    }

    /// Incidents, newest first; only those that go on when `open` says so.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn incidents(&self, open: bool, limit: usize) -> Result<Vec<IncidentRow>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select json from incidents where not ?1 or state = 'open' order by opened_at desc, id limit ?2",
        )?;
        let rows = statement.query_map(params![open, limit as i64], |row| row.get::<_, String>(0))?;
        rows.map(|json| Ok(serde_json::from_str(&json?)?)).collect()
    }

    /// An incident by id.
    ///
    /// # Errors
    /// When SQLite fails or the record cannot be read.
    pub fn incident(&self, id: &str) -> Result<Option<IncidentRow>, StoreError> {
        let connection = self.lock();
        let json: Option<String> =
            connection.query_row("select json from incidents where id = ?1", [id], |row| row.get(0)).optional()?;
        Ok(json.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// The changes of an incident, oldest first.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn timeline(&self, incident: &str) -> Result<Vec<ChangeRow>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("select json from changes where incident = ?1 order by at, id")?;
        let rows = statement.query_map([incident], |row| row.get::<_, String>(0))?;
        rows.map(|json| Ok(serde_json::from_str(&json?)?)).collect()
    }

    /// The documents behind an incident, in order of publication.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn evidence(&self, incident: &str) -> Result<Vec<EvidenceRow>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select e.document, d.kind, d.title, d.source, d.url, d.published from evidence e \
             left join documents d on d.id = e.document where e.incident = ?1 order by d.published, e.document",
        )?;
        let rows = statement.query_map([incident], |row| {
            let published: Option<i64> = row.get(5)?;
            Ok(EvidenceRow {
                document: row.get(0)?,
                kind: row.get(1)?,
                title: row.get(2)?,
                source: row.get(3)?,
                url: row.get(4)?,
                published_at: published.map(|seconds| super::documents::time(seconds).to_rfc3339()),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps what somebody says of an incident; `None` takes it back. False when there is none of this id.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn commit_verdict(&self, incident: &str, correct: Option<bool>, at: i64) -> Result<bool, StoreError> {
        let connection = self.lock();
        let known: bool =
            connection
                .query_row("select exists (select 1 from incidents where id = ?1)", [incident], |row| row.get(0))?;
        match correct {
            _ if !known => {}
            Some(correct) => {
                connection.execute(
                    "insert into verdicts (incident, correct, at) values (?1, ?2, ?3) \
                     on conflict (incident) do update set correct = ?2, at = ?3",
                    params![incident, correct, at],
                )?;
            }
            None => {
                connection.execute("delete from verdicts where incident = ?1", [incident])?;
            }
        }
        Ok(known)
    }

    /// Incidents with what somebody said of them, in order of id.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn verdicts(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("select incident, correct from verdicts order by incident")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
