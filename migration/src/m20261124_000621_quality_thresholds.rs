//! Thresholds that somebody has edited; what has no row is as the settings say.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{double_null, string, string_null, text, timestamp_with_time_zone, uuid, uuid_null};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("quality_thresholds")
                    .col(string("metric"))
                    // For one guide only; none: for all that have none of their own.
                    .col(uuid_null("call_guide_id"))
                    // The guide again, or the workspace: nulls are never equal, and a metric has one row a scope.
                    .col(uuid("scope_id"))
                    .col(double_null("value"))
                    .col(string_null("severity"))
                    .col(text("updated_by"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .foreign_key(
                        foreign_key("quality_thresholds", "call_guide_id", "call_guides")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        index_each(manager, "quality_thresholds", &["call_guide_id"]).await?;
        unique(manager, "quality_thresholds", &["workspace_id", "scope_id", "metric"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "quality_thresholds").await
    }
}
