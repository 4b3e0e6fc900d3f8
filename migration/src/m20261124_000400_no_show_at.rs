//! When an interview that nobody has joined counts as missed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

use crate::columns::index_each;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = timestamp_with_time_zone_null("no_show_at");
        manager.alter_table(Table::alter().table("interviews").add_column(column).to_owned()).await?;
        index_each(manager, "interviews", &["no_show_at"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("ix_interviews_no_show_at").table("interviews").to_owned()).await?;
        manager.alter_table(Table::alter().table("interviews").drop_column("no_show_at").to_owned()).await
    }
}
