//! Indexes for the orders that lists are asked for in.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Table, name, and what is sorted by; the workspace comes before it, the id behind it.
const ORDERS: [(&str, &str, &str); 7] = [
    ("interviews", "ix_interviews_by_created", "created_at"),
    ("interviews", "ix_interviews_by_updated", "updated_at"),
    ("interviews", "ix_interviews_by_scheduled", "(coalesce(scheduled_at, created_at))"),
    ("interviews", "ix_interviews_by_status", "status, created_at"),
    ("call_guides", "ix_call_guides_by_created", "created_at"),
    ("call_guides", "ix_call_guides_by_updated", "updated_at"),
    ("call_guides", "ix_call_guides_by_name", "name"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, order) in ORDERS {
            let statement = format!("CREATE INDEX {name} ON {table} (workspace_id, {order}, id)");
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, _) in ORDERS {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
