//! How many tasks wait, for how long, and which: for metrics, health, and what puts them in order elsewhere.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{Queue, TaskState, tasks};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait as _, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{DueTask, Tasks};
use crate::error::StorageError;
use tasks::Column;

/// What there is of one queue, over all workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueCount {
    pub queue: Queue,
    /// Due, and not begun.
    pub waiting: i64,
    /// Since when the longest waiting one is due.
    pub oldest: Option<DateTime<Utc>>,
    pub running: i64,
    /// Dead letters.
    pub failed: i64,
}

#[derive(FromQueryResult)]
struct Group {
    queue: Queue,
    state: TaskState,
    number: i64,
    oldest: Option<DateTime<Utc>>,
}

impl Tasks<'_> {
    /// One count a queue, in their order.
    pub async fn census(&self, now: DateTime<Utc>) -> Result<[QueueCount; 3], StorageError> {
        let groups = tasks::Entity::find()
            .select_only()
            .column(Column::Queue)
            .column(Column::State)
            .column_as(Column::Id.count(), "number")
            .column_as(Column::RunAt.min(), "oldest")
            .filter(Column::State.is_in([TaskState::Queued, TaskState::Running, TaskState::Failed]))
            .filter(Column::State.ne(TaskState::Queued).or(Column::RunAt.lte(now)))
            .group_by(Column::Queue)
            .group_by(Column::State)
            .into_model::<Group>()
            .all(&self.0.db)
            .await?;
        Ok(Queue::ALL.map(|queue| {
            let of = |state| groups.iter().find(|group| group.queue == queue && group.state == state);
            let number = |state| of(state).map_or(0, |group| group.number);
            QueueCount {
                queue,
                waiting: number(TaskState::Queued),
                oldest: of(TaskState::Queued).and_then(|group| group.oldest),
                running: number(TaskState::Running),
                failed: number(TaskState::Failed),
            }
        }))
    }

    /// What waits and is due at `now`, the first in order first.
    pub async fn due(&self, now: DateTime<Utc>, limit: u64) -> Result<Vec<DueTask>, StorageError> {
        let rows: Vec<(Uuid, String, DateTime<Utc>, DateTime<Utc>)> = tasks::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Kind, Column::RunAt, Column::Rank])
            .filter(Column::State.eq(TaskState::Queued))
            .filter(Column::RunAt.lte(now))
            .order_by_asc(Column::Rank)
            .limit(limit)
            .into_tuple()
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(|(id, kind, run_at, rank)| DueTask { id, kind, run_at, rank }).collect())
    }

    /// Which of these are written down and wait.
    pub async fn waiting(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>, StorageError> {
        let rows: Vec<Uuid> = tasks::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids.iter().copied()))
            .filter(Column::State.eq(TaskState::Queued))
            .into_tuple()
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().collect())
    }
}
