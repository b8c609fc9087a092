//! What dashboard, feeds and metrics ask: pages of incidents and evidence, counts over time, the log of changes.

use rusqlite::params;
use serde::Serialize;

use super::documents::{COLUMNS, read};
use super::{ChangeRow, IncidentRow, Store, StoreError, StoredDocument};

/// Which incidents are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// All but suspicions that faded.
    #[default]
    All,
    /// Those that go on: suspected, confirmed, or restored and being watched.
    Live,
    /// Those that are over.
    Over,
}

/// A change with its number in the log and its incident.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedChange {
    /// Rises with every change.
    pub number: i64,
    /// The incident after it.
    pub incident: IncidentRow,
    /// The change.
    pub change: ChangeRow,
}

/// Documents of one kind that report on a service in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportCount {
    /// Service id.
    pub service: String,
    /// First second of the stretch.
    pub from: i64,
    /// Kind of document.
    pub kind: String,
    /// How many.
    pub documents: i64,
}

/// Who has seen an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledgement {
    /// Who said so.
    pub by: String,
    /// What they said.
    pub note: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// What the last hours brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Harvest {
    /// Documents published.
    pub documents: i64,
    /// Those that report an outage.
    pub reports: i64,
    /// Last try at any source, in seconds since 1970.
    pub last_crawl: Option<i64>,
}

impl Store {
    /// Incidents, newest first, behind the `(opened_at, id)` of the last one of the page before.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn incidents_page(
        &self,
        which: Which,
        service: Option<&str>,
        after: Option<(i64, &str)>,
        limit: usize,
    ) -> Result<Vec<IncidentRow>, StoreError> {
        let states = match which {
            Which::All => "'suspected', 'open', 'restored', 'resolved'",
            Which::Live => "'suspected', 'open', 'restored'",
            Which::Over => "'resolved'",
        };
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&format!(
            "select json from incidents where state in ({states}) and (?1 is null or service = ?1) and \
             (?2 is null or opened_at < ?2 or (opened_at = ?2 and id > ?3)) order by opened_at desc, id limit ?4"
        ))?;
        let (at, id) = after.map_or((None, ""), |(at, id)| (Some(at), id));
        let rows = statement.query_map(params![service, at, id, limit as i64], |row| row.get::<_, String>(0))?;
        rows.map(|json| Ok(serde_json::from_str(&json?)?)).collect()
    }

    /// Incidents by where they stand.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn incident_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("select state, count(*) from incidents group by state")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A page of the documents behind an incident with their analyses, latest first, and how many there are in all.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn evidence_page(
        &self,
        incident: &str,
        offset: usize,
        limit: usize,
    ) -> Result<(Vec<StoredDocument>, i64), StoreError> {
        let connection = self.lock();
        let total = connection
            .prepare_cached("select count(*) from evidence where incident = ?1")?
            .query_row([incident], |row| row.get(0))?;
        // The page is cut before documents are joined: an incident may have tens of thousands.
        let sql = format!(
            "select {COLUMNS} from (select document, at from evidence where incident = ?1 order by at desc, document \
             limit ?3 offset ?2) e join documents d on d.id = e.document join analyses a on a.document = d.row \
             order by d.published desc, d.row desc"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![incident, offset as i64, limit as i64], read)?;
        Ok((rows.map(|row| row?).collect::<Result<_, _>>()?, total))
    }

    /// Changes behind a number of the log, in order.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn changes_after(&self, number: i64, limit: usize) -> Result<Vec<LoggedChange>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select c.id, c.json, i.json from changes c join incidents i on i.id = c.incident where c.id > ?1 \
             order by c.id limit ?2",
        )?;
        let rows = statement.query_map(params![number, limit as i64], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        rows.map(|row| {
            let (number, change, incident) = row?;
            let (change, incident) = (serde_json::from_str(&change)?, serde_json::from_str(&incident)?);
            Ok(LoggedChange { number, incident, change })
        })
        .collect()
    }

    /// The number of the last change in the log; 0 when there is none.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn last_change(&self) -> Result<i64, StoreError> {
        Ok(self.lock().query_row("select coalesce(max(id), 0) from changes", [], |row| row.get(0))?)
    }

    /// How many documents report on a service in each stretch of `step` seconds of `[from, until)`, by kind. Reports
    /// of the past do not count.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn report_counts(
        &self,
        service: Option<&str>,
        from: i64,
        until: i64,
        step: i64,
    ) -> Result<Vec<ReportCount>, StoreError> {
        let connection = self.lock();
        let sql = |of: &str| {
            format!(
                "select r.service, ?2 + (r.published - ?2) / ?4 * ?4 as stretch, d.kind, count(distinct r.document) \
                 from reports r join documents d on d.row = r.document where r.historical = 0 and r.published >= ?2 and \
                 r.published < ?3 and {of} group by r.service, stretch, d.kind order by r.service, stretch, d.kind"
            )
        };
        // Two statements, so that each finds its index.
        let of = if service.is_some() { "r.service = ?1" } else { "?1 is null" };
        let mut statement = connection.prepare_cached(&sql(of))?;
        let rows = statement.query_map(params![service, from, until, step.max(1)], |row| {
            Ok(ReportCount { service: row.get(0)?, from: row.get(1)?, kind: row.get(2)?, documents: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Documents of each source in each hour since a second: source, first second of the hour, documents.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn published_hours(&self, since: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select coalesce(source, ''), published / 3600 * 3600 as hour, count(*) from documents \
             where published >= ?1 group by 1, 2 order by 1, 2",
        )?;
        let rows = statement.query_map([since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What was published since a second, and when a source was last tried.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn harvest(&self, since: i64) -> Result<Harvest, StoreError> {
        let connection = self.lock();
        let (documents, reports) = connection
            .prepare_cached(
                "select count(*), coalesce(sum(a.outage), 0) from documents d join analyses a on a.document = d.row \
                 where d.published >= ?1",
            )?
            .query_row([since], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let last_crawl = connection.query_row("select max(checked_at) from sources", [], |row| row.get(0))?;
        Ok(Harvest { documents, reports, last_crawl })
    }

    /// Messages by where they stand.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn delivery_counts(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("select state, count(*) from outbox group by state")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that somebody has seen an incident; a later word replaces an earlier one. False when there is none of this id.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn acknowledge(&self, incident: &str, seen: &Acknowledgement) -> Result<bool, StoreError> {
        let changed = self.lock().execute(
            "insert into acknowledgements (incident, by, note, at) select id, ?2, ?3, ?4 from incidents where id = ?1 \
             on conflict (incident) do update set by = ?2, note = ?3, at = ?4",
            params![incident, seen.by, seen.note, seen.at],
        )?;
        Ok(changed > 0)
    }

    /// Who has seen an incident, if somebody has.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn acknowledgement(&self, incident: &str) -> Result<Option<Acknowledgement>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("select by, note, at from acknowledgements where incident = ?1")?;
        let mut rows = statement
            .query_map([incident], |row| Ok(Acknowledgement { by: row.get(0)?, note: row.get(1)?, at: row.get(2)? }))?;
        Ok(rows.next().transpose()?)
    }

    /// Makes a source due at once. The crawl itself is the schedule's business.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn make_due(&self, source: &str, now: i64) -> Result<(), StoreError> {
        self.lock().execute(
            "insert into sources (name, next_check_at) values (?1, ?2) on conflict (name) do update set next_check_at = ?2",
            params![source, now],
        )?;
        Ok(())
    }
}
