//! What was measured, a row a measurement (product contract, section 2).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{double, json_binary, string, timestamp_with_time_zone, uuid_null};

use crate::columns::{drop_table, foreign_key, index_each, table};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
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

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "metrics").await
    }
}
