//! Upgrading and downgrading the schema, and reporting its state.
//!
//! Owns: that only one process changes it at a time, and that a database of another version is
//! refused. Never does: know its content (`migration` does).

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

    /// Applies this many of the pending steps, or all.
    pub async fn up(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::up(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// Reverts this many steps, or all. Their tables are dropped with their data.
    pub async fn down(&self, steps: Option<u32>) -> Result<(), StorageError> {
        let locked = self.alone().await?;
        refuse_unknown_steps(&locked).await?;
        Migrator::down(&locked, steps).await?;
        Ok(locked.commit().await?)
    }

    /// Lists all steps. The oldest comes first.
    pub async fn steps(&self) -> Result<Vec<Step>, StorageError> {
        refuse_unknown_steps(&self.0.db).await?;
        let steps = Migrator::get_migration_with_status_read_only(&self.0.db).await?;
        let applied = |status| matches!(status, MigrationStatus::Applied);
        Ok(steps.iter().map(|step| Step { name: step.name().to_owned(), applied: applied(step.status()) }).collect())
    }

    /// Starts a transaction that excludes the migrations of other engines. On SQLite it holds the
    /// write lock of the file.
    async fn alone(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.0.unhurried().await?;
        locks::hold(&tx, locks::SCHEMA).await?;
        Ok(tx)
    }
}

/// Returns an error if steps were applied that this version does not have. Nothing has been changed
/// by then.
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
