//! Advisory locks, by which one transaction waits for another where there is no row to lock.
//!
//! Owns: the numbers of the locks, and taking them. Never does: lock anything on SQLite, which has one writer anyway.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

use super::error::StorageError;

/// Held while the schema is changed. It is any number that nobody else uses in this database.
pub(crate) const SCHEMA: i64 = 0x696e_7465_7276_6965;
/// Held while deliveries are leased.
pub(crate) const RELAYS: i64 = 0x7265_6c61_7973;

/// The lock of whoever takes the next number in the order of an entity.
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
