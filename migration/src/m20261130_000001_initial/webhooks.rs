//! Webhooks, the events that they must be told of, and the deliveries.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, blob_null, boolean, integer, integer_null, json_binary, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid,
};

use crate::columns::{foreign_key, index, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    webhooks(manager).await?;
    webhook_outbox(manager).await?;
    webhook_deliveries(manager).await
}

/// Which events are sent to which address. The secrets and the values of the headers are encrypted.
async fn webhooks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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

/// The events that webhooks must be told of. The id of a row is the `webhook-id` of every delivery.
async fn webhook_outbox(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("webhook_outbox")
                .col(string("event"))
                // The interview, or the workspace if the event belongs to no interview. It is
                // therefore not a foreign key.
                .col(uuid("subject_id"))
                .col(big_integer("sequence"))
                .col(json_binary("data"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "webhook_outbox", &["workspace_id", "created_at"]).await?;
    unique(manager, "webhook_outbox", &["subject_id", "sequence"]).await
}

/// One row for each event and webhook.
async fn webhook_deliveries(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
                .col(string_null("requested_by"))
                .col(timestamp_with_time_zone("updated_at"))
                .foreign_key(&mut foreign_key("webhook_deliveries", "webhook_id", "webhooks"))
                .foreign_key(&mut foreign_key("webhook_deliveries", "outbox_id", "webhook_outbox"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "webhook_deliveries", &["workspace_id", "outbox_id", "subject_id"]).await?;
    unique(manager, "webhook_deliveries", &["webhook_id", "outbox_id"]).await?;
    index(manager, "webhook_deliveries", "ix_webhook_deliveries_due", "state, next_attempt_at, webhook_id").await
}
