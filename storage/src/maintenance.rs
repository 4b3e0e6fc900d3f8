//! Maintenance of the database as a whole.
//!
//! Owns: copying it, and emptying its journal. Never does: read or change rows, or the schema
//! (`schema` does).

use std::path::Path;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::error::StorageError;
use super::store::Storage;

/// The maintenance of the database.
pub struct Maintenance<'a>(pub(super) &'a Storage);

impl Maintenance<'_> {
    /// Copies the current state of the SQLite database to a new file. Engines may continue to
    /// write.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StorageError> {
        if self.0.db.get_database_backend() != DbBackend::Sqlite {
            return Err(StorageError::Conflict("this command copies SQLite databases only. Use pg_dump".to_owned()));
        }
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path_text(file)?.into()]);
        self.0.db.execute_raw(statement).await?;
        Ok(())
    }

    /// Makes erased data unreadable in the database's files as well. SQLite overwrites deleted
    /// data, but its journal keeps older pages until it is emptied. PostgreSQL does this by itself
    /// (`VACUUM`, WAL recycling).
    pub async fn empty_journal(&self) -> Result<(), StorageError> {
        if self.0.db.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let pragma = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
        let row = self.0.db.query_one_raw(pragma).await?;
        let busy = row.map_or(Ok(0), |row| row.try_get_by_index::<i32>(0))?;
        if busy != 0 {
            return Err(StorageError::Conflict(
                "the database is busy. Repeat the request to empty its journal".to_owned(),
            ));
        }
        Ok(())
    }
}

fn path_text(path: &Path) -> Result<&str, StorageError> {
    path.to_str().ok_or_else(|| StorageError::Conflict(format!("{} is not a path that SQLite accepts", path.display())))
}
