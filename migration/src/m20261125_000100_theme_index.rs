//! The index that themes are counted by: a year's lists of themes in the index itself, so that no row is read for them.
//!
//! A list is short: the lexicon's names, or a model's judgement, which is bounded (PostgreSQL takes no entry over 2,704 bytes).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

const RESPONSES: &str = "CREATE INDEX ix_interview_responses_themes ON interview_responses (workspace_id, answered_at";
const COUNTED: &str = "themes, interview_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let responses = match manager.get_database_backend() {
            DbBackend::Postgres => format!("{RESPONSES}) INCLUDE ({COUNTED})"),
            _ => format!("{RESPONSES}, {COUNTED})"),
        };
        db.execute_unprepared(&responses).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX ix_interview_responses_themes").await?;
        Ok(())
    }
}
