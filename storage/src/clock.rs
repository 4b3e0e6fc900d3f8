//! The database's clock, the only one that all engines and workers of an installation share.
//!
//! Whatever one process writes as a time and another compares with the present (a lease, the time at which something is
//! due) is read from this clock and compared with this clock. The clocks of the machines may differ by any amount.
//! Owns: reading it, and estimating it between two readings. Never does: look at the machine's own clock, once it was read.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::error::StorageError;
use super::store::Storage;

/// The present by the database's clock. On PostgreSQL it is that of this statement and not that of the transaction's
/// beginning, so that a transaction which waited for a lock does not take an old time for the present.
pub(crate) async fn now(db: &impl ConnectionTrait) -> Result<DateTime<Utc>, StorageError> {
    let backend = db.get_database_backend();
    let sql = match backend {
        DbBackend::Postgres => "SELECT statement_timestamp()",
        _ => "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
    };
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the database's clock".to_owned()))?;
    Ok(row.try_get_by_index(0)?)
}

/// The last reading.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<Mutex<Option<Reading>>>);

#[derive(Debug, Clone, Copy)]
struct Reading {
    time: DateTime<Utc>,
    /// When it was made, by a clock that nobody sets.
    made: Instant,
}

impl Storage {
    /// The present by the database's clock.
    ///
    /// # Errors
    /// Those of the database, which has to be asked.
    pub async fn now(&self) -> Result<DateTime<Utc>, StorageError> {
        let now = now(&self.db).await?;
        *self.clock.0.lock() = Some(Reading { time: now, made: Instant::now() });
        Ok(now)
    }

    /// The same without asking the database: its last reading, and what has passed since. Before the first reading it is
    /// the machine's own time. It is good enough where a wrong answer costs time only.
    pub fn about_now(&self) -> DateTime<Utc> {
        let last = *self.clock.0.lock();
        last.map_or_else(Utc::now, |last| last.time + last.made.elapsed())
    }
}
