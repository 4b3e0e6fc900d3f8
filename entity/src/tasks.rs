//! A background task. Payload, result and error hold ids and numbers, never what somebody said or is called.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which of the three queues, the most urgent first.
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
    /// Rooms that open, people who are called.
    Interviews,
    /// Insights and reports.
    Analytics,
    /// Deliveries to other systems.
    Webhooks,
}

impl Queue {
    pub const ALL: [Self; 3] = [Self::Interviews, Self::Analytics, Self::Webhooks];

    /// The name on the wire and in the table.
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
    /// Waits for its time and a free worker; also between two attempts.
    Queued,
    Running,
    Completed,
    /// A dead letter: every attempt failed, or one failed for good.
    Failed,
    Cancelled,
}

impl TaskState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Completed, Self::Failed, Self::Cancelled];

    /// The name on the wire and in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskState::Queued => "queued",
            TaskState::Running => "running",
            TaskState::Completed => "completed",
            TaskState::Failed => "failed",
            TaskState::Cancelled => "cancelled",
        }
    }

    /// Nothing more happens by itself.
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
    /// What is to be done, such as `conduct_interview`; who does it is found by this name.
    pub kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// The interview that it is about: it goes with the interview's personal data.
    pub interview_id: Option<Uuid>,
    pub state: TaskState,
    /// Minutes of head start over others of the queue.
    pub priority: i16,
    /// Begun so far, the running one included.
    pub attempts: i32,
    pub max_attempts: i32,
    /// Attempts that ended with their worker's process: not the task's fault, unless it happens again and again.
    pub orphaned: i32,
    /// Not before.
    pub run_at: DateTimeUtc,
    /// The order within the queue: `run_at` less the head start. So nothing waits for ever behind what is more urgent.
    pub rank: DateTimeUtc,
    /// The worker that has it.
    pub lease_owner: Option<String>,
    /// Until when the worker is believed to be alive.
    pub lease_until: Option<DateTimeUtc>,
    /// A running one is to stop.
    pub cancel_requested: bool,
    /// 0 to 1.
    pub progress: f64,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub result: Option<Json>,
    /// Why the last attempt failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// At most one of the kind and workspace with this key is queued or running.
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
