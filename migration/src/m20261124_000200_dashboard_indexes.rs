//! Indexes that the dashboards count by: time windows of a workspace, with the columns that are counted in the index itself, so
//! that a year's answers are counted without reading the rows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The last thing that happened to an interview; the queries use this very expression.
const INTERVIEWS: &str = "CREATE INDEX ix_interviews_window ON interviews \
     (workspace_id, (COALESCE(completed_at, started_at, created_at)))";
const RESPONSES: &str = "CREATE INDEX ix_interview_responses_window ON interview_responses (workspace_id, answered_at";
const COUNTED: &str = "sentiment, information_density, confidence_score, interview_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let responses = match manager.get_database_backend() {
            DbBackend::Postgres => format!("{RESPONSES}) INCLUDE ({COUNTED})"),
            _ => format!("{RESPONSES}, {COUNTED})"),
        };
        db.execute_unprepared(INTERVIEWS).await?;
        db.execute_unprepared(&responses).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX ix_interview_responses_window").await?;
        db.execute_unprepared("DROP INDEX ix_interviews_window").await?;
        Ok(())
    }
}
