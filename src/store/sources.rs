//! What we know of each source from the last time we asked it.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;

use super::{Store, StoreError};

/// How a source stands. Times are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FetchState {
    /// `ETag` of the last answer.
    pub etag: Option<String>,
    /// `Last-Modified` of the last answer.
    pub last_modified: Option<String>,
    /// Hash of the last body, for servers that send neither.
    pub body_hash: Option<String>,
    /// When it is due.
    pub next_check_at: i64,
    /// Last try.
    pub checked_at: Option<i64>,
    /// Last try that was answered.
    pub succeeded_at: Option<i64>,
    /// Publication time of the newest entry ever seen.
    pub newest_at: Option<i64>,
    /// Failures in a row.
    pub error_count: i64,
    /// The last failure.
    pub last_error: Option<String>,
    /// Documents stored from it in all.
    pub stored: i64,
}

impl Store {
    /// How a source stands; the default when it was never asked.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn fetch_state(&self, source: &str) -> Result<FetchState, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select etag, last_modified, body_hash, next_check_at, checked_at, succeeded_at, newest_at, error_count, \
             last_error, stored from sources where name = ?1",
        )?;
        let found = statement
            .query_row([source], |row| {
                Ok(FetchState {
                    etag: row.get(0)?,
                    last_modified: row.get(1)?,
                    body_hash: row.get(2)?,
                    next_check_at: row.get(3)?,
                    checked_at: row.get(4)?,
                    succeeded_at: row.get(5)?,
                    newest_at: row.get(6)?,
                    error_count: row.get(7)?,
                    last_error: row.get(8)?,
                    stored: row.get(9)?,
                })
            })
            .optional()?;
        Ok(found.unwrap_or_default())
    }

    /// Remembers how a source stands, in the transaction of its documents: a validator that is stored before them would
    /// hide them for ever after a crash.
    pub(super) fn upsert_state(
        transaction: &Transaction<'_>,
        source: &str,
        state: &FetchState,
    ) -> Result<(), StoreError> {
        transaction.execute(
            "insert into sources (name, etag, last_modified, body_hash, next_check_at, checked_at, succeeded_at, newest_at, \
             error_count, last_error, stored) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
             on conflict (name) do update set etag = ?2, last_modified = ?3, body_hash = ?4, next_check_at = ?5, \
             checked_at = ?6, succeeded_at = ?7, newest_at = ?8, error_count = ?9, last_error = ?10, stored = ?11",
            params![
                source,
                state.etag,
                state.last_modified,
                state.body_hash,
                state.next_check_at,
                state.checked_at,
                state.succeeded_at,
                state.newest_at,
                state.error_count,
                state.last_error,
                state.stored,
            ],
        )?;
        Ok(())
    }
}
