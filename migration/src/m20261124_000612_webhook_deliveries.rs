//! Deliveries: a row an event and webhook.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, integer, integer_null, string, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid,
};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

const DUE: &str = "ix_webhook_deliveries_due";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("webhook_deliveries")
                    .col(uuid("webhook_id"))
                    .col(uuid("outbox_id"))
                    .col(string("event"))
                    .col(uuid("subject_id"))
                    .col(big_integer("sequence"))
                    .col(string("state"))
                    .col(integer("attempts"))
                    .col(timestamp_with_time_zone("next_attempt_at"))
                    .col(timestamp_with_time_zone_null("leased_until"))
                    .col(timestamp_with_time_zone_null("last_attempt_at"))
                    .col(integer_null("last_status"))
                    .col(text_null("last_error"))
                    .col(text_null("response_excerpt"))
                    .col(timestamp_with_time_zone_null("delivered_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .foreign_key(&mut foreign_key("webhook_deliveries", "webhook_id", "webhooks"))
                    .foreign_key(&mut foreign_key("webhook_deliveries", "outbox_id", "webhook_outbox"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "webhook_deliveries", &["workspace_id", "outbox_id", "subject_id"]).await?;
        unique(manager, "webhook_deliveries", &["webhook_id", "outbox_id"]).await?;
        let due = Index::create()
            .name(DUE)
            .table("webhook_deliveries")
            .col("state")
            .col("next_attempt_at")
            .col("webhook_id")
            .to_owned();
        manager.create_index(due).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "webhook_deliveries").await
    }
}
