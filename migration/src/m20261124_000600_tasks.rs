//! Background tasks: what is to be done, by whom it is being done, what came of it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, double, integer, json_binary, json_binary_null, small_integer, string, string_null, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid_null,
};

use crate::columns::{drop_table, index_each, table, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                table("tasks")
                    .col(string("queue"))
                    .col(string("kind"))
                    .col(json_binary("payload"))
                    // The interview that it is about, where it is about one. No foreign key: a task outlives nothing.
                    .col(uuid_null("interview_id"))
                    .col(string("state"))
                    .col(small_integer("priority"))
                    .col(integer("attempts"))
                    .col(integer("max_attempts"))
                    .col(integer("orphaned"))
                    .col(timestamp_with_time_zone("run_at"))
                    .col(timestamp_with_time_zone("rank"))
                    .col(string_null("lease_owner"))
                    .col(timestamp_with_time_zone_null("lease_until"))
                    .col(boolean("cancel_requested"))
                    .col(double("progress"))
                    .col(json_binary_null("result"))
                    .col(text_null("error"))
                    // Emptied at the end, so that it is unique among what is still to be done.
                    .col(string_null("unique_key"))
                    .col(timestamp_with_time_zone_null("finished_at"))
                    .col(timestamp_with_time_zone("updated_at"))
                    .to_owned(),
            )
            .await?;
        index_each(manager, "tasks", &["workspace_id", "interview_id", "lease_until", "finished_at"]).await?;
        let next = ["state", "queue", "rank", "id"];
        let mut index = Index::create().name("ix_tasks_next").table("tasks").to_owned();
        for column in next {
            index.col(column);
        }
        manager.create_index(index).await?;
        unique(manager, "tasks", &["workspace_id", "kind", "unique_key"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_table(manager, "tasks").await
    }
}
