//! Helpers that the tables share.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, timestamp_with_time_zone, uuid};
use sea_orm_migration::sea_orm::DbBackend;

/// Returns a table with `id`, `workspace_id` (a foreign key) and `created_at`.
pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(pk_uuid("id"))
        .col(uuid("workspace_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut foreign_key(name, "workspace_id", "workspaces"))
        .to_owned()
}

/// Returns a foreign key: `from.column` is the id of a row of `to`.
pub(crate) fn foreign_key(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{from}_{column}")).from(from, column).to(to, "id").to_owned()
}

/// Creates one index for each column.
pub(crate) async fn index_each(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    for column in columns {
        index(manager, table, &format!("ix_{table}_{column}"), column).await?;
    }
    Ok(())
}

/// Creates one unique index over all the columns.
pub(crate) async fn unique(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create().name(format!("ux_{table}_{}", columns.join("_"))).table(table).unique().to_owned();
    for column in columns {
        index.col(*column);
    }
    manager.create_index(index).await
}

/// Creates one index over columns or expressions, which `key` lists as in SQL.
pub(crate) async fn index(manager: &SchemaManager<'_>, table: &str, name: &str, key: &str) -> Result<(), DbErr> {
    execute(manager, &format!("CREATE INDEX {name} ON {table} ({key})")).await
}

/// Creates one index that also holds the columns in `included`, so that a query of these columns
/// reads no rows. PostgreSQL stores them beside the key. SQLite has no such clause, so there they
/// are the last columns of the key.
pub(crate) async fn covering_index(
    manager: &SchemaManager<'_>,
    table: &str,
    name: &str,
    key: &str,
    included: &str,
) -> Result<(), DbErr> {
    let columns = match manager.get_database_backend() {
        DbBackend::Postgres => format!("({key}) INCLUDE ({included})"),
        _ => format!("({key}, {included})"),
    };
    execute(manager, &format!("CREATE INDEX {name} ON {table} {columns}")).await
}

/// Runs one SQL statement that both databases understand.
pub(crate) async fn execute(manager: &SchemaManager<'_>, statement: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(statement).await?;
    Ok(())
}
