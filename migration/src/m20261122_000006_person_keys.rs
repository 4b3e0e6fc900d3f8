//! The keys that personal payloads are encrypted with: destroying one erases a person from the append-only log.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, string};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table("person_keys").col(string("respondent_id")).col(blob("secret")).to_owned()).await?;
        index_each(manager, "person_keys", &["workspace_id"]).await?;
        unique(manager, "person_keys", &["workspace_id", "respondent_id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "person_keys").await
    }
}
