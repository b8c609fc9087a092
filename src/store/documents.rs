//! Documents with their analyses and reports.

use chrono::{DateTime, FixedOffset};
use rusqlite::{OptionalExtension, Row, params};

use meoktong_index::document::kst;
use meoktong_index::{Document, Kind, Published};

use super::{Store, StoreError};
use crate::analyse::Analysis;
use crate::detect::history::Told;
use crate::normalise::short_hash;

/// A document that is about to be stored.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// The text.
    pub document: Document,
    /// When we fetched it.
    pub fetched_at: DateTime<FixedOffset>,
    /// Story that it belongs to; copies of one wire story share it.
    pub story: String,
    /// Salted hash of the author, where there is one.
    pub author: Option<String>,
    /// What it claims.
    pub analysis: Analysis,
}

/// A document of the store.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    /// Order of arrival.
    pub row: i64,
    /// The text.
    pub document: Document,
    /// When we fetched it, in seconds since 1970.
    pub fetched: i64,
    /// Story.
    pub story: String,
    /// Salted hash of the author.
    pub author: Option<String>,
    /// What it claims.
    pub analysis: Analysis,
}

/// What a commit of documents did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Rows of the new documents, in the order given.
    pub rows: Vec<i64>,
    /// Ids that were there already and were left alone.
    pub known: Vec<String>,
}

pub(super) const COLUMNS: &str = "d.row, d.id, d.kind, d.title, d.text, d.url, d.published, d.day_only, d.fetched, d.source, d.about, \
                       d.rank, d.volume, d.rating, d.story, d.author, a.json";

impl Store {
    /// Stores documents together with their analyses and reports: all of them or none. One that is known by its id is
    /// left as it is.
    ///
    /// # Errors
    /// When SQLite fails; nothing is stored then.
    pub fn commit_documents_with_reports(&self, documents: &[NewDocument]) -> Result<Committed, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let done = Self::insert_documents(&transaction, documents)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The same within a transaction that holds more.
    pub(super) fn insert_documents(
        transaction: &rusqlite::Transaction<'_>,
        documents: &[NewDocument],
    ) -> Result<Committed, StoreError> {
        let mut done = Committed::default();
        for new in documents {
            let document = &new.document;
            let published = document.published_at;
            let added = transaction
                .prepare_cached(
                    "insert into documents (id, kind, title, text, url, published, day_only, fetched, source, about, rank, \
                     volume, rating, story, author) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
                     ?15) on conflict (id) do nothing",
                )?
                .execute(params![
                    document.id,
                    document.kind.as_str(),
                    document.title,
                    document.text,
                    document.url,
                    published.map(|p| p.at.timestamp()),
                    published.is_some_and(|p| p.day_only),
                    new.fetched_at.timestamp(),
                    document.source,
                    document.about,
                    document.rank,
                    document.volume,
                    document.rating,
                    new.story,
                    new.author,
                ])?;
            if added == 0 {
                done.known.push(document.id.clone());
                continue;
            }
            let row = transaction.last_insert_rowid();
            let analysis = &new.analysis;
            transaction
                .prepare_cached(
                    "insert into analyses (document, outage, current, probability, json) values (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    row,
                    analysis.is_outage_report,
                    analysis.is_current,
                    analysis.probability,
                    serde_json::to_string(analysis)?
                ])?;
            insert_reports(transaction, row, document, analysis)?;
            done.rows.push(row);
        }
        Ok(done)
    }

    /// Whether a document is stored.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn has_document(&self, id: &str) -> Result<bool, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("select 1 from documents where id = ?1")?;
        Ok(statement.exists([id])?)
    }

    /// A document by id.
    ///
    /// # Errors
    /// When SQLite fails or the record cannot be read.
    pub fn document(&self, id: &str) -> Result<Option<StoredDocument>, StoreError> {
        let connection = self.lock();
        let sql = format!("select {COLUMNS} from documents d join analyses a on a.document = d.row where d.id = ?1");
        let found = connection.prepare_cached(&sql)?.query_row([id], read).optional()?;
        found.transpose()
    }

    /// Documents behind a row, in order of arrival.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn documents_after(&self, row: i64, limit: usize) -> Result<Vec<StoredDocument>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from documents d join analyses a on a.document = d.row where d.row > ?1 order by d.row limit ?2"
        );
        self.documents_by(&sql, params![row, limit as i64])
    }

    /// Documents published since a second, in order of arrival: what a new one may be a copy of.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn documents_since(&self, seconds: i64, limit: usize) -> Result<Vec<StoredDocument>, StoreError> {
        let sql = format!(
            "select * from (select {COLUMNS} from documents d join analyses a on a.document = d.row \
             where coalesce(d.published, d.fetched) >= ?1 order by d.row desc limit ?2) order by row"
        );
        self.documents_by(&sql, params![seconds, limit as i64])
    }

    fn documents_by(&self, sql: &str, given: impl rusqlite::Params) -> Result<Vec<StoredDocument>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(given, read)?;
        rows.map(|row| row?).collect()
    }

    /// How many documents there are, and the last row.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn document_count(&self) -> Result<(i64, i64), StoreError> {
        let sql = "select count(*), coalesce(max(row), 0) from documents";
        Ok(self.lock().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Every outage that a document tells of, of one service or of all, in order of publication.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn told_outages(&self, service: Option<&str>) -> Result<Vec<Told>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select d.id, d.published, a.json from documents d join analyses a on a.document = d.row \
             where exists (select 1 from reports r where r.document = d.row and (?1 is null or r.service = ?1)) \
             order by d.published, d.row",
        )?;
        let rows = statement.query_map([service], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
        })?;
        rows.map(|row| {
            let (id, published, json) = row?;
            let mut events = serde_json::from_str::<Analysis>(&json)?.events;
            events.retain(|event| service.is_none_or(|service| event.service == service));
            Ok((id, published.map(time), events))
        })
        .collect()
    }
}

fn insert_reports(
    transaction: &rusqlite::Transaction<'_>,
    row: i64,
    document: &Document,
    analysis: &Analysis,
) -> Result<(), StoreError> {
    if !analysis.is_outage_report && analysis.events.is_empty() {
        return Ok(());
    }
    let mut insert = transaction.prepare_cached(
        "insert into reports (id, document, service, feature, published, started, ended, minutes, cause, historical) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict (id) do nothing",
    )?;
    let published = document.published_at.map(|p| p.at.timestamp());
    let mut told: Vec<&str> = Vec::new();
    for (number, event) in analysis.events.iter().enumerate() {
        told.push(&event.service);
        let whole = [String::new()];
        let features = if event.features.is_empty() { &whole[..] } else { &event.features[..] };
        for feature in features {
            insert.execute(params![
                format!("rep_{}", short_hash(&[&document.id, &event.service, feature, &number.to_string()])),
                row,
                event.service,
                feature,
                published,
                event.start.map(|at| at.timestamp()),
                event.end.map(|at| at.timestamp()),
                event.duration_minutes,
                event.cause,
                event.historical,
            ])?;
        }
    }
    if analysis.is_outage_report {
        for service in analysis.failed().filter(|service| !told.contains(&service.service.as_str())) {
            insert.execute(params![
                format!("rep_{}", short_hash(&[&document.id, &service.service, ""])),
                row,
                service.service,
                "",
                published,
                None::<i64>,
                None::<i64>,
                None::<i64>,
                None::<String>,
                !analysis.is_current,
            ])?;
        }
    }
    Ok(())
}

/// Seconds since 1970 as a time in Korea.
pub(super) fn time(seconds: i64) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default().with_timezone(&kst())
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Result<StoredDocument, StoreError>> {
    let kind: String = row.get(2)?;
    let published: Option<i64> = row.get(6)?;
    let day_only: bool = row.get(7)?;
    let json: String = row.get(16)?;
    let document = Document {
        id: row.get(1)?,
        kind: serde_json::from_value::<Kind>(kind.into()).unwrap_or_default(),
        title: row.get(3)?,
        text: row.get(4)?,
        url: row.get(5)?,
        published_at: published.map(|seconds| Published { at: time(seconds), day_only }),
        source: row.get(9)?,
        about: row.get(10)?,
        rank: row.get(11)?,
        volume: row.get(12)?,
        rating: row.get(13)?,
    };
    let (number, fetched, story, author) = (row.get(0)?, row.get(8)?, row.get(14)?, row.get(15)?);
    Ok(serde_json::from_str(&json)
        .map(|analysis| StoredDocument { row: number, document, fetched, story, author, analysis })
        .map_err(StoreError::from))
}
