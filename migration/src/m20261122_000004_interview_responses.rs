//! What respondents answered: a row an asking.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, double, integer, json_binary, string, string_null, text, timestamp_with_time_zone, uuid, uuid_null,
};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("interview_responses")
                    .col(uuid("interview_id"))
                    // The number of the asking in its interview: what the event log calls this answer.
                    .col(integer("asking"))
                    .col(string("question_id"))
                    .col(string("section_name"))
                    .col(text("question_text"))
                    .col(text("response_text"))
                    .col(string_null("response_audio_url"))
                    .col(timestamp_with_time_zone("asked_at"))
                    .col(timestamp_with_time_zone("answered_at"))
                    .col(double("response_time_seconds"))
                    .col(string("sentiment"))
                    .col(double("confidence_score"))
                    .col(json_binary("key_phrases"))
                    .col(json_binary("themes"))
                    .col(double("information_density"))
                    .col(boolean("is_follow_up"))
                    .col(uuid_null("parent_response_id"))
                    .col(integer("follow_up_count"))
                    .col(json_binary("generated_follow_ups"))
                    .col(boolean("is_complete"))
                    .col(boolean("requires_clarification"))
                    .col(json_binary("flags"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .foreign_key(&mut foreign_key("interview_responses", "interview_id", "interviews"))
                    .foreign_key(&mut foreign_key("interview_responses", "parent_response_id", "interview_responses"))
                    .to_owned(),
            )
            .await?;
        index_each(
            manager,
            "interview_responses",
            &["workspace_id", "interview_id", "question_id", "section_name", "is_follow_up", "parent_response_id"],
        )
        .await?;
        unique(manager, "interview_responses", &["interview_id", "asking"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "interview_responses").await
    }
}
