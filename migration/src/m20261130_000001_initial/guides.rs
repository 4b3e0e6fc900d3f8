//! Call guides: one stable row each, and the immutable versions of their content.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double, integer, json_binary, string, string_null, text, timestamp_with_time_zone, uuid,
};

use crate::columns::{foreign_key, index, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    call_guides(manager).await?;
    call_guide_versions(manager).await
}

async fn call_guides(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
    // The orders in which lists are requested.
    for (name, key) in [
        ("ix_call_guides_by_created", "workspace_id, created_at, id"),
        ("ix_call_guides_by_updated", "workspace_id, updated_at, id"),
        ("ix_call_guides_by_name", "workspace_id, name, id"),
    ] {
        index(manager, "call_guides", name, key).await?;
    }
    Ok(())
}

async fn call_guide_versions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
