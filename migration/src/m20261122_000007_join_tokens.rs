//! The tokens in join links, as SHA-256 only: who reads the database can't join a call.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, timestamp_with_time_zone, uuid};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("join_tokens")
                    .col(uuid("interview_id"))
                    .col(blob("token_sha256"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .foreign_key(&mut foreign_key("join_tokens", "interview_id", "interviews"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "join_tokens", &["workspace_id", "interview_id"]).await?;
        unique(manager, "join_tokens", &["token_sha256"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "join_tokens").await
    }
}
