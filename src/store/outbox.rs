//! Messages that wait to be sent, and each try.

use rusqlite::params;
use serde::Serialize;

use super::{Store, StoreError};

/// A message for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxRow {
    /// `dlv_…`; derives from alert and endpoint, so that the same change is never queued twice.
    pub id: String,
    /// `alt_…`, the decision to tell.
    pub alert: String,
    /// The incident told of; none for a test message.
    pub incident: Option<String>,
    /// Endpoint's name in the configuration.
    pub endpoint: String,
    /// What is sent.
    pub body: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// Tries so far.
    pub tries: i64,
}

/// What a try means for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Delivered,
    /// Try again at this second.
    RetryAt(i64),
    /// Give it up.
    Dead,
    /// Give it up and send nothing more to this endpoint (410).
    Disable,
}

/// One HTTP try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Seconds since 1970.
    pub at: i64,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// Time until the answer, in milliseconds.
    pub took_ms: i64,
    /// Why it failed.
    pub error: Option<String>,
    /// What follows.
    pub verdict: Verdict,
}

/// A message with how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// `dlv_…`.
    pub id: String,
    /// `alt_…`.
    pub alert: String,
    /// The incident told of.
    pub incident: Option<String>,
    /// Endpoint.
    pub endpoint: String,
    /// `pending`, `delivered` or `dead`.
    pub state: String,
    /// Tries so far.
    pub tries: i64,
    /// RFC 3339.
    pub created_at: String,
    /// When it is due again, RFC 3339; only while pending.
    pub due_at: Option<String>,
    /// Status of the last answer.
    pub status: Option<i64>,
    /// The last failure.
    pub error: Option<String>,
}

impl Store {
    /// Queues messages that belong to no incident change, such as tests.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn commit_outbox(&self, rows: &[OutboxRow]) -> Result<(), StoreError> {
        let at = rows.first().map_or(0, |row| row.created_at);
        self.commit_transition_with_outbox(&super::TransitionCommit { outbox: rows.to_vec(), at, ..Default::default() })
    }

    /// Takes messages that are due, for `lease` seconds: another worker does not get them meanwhile, and if this
    /// one dies they are taken again.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn claim_due_messages(&self, now: i64, lease: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        let rows = {
            let mut statement = transaction.prepare_cached(
                "update outbox set leased_to = ?1 + ?2 where id in (select id from outbox where state = 'pending' and \
                 due_at <= ?1 and leased_to <= ?1 and endpoint not in (select name from endpoints where disabled_at is \
                 not null) order by due_at, id limit ?3) returning id, alert, incident, endpoint, body, created_at, tries",
            )?;
            let rows = statement.query_map(params![now, lease, limit as i64], |row| {
                Ok(OutboxRow {
                    id: row.get(0)?,
                    alert: row.get(1)?,
                    incident: row.get(2)?,
                    endpoint: row.get(3)?,
                    body: row.get(4)?,
                    created_at: row.get(5)?,
                    tries: row.get(6)?,
                })
            })?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        transaction.commit()?;
        Ok(rows)
    }

    /// Remembers a try together with what follows from it.
    ///
    /// # Errors
    /// When SQLite fails; the lease then runs out and the message is sent once more with the same id.
    pub fn commit_attempt(&self, delivery: &str, endpoint: &str, attempt: &Attempt) -> Result<(), StoreError> {
        let mut connection = self.lock();
        let transaction = connection.transaction()?;
        transaction.execute(
            "insert into attempts (delivery, at, status, took_ms, error) values (?1, ?2, ?3, ?4, ?5)",
            params![delivery, attempt.at, attempt.status, attempt.took_ms, attempt.error],
        )?;
        let (state, due) = match attempt.verdict {
            Verdict::Delivered => ("delivered", attempt.at),
            Verdict::RetryAt(at) => ("pending", at),
            Verdict::Dead | Verdict::Disable => ("dead", attempt.at),
        };
        transaction.execute(
            "update outbox set state = ?2, due_at = ?3, leased_to = 0, tries = tries + 1 where id = ?1",
            params![delivery, state, due],
        )?;
        if attempt.verdict == Verdict::Disable {
            transaction.execute(
                "insert into endpoints (name, disabled_at, reason) values (?1, ?2, ?3) \
                 on conflict (name) do update set disabled_at = ?2, reason = ?3",
                params![endpoint, attempt.at, attempt.error],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Makes a message due again, whatever became of it, and its endpoint usable. False when there is none of this id.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn retry_message(&self, delivery: &str, now: i64) -> Result<bool, StoreError> {
        let connection = self.lock();
        connection.execute(
            "update endpoints set disabled_at = null, reason = null \
             where name = (select endpoint from outbox where id = ?1)",
            [delivery],
        )?;
        let changed = connection.execute(
            "update outbox set state = 'pending', due_at = ?2, leased_to = 0 where id = ?1",
            params![delivery, now],
        )?;
        Ok(changed > 0)
    }

    /// Messages, newest first, with how they stand.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn deliveries(&self, limit: usize) -> Result<Vec<DeliveryRow>, StoreError> {
        self.deliveries_where(None, None, limit)
    }

    /// Messages of one incident, or in one state, newest first.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn deliveries_where(
        &self,
        incident: Option<&str>,
        state: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "select o.id, o.alert, o.incident, o.endpoint, o.state, o.tries, o.created_at, o.due_at, a.status, a.error \
             from outbox o left join attempts a on a.id = (select max(id) from attempts where delivery = o.id) \
             where (?1 is null or o.incident = ?1) and (?2 is null or o.state = ?2) order by o.created_at desc, o.id limit ?3",
        )?;
        let rows = statement.query_map(params![incident, state, limit as i64], |row| {
            let state: String = row.get(4)?;
            let due: i64 = row.get(7)?;
            Ok(DeliveryRow {
                id: row.get(0)?,
                alert: row.get(1)?,
                incident: row.get(2)?,
                endpoint: row.get(3)?,
                due_at: (state == "pending").then(|| super::documents::time(due).to_rfc3339()),
                state,
                tries: row.get(5)?,
                created_at: super::documents::time(row.get(6)?).to_rfc3339(),
                status: row.get(8)?,
                error: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Names of endpoints that answered 410, with the reason.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn disabled_endpoints(&self) -> Result<Vec<(String, Option<String>)>, StoreError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("select name, reason from endpoints where disabled_at is not null order by name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
