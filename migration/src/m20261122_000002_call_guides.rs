//! Call guides: a stable row each, and the immutable versions of their content.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double, integer, json_binary, string, string_null, text, timestamp_with_time_zone, uuid,
};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("call_guides")
                    .col(string("name"))
                    .col(string("language"))
                    .col(text("research_objective"))
                    .col(json_binary("target_respondent_profile"))
                    .col(json_binary("sections"))
                    .col(json_binary("adaptive_rules"))
                    .col(json_binary("voice_profile"))
                    .col(integer("version"))
                    .col(json_binary("tags"))
                    .col(string_null("created_by"))
                    .col(integer("estimated_duration_minutes").default(30))
                    .col(integer("max_duration_minutes").default(60))
                    .col(double("min_completion_percentage").default(0.7))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "call_guides", &["workspace_id", "name"]).await?;
        manager
            .create_table(
                table("call_guide_versions")
                    .col(uuid("call_guide_id"))
                    .col(integer("version"))
                    .col(json_binary("document"))
                    .foreign_key(&mut foreign_key("call_guide_versions", "call_guide_id", "call_guides"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "call_guide_versions", &["workspace_id", "call_guide_id"]).await?;
        unique(manager, "call_guide_versions", &["call_guide_id", "version"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "call_guide_versions").await?;
        drop_table(manager, "call_guides").await
    }
}
