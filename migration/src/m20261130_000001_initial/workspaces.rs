//! Workspaces, and the default one that a new installation uses.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, string, timestamp_with_time_zone};
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

/// The workspace that exists from the first migration on. Its id is fixed, so that it is the same
/// in every installation.
pub const DEFAULT_WORKSPACE: Uuid = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
    // The time is fixed as well, so that the result of the migration is always the same.
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
