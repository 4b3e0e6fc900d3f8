//! The append-only log, the keys that encrypt its personal data, and the erased interviews.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, integer, json_binary, string, uuid};

use crate::columns::{foreign_key, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    event_logs(manager).await?;
    person_keys(manager).await?;
    erasures(manager).await
}

/// The audit trail, from which interviews are rebuilt.
async fn event_logs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
    // Numbers have no gaps within an entity, which is identified by its type and its id. An
    // interview has two logs: that of its call, and that of what operators did to it.
    unique(manager, "event_logs", &["entity_type", "entity_id", "seq"]).await
}

/// Personal data in payloads is encrypted with these keys. Destroying a key erases a person from the append-only log.
async fn person_keys(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(table("person_keys").col(string("respondent_id")).col(blob("secret")).to_owned()).await?;
    index_each(manager, "person_keys", &["workspace_id"]).await?;
    unique(manager, "person_keys", &["workspace_id", "respondent_id"]).await
}

/// The interviews whose personal data was erased, and the receipts.
async fn erasures(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("erasures")
                .col(uuid("interview_id"))
                .col(uuid("receipt_id"))
                .foreign_key(&mut foreign_key("erasures", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "erasures", &["workspace_id", "receipt_id"]).await?;
    unique(manager, "erasures", &["interview_id", "receipt_id"]).await
}
