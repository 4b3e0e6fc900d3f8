//! Files in a store that every engine reaches: which engine still holds copies of its own, and whether the files of an erased
//! person are gone.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, timestamp_with_time_zone_null, uuid};

use crate::columns::{execute, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("local_recordings")
                    .col(uuid("interview_id"))
                    .col(string("engine"))
                    .foreign_key(&mut foreign_key("local_recordings", "interview_id", "interviews"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "local_recordings", &["workspace_id", "engine"]).await?;
        unique(manager, "local_recordings", &["interview_id", "engine"]).await?;
        let mut removed = timestamp_with_time_zone_null("files_removed_at");
        manager.alter_table(Table::alter().table("erasures").add_column(&mut removed).to_owned()).await?;
        // Until now an erasure was only receipted when the files were gone.
        execute(manager, "UPDATE erasures SET files_removed_at = created_at").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("erasures").drop_column("files_removed_at").to_owned()).await?;
        manager.drop_table(Table::drop().table("local_recordings").to_owned()).await
    }
}
