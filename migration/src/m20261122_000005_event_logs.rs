//! The append-only log: audit trail, and what an interview is rebuilt from.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, json_binary, string, uuid};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("event_logs")
                    .col(string("event_type"))
                    .col(string("entity_type"))
                    .col(uuid("entity_id"))
                    .col(big_integer("seq"))
                    .col(integer("schema_version"))
                    .col(big_integer("at_ms"))
                    .col(string("actor"))
                    .col(json_binary("payload"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "event_logs", &["workspace_id", "event_type", "entity_type", "entity_id", "created_at"])
            .await?;
        unique(manager, "event_logs", &["entity_id", "seq"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "event_logs").await
    }
}
