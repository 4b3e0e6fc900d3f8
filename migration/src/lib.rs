//! The database schema, up and down, for SQLite and PostgreSQL: a module for each migration.
//!
//! Owns: tables, keys and indexes. Never does: read or write rows, except the default workspace.

use sea_orm_migration::prelude::{MigrationTrait, async_trait};

pub use sea_orm_migration::MigratorTrait;

mod columns;
mod m20261130_000001_initial;
mod m20261130_000002_files;

pub use m20261130_000001_initial::DEFAULT_WORKSPACE;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m20261130_000001_initial::Migration), Box::new(m20261130_000002_files::Migration)]
    }
}
