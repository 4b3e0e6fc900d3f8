//! Advisory locks, with which one transaction waits for another if there is no row to lock.
//!
//! Owns: the numbers of the locks, and taking them. Never does: lock on SQLite, which has only one
//! writer.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use super::error::StorageError;

/// Held while the schema is changed. The number must not be used for anything else in this
/// database.
pub(crate) const SCHEMA: i64 = 0x696e_7465_7276_6965;
/// Held while deliveries are leased.
pub(crate) const RELAYS: i64 = 0x7265_6c61_7973;

/// Returns the lock for assigning the next event number of an entity.
pub(crate) fn of_entity(id: Uuid) -> i64 {
    id.as_u64_pair().1 as i64
}

/// Waits for the lock, and holds it until the transaction ends.
pub(crate) async fn hold(tx: &impl ConnectionTrait, lock: i64) -> Result<(), StorageError> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT pg_advisory_xact_lock($1)";
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, [lock.into()])).await?;
    }
    Ok(())
}
