//! The database schema, one migration a file, up and down, for SQLite and PostgreSQL.
//!
//! Owns: tables, keys and indices. Never does: read or write rows, but for the default workspace.

use sea_orm_migration::prelude::{MigrationTrait, async_trait};

pub use sea_orm_migration::MigratorTrait;

mod columns;
mod m20261122_000001_workspaces;
mod m20261122_000002_call_guides;
mod m20261122_000003_interviews;
mod m20261122_000004_interview_responses;
mod m20261122_000005_event_logs;
mod m20261122_000006_person_keys;
mod m20261122_000007_join_tokens;
mod m20261124_000100_event_log_numbers;
mod m20261124_000101_api_keys;
mod m20261124_000102_users;
mod m20261124_000103_sessions;
mod m20261124_000200_dashboard_indexes;
mod m20261124_000300_erasures;
mod m20261124_000400_no_show_at;
mod m20261124_000500_idempotency_keys;
mod m20261124_000501_list_orders;
mod m20261124_000600_tasks;
mod m20261124_000610_webhooks;
mod m20261124_000611_webhook_outbox;
mod m20261124_000612_webhook_deliveries;
mod m20261124_000620_alerts;
mod m20261124_000621_quality_thresholds;
mod m20261124_000622_metrics;
mod m20261124_000640_insight_extractions;
mod m20261124_000641_response_analysis;
mod m20261125_000100_theme_index;
mod m20261129_000100_answer_values;

pub use m20261122_000001_workspaces::DEFAULT_WORKSPACE;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_workspaces::Migration),
            Box::new(m20261122_000002_call_guides::Migration),
            Box::new(m20261122_000003_interviews::Migration),
            Box::new(m20261122_000004_interview_responses::Migration),
            Box::new(m20261122_000005_event_logs::Migration),
            Box::new(m20261122_000006_person_keys::Migration),
            Box::new(m20261122_000007_join_tokens::Migration),
            Box::new(m20261124_000100_event_log_numbers::Migration),
            Box::new(m20261124_000101_api_keys::Migration),
            Box::new(m20261124_000102_users::Migration),
            Box::new(m20261124_000103_sessions::Migration),
            Box::new(m20261124_000200_dashboard_indexes::Migration),
            Box::new(m20261124_000300_erasures::Migration),
            Box::new(m20261124_000400_no_show_at::Migration),
            Box::new(m20261124_000500_idempotency_keys::Migration),
            Box::new(m20261124_000501_list_orders::Migration),
            Box::new(m20261124_000600_tasks::Migration),
            Box::new(m20261124_000610_webhooks::Migration),
            Box::new(m20261124_000611_webhook_outbox::Migration),
            Box::new(m20261124_000612_webhook_deliveries::Migration),
            Box::new(m20261124_000620_alerts::Migration),
            Box::new(m20261124_000621_quality_thresholds::Migration),
            Box::new(m20261124_000622_metrics::Migration),
            Box::new(m20261124_000640_insight_extractions::Migration),
            Box::new(m20261124_000641_response_analysis::Migration),
            Box::new(m20261125_000100_theme_index::Migration),
            Box::new(m20261129_000100_answer_values::Migration),
        ]
    }
}
