//! How far each source is read, what its interface costs, and what it usually does.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::{FetchState, NewDocument, Store, StoreError};
use crate::crawl::plan::Charge;
use crate::store::Committed;

/// Hours of a source's habit that are kept: four weeks and a day.
const HABIT_HOURS: i64 = 29 * 24;

/// How far a source is read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// Opaque to the store.
    pub cursor: String,
    /// Factor on the schedule's interval.
    pub pace: f64,
    /// Since when it is broken.
    pub broken_at: Option<i64>,
    /// Entries set aside in all.
    pub skipped: i64,
    /// Article pages read by the page rules.
    pub pages_read: i64,
    /// Article pages in a row that the rules did not match.
    pub pages_missed: i64,
    /// Since when the page rules do not match.
    pub drift_at: Option<i64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            cursor: "{}".into(),
            pace: 1.0,
            broken_at: None,
            skipped: 0,
            pages_read: 0,
            pages_missed: 0,
            drift_at: None,
        }
    }
}

/// A known document that says something else now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its id.
    pub document: String,
    /// Headline now.
    pub title: String,
    /// Excerpt now.
    pub text: String,
    /// Hash of what the source says now.
    pub hash: String,
}

/// A trending search at a moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rank {
    /// The search.
    pub query: String,
    /// 1 the highest.
    pub rank: i64,
    /// Places up; none for a new one.
    pub delta: Option<i64>,
    /// How many searches.
    pub volume: Option<f64>,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// Everything that one crawl of a source brought.
#[derive(Debug, Clone, Default)]
pub struct Crawled {
    /// New documents.
    pub documents: Vec<NewDocument>,
    /// Hash of what the source says of each new document, by id, and whether its time is a guess.
    pub contents: Vec<(String, String, bool)>,
    /// Known documents that may have changed.
    pub updates: Vec<Update>,
    /// Ranks seen.
    pub ranks: Vec<Rank>,
    /// How the source stands now.
    pub state: FetchState,
    /// How far it is read.
    pub progress: Progress,
    /// When it was asked.
    pub at: i64,
}

impl Store {
    /// Documents, versions, ranks and how the source stands, all or nothing: after a crash the source is asked again
    /// from where it was.
    ///
    /// # Errors
    /// When SQLite fails; nothing is stored then.
    pub fn commit_crawl(&self, source: &str, crawled: &Crawled) -> Result<Committed, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let done = Self::insert_documents(&transaction, &crawled.documents)?;
        for (document, hash, estimated) in &crawled.contents {
            transaction
                .prepare_cached(
                    "insert into contents (document, hash, estimated) values (?1, ?2, ?3) on conflict do nothing",
                )?
                .execute(params![document, hash, estimated])?;
        }
        for update in &crawled.updates {
            version(&transaction, update, crawled.at)?;
        }
        for rank in &crawled.ranks {
            transaction
                .prepare_cached(
                    "insert into trend_ranks (source, query, at, rank, delta, volume) values (?1, ?2, ?3, ?4, ?5, ?6) \
                     on conflict do nothing",
                )?
                .execute(params![source, rank.query, rank.at, rank.rank, rank.delta, rank.volume])?;
        }
        let new = done.rows.len() as i64;
        let hour = crawled.at.div_euclid(3600);
        transaction.execute(
            "insert into source_hours (source, hour, documents) values (?1, ?2, ?3) \
             on conflict do update set documents = documents + ?3",
            params![source, hour, new],
        )?;
        transaction
            .execute("delete from source_hours where source = ?1 and hour < ?2", params![source, hour - HABIT_HOURS])?;
        let state = FetchState { stored: crawled.state.stored + new, ..crawled.state.clone() };
        Self::upsert_state(&transaction, source, &state)?;
        upsert_progress(&transaction, source, &crawled.progress)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Remembers a failed crawl.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn commit_failure(&self, source: &str, state: &FetchState, progress: &Progress) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        Self::upsert_state(&transaction, source, state)?;
        upsert_progress(&transaction, source, progress)?;
        Ok(transaction.commit()?)
    }

    /// How far a source is read; the default when it was never asked.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn progress(&self, source: &str) -> Result<Progress, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select cursor, pace, broken_at, skipped, pages_read, pages_missed, drift_at from source_progress where source = ?1",
        )?;
        let found = statement.query_row([source], |row| {
            Ok(Progress {
                cursor: row.get(0)?,
                pace: row.get(1)?,
                broken_at: row.get(2)?,
                skipped: row.get(3)?,
                pages_read: row.get(4)?,
                pages_missed: row.get(5)?,
                drift_at: row.get(6)?,
            })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// What arrived from a source by the hour, oldest first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn habit_hours(&self, source: &str) -> Result<Vec<(i64, i64)>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("select hour, documents from source_hours where source = ?1 order by hour")?;
        let rows = statement.query_map([source], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes from all these accounts, or from none when one of them would go over its limit.
    ///
    /// # Errors
    /// When SQLite fails; nothing is taken then.
    pub fn spend(&self, charges: &[Charge]) -> Result<bool, StoreError> {
        let mut connection = self.lock();
        // It reads before it writes, and must not find another process in between.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for charge in charges {
            let used = used(&transaction, charge)?;
            if used + charge.amount as i64 > charge.limit as i64 {
                return Ok(false);
            }
            book(&transaction, charge, charge.amount as i64)?;
        }
        transaction.commit()?;
        Ok(true)
    }

    /// Gives back what a call did not use after all.
    ///
    /// # Errors
    /// When SQLite fails; the account then counts too much, never too little.
    pub fn give_back(&self, charge: &Charge, amount: u64) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        book(&transaction, charge, -(amount as i64))?;
        Ok(transaction.commit()?)
    }

    /// How much is left of an account.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn left(&self, charge: &Charge) -> Result<u64, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        Ok((charge.limit as i64 - used(&transaction, charge)?).max(0) as u64)
    }

    /// All accounts with what was used of them: account, period, amount; newest period first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn quotas(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("select account, period, used from quota order by period desc, account limit 200")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The ranks of a trending search since a second, oldest first, over all sources.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn ranks(&self, query: &str, since: i64) -> Result<Vec<(String, Rank)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select source, query, rank, delta, volume, at from trend_ranks where query = ?1 and at >= ?2 order by at, source",
        )?;
        let rows = statement.query_map(params![query, since], |row| {
            let rank = Rank {
                query: row.get(1)?,
                rank: row.get(2)?,
                delta: row.get(3)?,
                volume: row.get(4)?,
                at: row.get(5)?,
            };
            Ok((row.get(0)?, rank))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Earlier and later forms of a document: when seen, headline.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn versions(&self, document: &str) -> Result<Vec<(i64, String)>, StoreError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("select seen_at, title from versions where document = ?1 order by seen_at")?;
        let rows = statement.query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a document's publication time is the time at which it was fetched.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn is_estimated(&self, document: &str) -> Result<bool, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached("select estimated from contents where document = ?1")?;
        Ok(statement.query_row([document], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// Blanks a document whose author has deleted it. What it was counted for stays counted.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn blank(&self, document: &str) -> Result<bool, StoreError> {
        let changed = self.lock().execute(
            "update documents set title = '', text = '', url = null, author = null where id = ?1 and (title <> '' or text <> '')",
            [document],
        )?;
        Ok(changed > 0)
    }

    /// The salt of this installation; `fresh` becomes it the first time.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn salt(&self, fresh: &str) -> Result<String, StoreError> {
        let connection = self.lock();
        connection.execute("insert into installation (one, salt) values (1, ?1) on conflict do nothing", [fresh])?;
        Ok(connection.query_row("select salt from installation", [], |row| row.get(0))?)
    }

    /// Writes a copy of the whole database to a file that does not exist yet, while others read and write. The copy is the
    /// state of one moment.
    ///
    /// # Errors
    /// When SQLite fails or the file cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        self.lock().execute("vacuum into ?1", [to.display().to_string()])?;
        Ok(())
    }
}

impl Store {
    /// SQLite's own check of a file that is no store in use: `ok` or what is damaged.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn check(file: &Path) -> Result<String, StoreError> {
        let connection = Connection::open(file)?;
        Ok(connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?)
    }
}

fn used(transaction: &Transaction<'_>, charge: &Charge) -> Result<i64, StoreError> {
    let mut statement = transaction.prepare_cached("select used from quota where account = ?1 and period = ?2")?;
    Ok(statement.query_row(params![charge.account, charge.period], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn book(transaction: &Transaction<'_>, charge: &Charge, amount: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "insert into quota (account, period, used) values (?1, ?2, max(0, ?3)) \
             on conflict do update set used = max(0, used + ?3)",
        )?
        .execute(params![charge.account, charge.period, amount])?;
    Ok(())
}

fn version(transaction: &Transaction<'_>, update: &Update, at: i64) -> Result<(), StoreError> {
    // One without a remembered hash came by another way; its text is not comparable.
    let changed = transaction
        .prepare_cached("update contents set hash = ?2 where document = ?1 and hash <> ?2")?
        .execute(params![update.document, update.hash])?;
    if changed > 0 {
        transaction
            .prepare_cached(
                "insert into versions (document, seen_at, title, text) values (?1, ?2, ?3, ?4) on conflict do nothing",
            )?
            .execute(params![update.document, at, update.title, update.text])?;
    }
    Ok(())
}

fn upsert_progress(transaction: &Transaction<'_>, source: &str, progress: &Progress) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "insert into source_progress (source, cursor, pace, broken_at, skipped, pages_read, pages_missed, drift_at) \
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict do update set cursor = ?2, pace = ?3, broken_at = ?4, \
             skipped = ?5, pages_read = ?6, pages_missed = ?7, drift_at = ?8",
        )?
        .execute(params![
            source,
            progress.cursor,
            progress.pace,
            progress.broken_at,
            progress.skipped,
            progress.pages_read,
            progress.pages_missed,
            progress.drift_at,
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(amount: u64, limit: u64) -> Charge {
        Charge { account: "naver-search ID".into(), period: "2026-03-09".into(), amount, limit }
    }

    #[test]
    fn an_account_never_goes_over_its_limit() {
        let store = Store::in_memory().unwrap();
        let other = Charge { account: "other".into(), ..charge(1, 100) };
        assert!(store.spend(&[charge(100, 250), other.clone()]).unwrap());
        assert!(store.spend(&[charge(100, 250), other.clone()]).unwrap());
        assert!(!store.spend(&[other.clone(), charge(100, 250)]).unwrap(), "all accounts or none");
        assert_eq!(store.left(&other).unwrap(), 98);
        store.give_back(&charge(100, 250), 70).unwrap();
        assert_eq!(store.left(&charge(1, 250)).unwrap(), 120);
        let tomorrow = Charge { period: "2026-03-10".into(), ..charge(1, 250) };
        assert_eq!(store.left(&tomorrow).unwrap(), 250);
        assert_eq!(store.quotas().unwrap().len(), 2);
    }

    #[test]
    fn a_changed_text_is_a_version_once() {
        let store = Store::in_memory().unwrap();
        let contents = vec![("doc_a".to_owned(), "h1".to_owned(), true)];
        store.commit_crawl("s", &Crawled { contents, at: 10, ..Crawled::default() }).unwrap();
        let update =
            |hash: &str| Update {
                document: "doc_a".into(), title: "종합".into(), text: "x".into(), hash: hash.into()
            };
        for (at, hash) in [(20, "h1"), (30, "h2"), (40, "h2")] {
            store.commit_crawl("s", &Crawled { updates: vec![update(hash)], at, ..Crawled::default() }).unwrap();
        }
        assert_eq!(store.versions("doc_a").unwrap(), [(30, "종합".to_owned())]);
        assert!(store.is_estimated("doc_a").unwrap());
        assert_eq!(store.habit_hours("s").unwrap(), [(0, 0)]);
    }

    #[test]
    fn a_backup_is_a_whole_database_and_the_salt_stays() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        assert_eq!(store.salt("first").unwrap(), "first");
        assert_eq!(store.salt("second").unwrap(), "first");
        let copy = directory.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        store.backup(&copy.join("meoktong.db")).unwrap();
        assert!(store.backup(&copy.join("meoktong.db")).is_err(), "nothing is overwritten");
        assert_eq!(Store::open(&copy).unwrap().salt("third").unwrap(), "first");
    }
}
