//! The first schema: every table of version 0.1.0.
//!
//! Owns: the order in which tables are created and dropped. The modules below own the tables, by area.

use sea_orm_migration::prelude::*;

mod access;
mod events;
mod guides;
mod insights;
mod interviews;
mod quality;
mod tasks;
mod webhooks;
mod workspaces;

pub use workspaces::DEFAULT_WORKSPACE;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// All tables. Each follows those that its foreign keys name.
const TABLES: [&str; 22] = [
    "workspaces",
    "call_guides",
    "call_guide_versions",
    "interviews",
    "interview_responses",
    "join_tokens",
    "call_leases",
    "event_logs",
    "person_keys",
    "erasures",
    "insight_extractions",
    "alerts",
    "quality_thresholds",
    "metrics",
    "tasks",
    "webhooks",
    "webhook_outbox",
    "webhook_deliveries",
    "api_keys",
    "users",
    "sessions",
    "idempotency_keys",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// A start that is interrupted leaves an empty database behind, which the next start can migrate.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        workspaces::create(manager).await?;
        guides::create(manager).await?;
        interviews::create(manager).await?;
        events::create(manager).await?;
        insights::create(manager).await?;
        quality::create(manager).await?;
        tasks::create(manager).await?;
        webhooks::create(manager).await?;
        access::create(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
