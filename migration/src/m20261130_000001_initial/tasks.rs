//! Background tasks: what must be done, which worker does it, and the result.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    boolean, double, integer, json_binary, json_binary_null, small_integer, string, string_null, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null, uuid_null,
};

use crate::columns::{index, index_each, table, unique};

pub(super) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(
            table("tasks")
                .col(string("queue"))
                .col(string("kind"))
                .col(json_binary("payload"))
                // The interview that the task is about, if any. It is not a foreign key.
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
                // Set to null when the task ends, so that it is unique among the tasks that are not
                // over.
                .col(string_null("unique_key"))
                .col(string_null("requested_by"))
                .col(timestamp_with_time_zone_null("finished_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
        )
        .await?;
    index_each(manager, "tasks", &["workspace_id", "interview_id", "lease_until", "finished_at"]).await?;
    index(manager, "tasks", "ix_tasks_next", "state, queue, rank, id").await?;
    unique(manager, "tasks", &["workspace_id", "kind", "unique_key"]).await
}
