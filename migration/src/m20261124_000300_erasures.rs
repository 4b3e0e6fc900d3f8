//! Whose personal data is gone, and by which receipt.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid;

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
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

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "erasures").await
    }
}
