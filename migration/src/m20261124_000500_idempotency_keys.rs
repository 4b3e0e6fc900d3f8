//! Answers to requests with an `Idempotency-Key`, kept for a day; sealed, since names and join links are in them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, blob_null, boolean, timestamp_with_time_zone, uuid_null};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("idempotency_keys")
                    .col(blob("key_sha256"))
                    .col(blob("request_sha256"))
                    .col(blob_null("answer"))
                    // No foreign key: what it names may be gone before the answer is.
                    .col(uuid_null("interview_id"))
                    .col(boolean("erased"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "idempotency_keys", &["workspace_id", "interview_id", "created_at"]).await?;
        unique(manager, "idempotency_keys", &["workspace_id", "key_sha256"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "idempotency_keys").await
    }
}
