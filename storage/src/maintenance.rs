//! What is done to the database as a whole.
//!
//! Owns: copying it, and emptying its journal. Never does: read or change rows, or the schema (`schema` does).

use std::path::Path;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::error::StorageError;
use super::store::Storage;

/// The upkeep of the database.
pub struct Maintenance<'a>(pub(super) &'a Storage);

impl Maintenance<'_> {
    /// Copies the SQLite database, as it stands at this moment, into a new file; engines may go on writing.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StorageError> {
        if self.0.db.get_database_backend() != DbBackend::Sqlite {
            return Err(StorageError::Conflict("only SQLite is copied here: use pg_dump".to_owned()));
        }
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path_text(file)?.into()]);
        self.0.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Makes what was erased unreadable in the database's files as well. SQLite overwrites what is deleted, but its journal
    /// keeps older pages until it is emptied; PostgreSQL does this on its own account (`VACUUM`, WAL recycling).
    pub async fn empty_journal(&self) -> Result<(), StorageError> {
        if self.0.db.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let pragma = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = self.0.db.query_one_raw(pragma).await?;
        let busy = row.map_or(Ok(0), |row| row.try_get_by_index::<i32>(0))?;
        if busy != 0 {
            return Err(StorageError::Conflict(
                "the database is busy: ask again, to have its journal emptied".to_owned(),
            ));
        }
        Ok(())
    }
}

fn path_text(path: &Path) -> Result<&str, StorageError> {
    path.to_str().ok_or_else(|| StorageError::Conflict(format!("{} is no name that SQLite takes", path.display())))
}
