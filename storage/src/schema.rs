//! Bringing the schema up, down, and saying where it stands.
//!
//! Owns: that only one process changes it at a time, and that a database of another version is refused. Never does: know
//! what is in it (`migration` does).

use std::path::Path;

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityName as _, EntityTrait as _, Statement};
use sea_orm_migration::{IntoSchemaManagerConnection, MigrationStatus, SchemaManager, seaql_migrations};

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
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::up(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// Takes back so many steps, or all: their tables are dropped with what is in them.
    pub async fn migrate_down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::down(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// All steps, oldest first.
    pub async fn schema(&self) -> Result<Vec<Step>, StorageError> {
        refuse_unknown_steps(&self.db).await?;
        let steps = Migrator::get_migration_with_status_read_only(&self.db).await?;
        let applied = |status| matches!(status, MigrationStatus::Applied);
        Ok(steps.iter().map(|step| Step { name: step.name().to_owned(), applied: applied(step.status()) }).collect())
    }

    /// A transaction that no other engine's migration runs beside. On SQLite it holds the file's write lock.
    async fn alone(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.unhurried().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})")).await?;
        }
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

/// Returns an error if steps were applied that this version does not have. Nothing has been changed by then.
async fn refuse_unknown_steps<'c>(db: impl IntoSchemaManagerConnection<'c>) -> Result<(), StorageError> {
    let manager = SchemaManager::new(db);
    if !manager.has_table(seaql_migrations::Entity.table_name()).await? {
        return Ok(());
    }
    let known = Migrator::migrations();
    let applied =
        seaql_migrations::Entity::find().all(manager.get_connection()).await?.into_iter().map(|row| row.version);
    // Their names begin with their dates.
    let Some(unknown) = applied.filter(|name| known.iter().all(|step| step.name() != name)).max() else {
        return Ok(());
    };
    let newest = known.last().map_or("", |step| step.name());
    Err(if unknown.as_str() < newest { StorageError::OldSchema } else { StorageError::NewSchema(unknown) })
}

fn path_text(path: &Path) -> Result<&str, StorageError> {
    path.to_str().ok_or_else(|| StorageError::Conflict(format!("{} is no name that SQLite takes", path.display())))
}
