//! Quality alerts. At most one is open on a subject, and none is raised twice for the same occasion: both are the database's
//! to guarantee, since any engine may raise one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    double, string, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid_null,
};

use crate::columns::{drop_table, foreign_key, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

const OPEN: &str = "CREATE UNIQUE INDEX ux_alerts_open ON alerts (workspace_id, subject) WHERE resolved_at IS NULL";
/// What the dashboards count by, newest first.
const WINDOW: &str = "CREATE INDEX ix_alerts_window ON alerts (workspace_id, raised_at, id, severity)";
const OF_SEVERITY: &str = "CREATE INDEX ix_alerts_of_severity ON alerts (workspace_id, severity, raised_at, id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("alerts")
                    .col(uuid_null("interview_id"))
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
                    // No foreign key to the guide: an alert may outlive it.
                    .to_owned(),
            )
            .await?;
        index_each(manager, "alerts", &["interview_id", "call_guide_id"]).await?;
        unique(manager, "alerts", &["workspace_id", "occasion"]).await?;
        for statement in [OPEN, WINDOW, OF_SEVERITY] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "alerts").await
    }
}
