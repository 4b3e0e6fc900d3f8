//! Numbers in the event log are gap-free per entity, and an entity is its type and its id: an interview has the log of its
//! call and, beside it, the trail of what operators did to it.

use sea_orm_migration::prelude::*;

use crate::columns::unique;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_index(manager, "ux_event_logs_entity_id_seq").await?;
        unique(manager, "event_logs", &["entity_type", "entity_id", "seq"]).await
    }

    /// The narrower rule has no room for the trail: it goes.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut trail = Query::delete();
        trail.from_table("event_logs").and_where(Expr::col("entity_type").ne("interview"));
        manager.execute(trail).await?;
        drop_index(manager, "ux_event_logs_entity_type_entity_id_seq").await?;
        unique(manager, "event_logs", &["entity_id", "seq"]).await
    }
}

async fn drop_index(manager: &SchemaManager<'_>, name: &'static str) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name(name).table("event_logs").to_owned()).await
}
