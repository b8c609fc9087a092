//! The truth, in SQLite. The only SQL of the program.
//!
//! One writer, write-ahead log. Each transaction is named after what it guarantees.

mod crawl;
mod documents;
mod incidents;
mod looking;
mod outbox;
mod saved;
mod sources;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

pub use crawl::{Crawled, Progress, Rank, Update};
pub use documents::{Committed, NewDocument, StoredDocument};
pub use incidents::{ChangeRow, EvidenceRow, Exposure, IncidentRow, Named, TransitionCommit};
pub use looking::{Acknowledgement, Harvest, LoggedChange, ReportCount, Which};
pub use outbox::{Attempt, DeliveryRow, OutboxRow, Verdict};
pub use saved::{SavedHit, SavedSearch};
pub use sources::FetchState;

/// Layout of the database; a newer one is refused, an older one is brought up to date.
const VERSION: i64 = 1;

/// What goes wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed.
    #[error("database: {0} — is the disk full or the file damaged? `meoktong doctor` tells more")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is from a newer program.
    #[error(
        "database {path}: layout {found} is newer than this program's {VERSION} — use the newer meoktong, or another --data-dir"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its layout.
        found: i64,
    },
    /// The directory cannot be made.
    #[error("data directory {0}: {1} — choose one that can be written with --data-dir")]
    Directory(String, std::io::Error),
    /// A JSON column does not hold what it should.
    #[error("database: a stored record cannot be read ({0}) — it was written by another version of meoktong")]
    Json(#[from] serde_json::Error),
}

/// The database of one installation.
pub struct Store {
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens or makes `meoktong.db` in a directory.
    ///
    /// # Errors
    /// When the directory or the file cannot be used, or the file is from a newer program.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory)
            .map_err(|error| StoreError::Directory(directory.display().to_string(), error))?;
        let path = directory.join("meoktong.db");
        let connection = Connection::open(&path)?;
        // `normal` with a write-ahead log survives a crash of the process; a power cut may lose the last commit, which
        // the next crawl brings again.
        connection.execute_batch(
            "pragma busy_timeout = 10000; pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;",
        )?;
        Self::over(connection, &path.display().to_string())
    }

    /// A store that is forgotten with the process.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch("pragma foreign_keys = on;")?;
        Self::over(connection, ":memory:")
    }

    fn over(mut connection: Connection, path: &str) -> Result<Self, StoreError> {
        let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
        if found > VERSION {
            return Err(StoreError::Newer { path: path.to_owned(), found });
        }
        // At once for writing: a transaction that begins to read and then writes cannot wait for another process.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(include_str!("schema.sql"))?;
        transaction.execute_batch(include_str!("crawl.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic inside a transaction rolls it back when it is dropped, so the connection is good.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SQLite's own check of the file; `ok` or what is damaged.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn integrity(&self) -> Result<String, StoreError> {
        Ok(self.lock().query_row("pragma quick_check(1)", [], |row| row.get(0))?)
    }
}
