//! What happened that webhooks are told of, one row an entry: its id is the `webhook-id` of every delivery.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json_binary, string, uuid};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("webhook_outbox")
                    .col(string("event"))
                    // The interview, or the workspace of what belongs to none. No foreign key: it may be either.
                    .col(uuid("subject_id"))
                    .col(big_integer("sequence"))
                    .col(json_binary("data"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "webhook_outbox", &["workspace_id", "created_at"]).await?;
        unique(manager, "webhook_outbox", &["subject_id", "sequence"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "webhook_outbox").await
    }
}
