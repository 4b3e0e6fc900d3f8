//! Bringing the schema up, down, and saying where it stands.
//!
//! Owns: that only one process changes it at a time, and that a database of another version is refused. Never does: know
//! what is in it (`migration` does).

use migration::{Migrator, MigratorTrait as _};
use sea_orm::{DatabaseTransaction, EntityName as _, EntityTrait as _};
use sea_orm_migration::{IntoSchemaManagerConnection, MigrationStatus, SchemaManager, seaql_migrations};

use super::error::StorageError;
use super::locks;
use super::store::Storage;

/// One step of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: String,
    pub applied: bool,
}

/// The schema of the database.
pub struct Schema<'a>(pub(super) &'a Storage);

impl Schema<'_> {
    /// Brings the schema up to date.
    pub async fn migrate(&self) -> Result<(), StorageError> {
        self.up(None).await
    }

    /// Applies so many of the steps that are left, or all.
    pub async fn up(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::up(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// Takes back so many steps, or all: their tables are dropped with what is in them.
    pub async fn down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::down(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// All steps, oldest first.
    pub async fn steps(&self) -> Result<Vec<Step>, StorageError> {
        refuse_unknown_steps(&self.0.db).await?;
        let steps = Migrator::get_migration_with_status_read_only(&self.0.db).await?;
        let applied = |status| matches!(status, MigrationStatus::Applied);
        Ok(steps.iter().map(|step| Step { name: step.name().to_owned(), applied: applied(step.status()) }).collect())
    }

    /// A transaction that no other engine's migration runs beside. On SQLite it holds the file's write lock.
    async fn alone(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.0.unhurried().await?;
        locks::hold(&tx, locks::SCHEMA).await?;
        Ok(tx)
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
