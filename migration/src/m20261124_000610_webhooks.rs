//! Webhooks: which events go where. The secrets and the values of the headers are sealed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, blob_null, boolean, json_binary, string, string_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

use crate::columns::{drop_table, index_each, table};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("webhooks")
                    .col(string("name"))
                    .col(text("url"))
                    .col(json_binary("events"))
                    .col(blob("secret"))
                    .col(blob_null("previous_secret"))
                    .col(timestamp_with_time_zone_null("previous_secret_until"))
                    .col(json_binary("headers"))
                    .col(boolean("is_active"))
                    .col(string_null("disabled_reason"))
                    .col(timestamp_with_time_zone_null("failing_since"))
                    .col(timestamp_with_time_zone_null("last_triggered_at"))
                    .col(big_integer("success_count"))
                    .col(big_integer("failure_count"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "webhooks", &["workspace_id", "is_active"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "webhooks").await
    }
}
