//! Bringing the schema up, down, and saying where it stands.
//!
//! Owns: that only one process changes it at a time. Never does: know what is in it (`migration` does).

use std::path::Path;

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, Statement};

use super::{Storage, StorageError};

/// Of PostgreSQL's advisory lock: any number that nobody else uses in this database.
const LOCK: i64 = 0x696e_7465_7276_6965;

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: String,
    pub applied: bool,
}

impl Storage {
    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.migrate_up(None).await
    }

    /// Applies so many of the steps that are left, or all.
    pub async fn migrate_up(&self, steps: Option<u32>) -> Result<(), StorageError> {
        if self.db.get_database_backend() == DbBackend::Postgres {
            let locked = self.alone().await?;
            Migrator::up(&locked, steps).await?;
            locked.commit().await?;
        } else {
            // SQLite has no lock to wait for but its file's, and each step takes that by itself.
            Migrator::up(&self.db, steps).await?;
        }
        Ok(())
    }

    /// Takes back so many steps, or all: their tables are dropped with what is in them.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        if self.db.get_database_backend() == DbBackend::Postgres {
            let locked = self.alone().await?;
            Migrator::down(&locked, steps).await?;
            locked.commit().await?;
        } else {
            Migrator::down(&self.db, steps).await?;
        }
        Ok(())
    }

    /// All steps, oldest first.
    pub async fn schema(&self) -> Result<Vec<Step>, StorageError> {
        let steps = Migrator::get_migration_with_status_read_only(&self.db).await?;
        let applied = |status| matches!(status, sea_orm_migration::MigrationStatus::Applied);
        Ok(steps.iter().map(|step| Step { name: step.name().to_owned(), applied: applied(step.status()) }).collect())
    }

    /// A transaction that no other engine's migration runs beside.
    async fn alone(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.unhurried().await?;
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
        Ok(tx)
    }

    /// A transaction that may take its time: not for requests.
    pub async fn unhurried(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.write().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
        }
        Ok(tx)
    }

    /// Copies the SQLite database, as it stands at this moment, into a new file; engines may go on writing.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StorageError> {
        if self.db.get_database_backend() != DbBackend::Sqlite {
            return Err(StorageError::Conflict("only SQLite is copied here: use pg_dump".to_owned()));
        }
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [path_text(file)?.into()]);
        self.db.execute_raw(statement).await?;
        Ok(())
    }
}

fn path_text(path: &Path) -> Result<&str, StorageError> {
    path.to_str().ok_or_else(|| StorageError::Conflict(format!("{} is no name that SQLite takes", path.display())))
}
