//! Insights: one row for each extraction, from one interview or from many.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double_null, integer, json_binary, string, string_null, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid_null,
};

use crate::columns::{foreign_key, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("insight_extractions")
                // Null for insights across interviews.
                .col(uuid_null("interview_id"))
                .col(json_binary("interview_ids"))
                .col(uuid_null("call_guide_id"))
                // The interviews that ended in this window are included. Null means no limit on
                // that side.
                .col(timestamp_with_time_zone_null("window_from"))
                .col(timestamp_with_time_zone_null("window_to"))
                .col(text("executive_summary"))
                .col(json_binary("key_findings"))
                .col(json_binary("themes"))
                .col(json_binary("notable_quotes"))
                .col(json_binary("sentiment_summary"))
                .col(json_binary("contradictions"))
                .col(double_null("research_objective_alignment"))
                .col(double_null("data_quality_score"))
                .col(double_null("confidence_level"))
                .col(json_binary("follow_up_recommendations"))
                .col(json_binary("suggested_next_questions"))
                // Frequencies, comparisons and trends across interviews.
                .col(json_binary("statistics"))
                .col(json_binary("methods"))
                .col(json_binary("dropped_quotes"))
                .col(string("generated_by"))
                .col(string_null("model_used"))
                .col(timestamp_with_time_zone("generated_at"))
                // The number of its interviews that were erased since. Their words are removed.
                .col(integer("erased_interviews"))
                // The task that created the row. A task that runs twice creates one row.
                .col(uuid_null("task_id"))
                .col(timestamp_with_time_zone("updated_at"))
                .foreign_key(&mut foreign_key("insight_extractions", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "insight_extractions", &["workspace_id", "interview_id", "call_guide_id"]).await?;
    unique(manager, "insight_extractions", &["task_id"]).await
}
