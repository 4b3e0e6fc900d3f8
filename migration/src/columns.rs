//! What every table has in common.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, timestamp_with_time_zone, uuid};

/// A table with `id`, `workspace_id` (a foreign key) and `created_at`.
pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(pk_uuid("id"))
        .col(uuid("workspace_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut foreign_key(name, "workspace_id", "workspaces"))
        .to_owned()
}

/// `from.column` names a row of `to`.
pub(crate) fn foreign_key(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().name(format!("fk_{from}_{column}")).from(from, column).to(to, "id").to_owned()
}

/// One index a column.
pub(crate) async fn index_each(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    for column in columns {
        manager
            .create_index(Index::create().name(format!("ix_{table}_{column}")).table(table).col(*column).to_owned())
            .await?;
    }
    Ok(())
}

/// One unique index over all the columns.
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

pub(crate) async fn drop_table(manager: &SchemaManager<'_>, table: &'static str) -> Result<(), DbErr> {
    manager.drop_table(Table::drop().table(table).to_owned()).await
}
