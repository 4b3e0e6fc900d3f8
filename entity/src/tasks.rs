//! A background task. Its payload, result and error contain ids and numbers, but never names or
//! what somebody said.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the three queues, the most urgent first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Opening calls, and appointments.
    Interviews,
    /// Insights and reports.
    Analytics,
    /// Deliveries to other systems.
    Webhooks,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Interviews, Self::Analytics, Self::Webhooks];

    /// Returns the name in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Queue::Interviews => "interviews",
            Queue::Analytics => "analytics",
            Queue::Webhooks => "webhooks",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Waits for its time and for a free worker, also between two attempts.
    Queued,
    Running,
    Completed,
    /// A dead letter: all attempts failed, or one failed permanently.
    Failed,
    Cancelled,
}

impl TaskState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Completed, Self::Failed, Self::Cancelled];

    /// Returns the name in JSON and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskState::Queued => "queued",
            TaskState::Running => "running",
            TaskState::Completed => "completed",
            TaskState::Failed => "failed",
            TaskState::Cancelled => "cancelled",
        }
    }

    /// Returns true if the task can no longer change by itself.
    pub fn is_over(self) -> bool {
        matches!(self, TaskState::Completed | TaskState::Failed | TaskState::Cancelled)
    }
}

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub workspace_id: Uuid,
    pub queue: Queue,
    /// What must be done, such as `conduct_interview`. The handler is found by this name.
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// The interview that the task is about. The task is deleted with the interview's personal
    /// data.
    pub interview_id: Option<Uuid>,
    pub state: TaskState,
    /// The head start over other tasks of the queue, in minutes.
    pub priority: i16,
    /// The number of attempts begun, including the running one.
    pub attempts: i32,
    pub max_attempts: i32,
    /// The number of attempts that ended with their worker's process. They count as failures of the
    /// task only if they are repeated.
    pub orphaned: i32,
    /// The earliest time of the next attempt.
    pub run_at: DateTimeUtc,
    /// The order within the queue: `run_at` less the head start. This way no task waits forever
    /// behind more urgent ones.
    pub rank: DateTimeUtc,
    /// The worker that holds the lease.
    pub lease_owner: Option<String>,
    /// When the lease expires.
    pub lease_until: Option<DateTimeUtc>,
    /// True if a running task must stop.
    pub cancel_requested: bool,
    /// Between 0 and 1.
    pub progress: f64,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// The reason why the last attempt failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// At most one task of this kind and workspace with this key is queued or running.
    pub unique_key: Option<String>,
    /// The caller who asked for it, as the audit trail has it. None for what the engine queued by itself.
    pub requested_by: Option<String>,
    pub finished_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
