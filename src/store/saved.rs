//! Saved searches and what they found.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::documents::time;
use super::{OutboxRow, Store, StoreError};

/// A query that is kept under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedSearch {
    /// Its name.
    pub name: String,
    /// In the query language; `since:` counts back from each document's arrival.
    pub query: String,
    /// Endpoints that are told of each new document that it matches; empty: nobody.
    pub endpoints: Vec<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// A new document that a saved search matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedHit {
    /// Name of the search.
    pub search: String,
    /// Document id.
    pub document: String,
    /// When it was matched, RFC 3339.
    pub at: String,
}

impl Store {
    /// Keeps a search, in place of one of the same name. It matches documents that are stored from now on.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn save_search(&self, name: &str, query: &str, endpoints: &[String], now: i64) -> Result<(), StoreError> {
        self.lock().execute(
            "insert into saved_searches (name, query, endpoints, created_at) values (?1, ?2, ?3, ?4) \
             on conflict (name) do update set query = excluded.query, endpoints = excluded.endpoints",
            params![name, query, serde_json::to_string(endpoints)?, now],
        )?;
        Ok(())
    }

    /// Forgets a search and its hits. Returns whether there was one.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn remove_search(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.lock().execute("delete from saved_searches where name = ?1", [name])? > 0)
    }

    /// All saved searches, by name.
    ///
    /// # Errors
    /// When SQLite fails or a record cannot be read.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("select name, query, endpoints, created_at from saved_searches order by name")?;
        let rows = statement.query_map([], |row| {
            let endpoints: String = row.get(2)?;
            let (name, query, at) = (row.get(0)?, row.get(1)?, row.get(3)?);
            Ok(serde_json::from_str(&endpoints).map(|endpoints| SavedSearch {
                name,
                query,
                endpoints,
                created_at: time(at).to_rfc3339(),
            }))
        })?;
        rows.map(|row| Ok(row??)).collect()
    }

    /// The newest hits, of one search or of all.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn saved_hits(&self, search: Option<&str>, limit: usize) -> Result<Vec<SavedHit>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select h.search, d.id, h.at from saved_hits h join documents d on d.row = h.document \
             where ?1 is null or h.search = ?1 order by h.document desc, h.search limit ?2",
        )?;
        let rows = statement.query_map(params![search, limit as i64], |row| {
            Ok(SavedHit { search: row.get(0)?, document: row.get(1)?, at: time(row.get(2)?).to_rfc3339() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last document that was matched against the saved searches. On the first call that is the newest one stored:
    /// what was there before a search was saved is not news.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn percolated(&self) -> Result<i64, StoreError> {
        let connection = self.lock();
        let known =
            connection.query_row("select row from percolated where one = 1", [], |row| row.get(0)).optional()?;
        match known {
            Some(row) => Ok(row),
            None => {
                let newest: i64 =
                    connection.query_row("select coalesce(max(row), 0) from documents", [], |row| row.get(0))?;
                connection.execute("insert into percolated (one, row) values (1, ?1)", [newest])?;
                Ok(newest)
            }
        }
    }

    /// Remembers hits (search, document row) and messages, and that the documents up to `row` are done: all of it or
    /// nothing, so that after a crash no hit is lost and none is told twice under another id.
    ///
    /// # Errors
    /// When SQLite fails; nothing is stored then.
    pub fn commit_percolation(
        &self,
        row: i64,
        hits: &[(String, i64)],
        outbox: &[OutboxRow],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "insert into saved_hits (search, document, at) select ?1, ?2, ?3 \
                 where exists (select 1 from saved_searches where name = ?1) on conflict do nothing",
            )?;
            for (search, document) in hits {
                insert.execute(params![search, document, now])?;
            }
            let mut queue = transaction.prepare_cached(
                "insert into outbox (id, alert, incident, endpoint, body, created_at, due_at) \
                 values (?1, ?2, null, ?3, ?4, ?5, ?5) on conflict (id) do nothing",
            )?;
            for message in outbox {
                queue.execute(params![
                    message.id,
                    message.alert,
                    message.endpoint,
                    message.body,
                    message.created_at
                ])?;
            }
            transaction.execute(
                "insert into percolated (one, row) values (1, ?1) on conflict (one) do update set row = excluded.row",
                [row],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }
}
