//! Alerts, edited thresholds, and measurements.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double, double_null, json_binary, string, string_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

use crate::columns::{execute, foreign_key, index, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    alerts(manager).await?;
    quality_thresholds(manager).await?;
    metrics(manager).await
}

/// At most one alert on a subject is open, and no occasion raises two. The database ensures both,
/// because any engine may raise an alert.
async fn alerts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("alerts")
                .col(uuid_null("interview_id"))
                // This is not a foreign key, because an alert may outlive the guide.
                .col(uuid_null("call_guide_id"))
                .col(string("severity"))
                .col(text("title"))
                .col(text("description"))
                .col(string("metric_name"))
                .col(double("current_value"))
                .col(double("threshold"))
                .col(text("subject"))
                .col(text("occasion"))
                .col(timestamp_with_time_zone("raised_at"))
                .col(timestamp_with_time_zone_null("acknowledged_at"))
                .col(text_null("acknowledged_by"))
                .col(timestamp_with_time_zone_null("resolved_at"))
                .col(text_null("resolved_by"))
                .col(text_null("resolution"))
                .col(text_null("note"))
                .col(timestamp_with_time_zone("updated_at"))
                .foreign_key(&mut foreign_key("alerts", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "alerts", &["interview_id", "call_guide_id"]).await?;
    unique(manager, "alerts", &["workspace_id", "occasion"]).await?;
    execute(manager, "CREATE UNIQUE INDEX ux_alerts_open ON alerts (workspace_id, subject) WHERE resolved_at IS NULL")
        .await?;
    // The dashboards count by these columns, newest first.
    index(manager, "alerts", "ix_alerts_window", "workspace_id, raised_at, id, severity").await?;
    index(manager, "alerts", "ix_alerts_of_severity", "workspace_id, severity, raised_at, id").await
}

/// Thresholds that somebody has edited. The settings hold the others.
async fn quality_thresholds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("quality_thresholds")
                .col(string("metric"))
                // The guide to which the threshold applies, or null for all guides without one of
                // their own.
                .col(uuid_null("call_guide_id"))
                // The id of the guide, or of the workspace. It makes a metric unique in each scope,
                // because nulls are never equal.
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

/// Measurements, one per row (product contract, section 2).
async fn metrics(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("metrics")
                .col(string("metric_name"))
                .col(string("metric_type"))
                .col(double("value"))
                .col(json_binary("labels"))
                .col(uuid_null("interview_id"))
                .col(uuid_null("call_guide_id"))
                .col(timestamp_with_time_zone("recorded_at"))
                .foreign_key(&mut foreign_key("metrics", "interview_id", "interviews"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "metrics", &["metric_name", "interview_id", "call_guide_id", "recorded_at"]).await
}
