//! Interviews.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, integer_null, json_binary, string, string_null, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid,
};

use crate::columns::{drop_table, foreign_key, index_each, table};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("interviews")
                    .col(uuid("call_guide_id"))
                    .col(uuid("call_guide_version_id"))
                    .col(string("channel"))
                    .col(string("respondent_id"))
                    .col(string_null("respondent_name"))
                    .col(string_null("respondent_phone"))
                    .col(string_null("respondent_email"))
                    .col(json_binary("respondent_metadata"))
                    .col(string("status"))
                    .col(string_null("status_reason"))
                    .col(timestamp_with_time_zone_null("scheduled_at"))
                    .col(timestamp_with_time_zone_null("started_at"))
                    .col(timestamp_with_time_zone_null("completed_at"))
                    .col(integer_null("duration_seconds"))
                    .col(string_null("call_sid"))
                    .col(string_null("recording_url"))
                    .col(json_binary("conversation_state"))
                    .col(string_null("current_section"))
                    .col(string_null("current_question_id"))
                    .col(json_binary("sections_completed"))
                    .col(json_binary("questions_skipped"))
                    .col(json_binary("engagement_metrics"))
                    .col(json_binary("quality_metrics"))
                    .col(boolean("requires_human_review"))
                    .col(text_null("escalation_reason"))
                    .col(json_binary("interviewer_notes"))
                    .col(json_binary("tags"))
                    .col(boolean("consent_given"))
                    .col(timestamp_with_time_zone_null("consent_timestamp"))
                    .col(boolean("gdpr_compliant"))
                    .col(boolean("can_be_recorded"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .foreign_key(&mut foreign_key("interviews", "call_guide_id", "call_guides"))
                    .foreign_key(&mut foreign_key("interviews", "call_guide_version_id", "call_guide_versions"))
                    .to_owned(),
            )
            .await?;
        index_each(
            manager,
            "interviews",
            &[
                "workspace_id",
                "call_guide_id",
                "call_guide_version_id",
                "respondent_id",
                "respondent_phone",
                "status",
                "call_sid",
                "requires_human_review",
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "interviews").await
    }
}
