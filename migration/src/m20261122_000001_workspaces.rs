//! Workspaces, and the default one that a fresh installation works in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, string, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

use crate::columns::drop_table;

/// The workspace that exists from the first migration on; a fixed id, so that every installation agrees on it.
pub const DEFAULT_WORKSPACE: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("workspaces")
                    .col(pk_uuid("id"))
                    .col(string("name"))
                    .col(timestamp_with_time_zone("created_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        // A fixed time as well: the same schema everywhere, whenever it was made.
        let created = DateTimeUtc::UNIX_EPOCH;
        let mut default = Query::insert();
        default.into_table("workspaces").columns(["id", "name", "created_at", "updated_at"]).values_panic([
            DEFAULT_WORKSPACE.into(),
            "default".into(),
            created.into(),
            created.into(),
        ]);
        manager.execute(default).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "workspaces").await
    }
}
