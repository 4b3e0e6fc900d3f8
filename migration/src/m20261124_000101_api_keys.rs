//! API keys, hashed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, string, timestamp_with_time_zone, timestamp_with_time_zone_null};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("api_keys")
                    .col(string("name"))
                    .col(string("prefix"))
                    .col(blob("secret_sha256"))
                    .col(string("role"))
                    .col(string("created_by"))
                    .col(timestamp_with_time_zone_null("expires_at"))
                    .col(timestamp_with_time_zone_null("last_used_at"))
                    .col(timestamp_with_time_zone_null("revoked_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "api_keys", &["workspace_id"]).await?;
        unique(manager, "api_keys", &["prefix"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "api_keys").await
    }
}
