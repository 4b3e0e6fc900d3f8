//! Interviews, their answers, and the tokens in their join links.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, blob, boolean, double, integer, integer_null, json_binary, json_binary_null, string, string_len,
    string_null, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};

use crate::columns::{covering_index, foreign_key, index, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    interviews(manager).await?;
    interview_responses(manager).await?;
    join_tokens(manager).await?;
    call_leases(manager).await
}

async fn interviews(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
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
                // When an interview that nobody has joined counts as missed.
                .col(timestamp_with_time_zone_null("no_show_at"))
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
            "no_show_at",
        ],
    )
    .await?;
    for (name, key) in [
        // The dashboards count interviews by the last time that something happened to them. Their
        // queries use this expression.
        ("ix_interviews_window", "workspace_id, (COALESCE(completed_at, started_at, created_at))"),
        // The orders in which lists are requested.
        ("ix_interviews_by_created", "workspace_id, created_at, id"),
        ("ix_interviews_by_updated", "workspace_id, updated_at, id"),
        ("ix_interviews_by_scheduled", "workspace_id, (coalesce(scheduled_at, created_at)), id"),
        ("ix_interviews_by_status", "workspace_id, status, created_at, id"),
    ] {
        index(manager, "interviews", name, key).await?;
    }
    Ok(())
}

/// What respondents answered: one row for each asking.
async fn interview_responses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("interview_responses")
                .col(uuid("interview_id"))
                // The number of the asking in its interview, by which the event log refers to this
                // answer.
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
                .col(double("hesitation").default(0.0))
                .col(double("enthusiasm").default(0.0))
                .col(double("completeness").default(0.0))
                .col(json_binary("contradictions").default("[]"))
                // The method with which each value of the analysis was computed.
                .col(json_binary("analysis_methods").default("{}"))
                // The value that the answer names, and its class.
                .col(json_binary_null("value"))
                .col(string_len("answer_class", 20).default("answered"))
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
    unique(manager, "interview_responses", &["interview_id", "asking"]).await?;
    // The dashboards count the answers of a year, and their themes, without reading the rows. A
    // list of themes is short, because it consists of the lexicon's names or of a model's bounded
    // answer. PostgreSQL accepts index entries of at most 2,704 bytes.
    for (name, included) in [
        ("ix_interview_responses_window", "sentiment, information_density, confidence_score, interview_id"),
        ("ix_interview_responses_themes", "themes, interview_id"),
    ] {
        covering_index(manager, "interview_responses", name, "workspace_id, answered_at", included).await?;
    }
    Ok(())
}

/// The tokens in join links, stored as SHA-256 only, so that somebody who reads the database cannot
/// join a call.
async fn join_tokens(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("join_tokens")
                .col(uuid("interview_id"))
                .col(blob("token_sha256"))
                .col(timestamp_with_time_zone("expires_at"))
                .foreign_key(&mut foreign_key("join_tokens", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "join_tokens", &["workspace_id", "interview_id"]).await?;
    unique(manager, "join_tokens", &["token_sha256"]).await
}

/// The engines that hold calls: one row for each interview that an engine has held.
async fn call_leases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("call_leases")
                .col(uuid("interview_id"))
                // The engine that holds the call, if there is one.
                .col(string_null("engine"))
                // Larger each time that the call is taken. Every append of its events names it.
                .col(big_integer("fence"))
                // By the database's clock.
                .col(timestamp_with_time_zone_null("expires_at"))
                // What other engines ask of the one that holds the call, in order.
                .col(json_binary("asked"))
                .foreign_key(&mut foreign_key("call_leases", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "call_leases", &["workspace_id", "engine"]).await?;
    unique(manager, "call_leases", &["interview_id"]).await
}
