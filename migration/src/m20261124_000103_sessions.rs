//! Sessions that are good: signing out, or another password, removes the row, and its token is worth nothing.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{timestamp_with_time_zone, uuid};

use crate::columns::{drop_table, foreign_key, index_each, table};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("sessions")
                    .col(uuid("user_id"))
                    .col(timestamp_with_time_zone("expires_at"))
                    .foreign_key(&mut foreign_key("sessions", "user_id", "users"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "sessions", &["workspace_id", "user_id", "expires_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "sessions").await
    }
}
