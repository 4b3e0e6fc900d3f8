//! What operators do with tasks: look them up, cancel, give a dead letter another chance. Their workspace's only.

use entity::{Queue, TaskState, tasks};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

use super::{Tasks, rank};
use crate::audit::Change;
use crate::clock;
use crate::edit::Actor;
use crate::error::StorageError;
use crate::webhooks;
use tasks::Column;

/// Which tasks are wanted; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    pub queue: Option<Queue>,
    pub state: Option<TaskState>,
    pub kind: Option<String>,
    pub interview_id: Option<Uuid>,
    /// The id that the page before ended with.
    pub after: Option<Uuid>,
    pub limit: u64,
}

impl Tasks<'_> {
    pub async fn get(&self, id: Uuid) -> Result<tasks::Model, StorageError> {
        tasks::Entity::find_by_id(id)
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .one(&self.0.db)
            .await?
            .ok_or(StorageError::NotFound("task"))
    }

    /// Newest first.
    pub async fn list(&self, filter: TaskFilter) -> Result<Vec<tasks::Model>, StorageError> {
        let mut query = tasks::Entity::find()
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .order_by_desc(Column::Id)
            .limit(filter.limit);
        if let Some(queue) = filter.queue {
            query = query.filter(Column::Queue.eq(queue));
        }
        if let Some(state) = filter.state {
            query = query.filter(Column::State.eq(state));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(Column::Kind.eq(kind));
        }
        if let Some(interview) = filter.interview_id {
            query = query.filter(Column::InterviewId.eq(interview));
        }
        if let Some(after) = filter.after {
            query = query.filter(Column::Id.lt(after));
        }
        Ok(query.all(&self.0.db).await?)
    }

    /// A queued one is cancelled at once; a running one is asked to stop, and says so by `cancel_requested`. What it was to
    /// deliver to a webhook is given up with it.
    pub async fn cancel(&self, id: Uuid, actor: &Actor) -> Result<tasks::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        if old.state.is_over() {
            return Err(StorageError::Conflict(format!("the task is over: {}", old.state.as_str())));
        }
        let now = clock::now(&tx).await?;
        let (queued, sends) = (old.state == TaskState::Queued, old.kind == webhooks::SEND);
        if sends {
            // Else the next attempt would be another task.
            webhooks::call_off(&tx, &old.payload, now).await?;
        }
        let mut row: tasks::ActiveModel = old.into();
        if queued || sends {
            // A replay need not wait for this one's end.
            row.unique_key = Set(None);
        }
        if queued {
            row.state = Set(TaskState::Cancelled);
            row.finished_at = Set(Some(now));
        } else {
            row.cancel_requested = Set(true);
        }
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        let what = if queued { "task.cancelled" } else { "task.cancel_requested" };
        self.log(&tx, &row, what, actor).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// A dead letter, or one that was cancelled, waits again and has all its attempts before it.
    pub async fn retry(&self, id: Uuid, actor: &Actor) -> Result<tasks::Model, StorageError> {
        let tx = self.0.write().await?;
        let old = self.locked(&tx, id).await?;
        if !matches!(old.state, TaskState::Failed | TaskState::Cancelled) {
            let state = old.state.as_str();
            return Err(StorageError::Conflict(format!(
                "only a failed or cancelled task is tried again: it is {state}"
            )));
        }
        if old.kind == webhooks::SEND && old.state == TaskState::Cancelled {
            return Err(StorageError::Conflict(
                "its delivery was given up with it: replay that one (POST /api/webhooks/{id}/deliveries/{delivery_id}/replay)"
                    .to_owned(),
            ));
        }
        self.0.admit_work(&tx, actor).await?;
        let now = clock::now(&tx).await?;
        let place = rank(now, old.priority);
        let mut row: tasks::ActiveModel = old.into();
        row.state = Set(TaskState::Queued);
        row.attempts = Set(0);
        row.orphaned = Set(0);
        row.cancel_requested = Set(false);
        row.progress = Set(0.0);
        row.run_at = Set(now);
        row.rank = Set(place);
        row.finished_at = Set(None);
        row.requested_by = Set(Some(actor.to_string()));
        row.updated_at = Set(now);
        let row = row.update(&tx).await?;
        self.log(&tx, &row, "task.retried", actor).await?;
        tx.commit().await?;
        self.0.notifier.notify((&row).into());
        Ok(row)
    }

    async fn locked(&self, tx: &DatabaseTransaction, id: Uuid) -> Result<tasks::Model, StorageError> {
        tasks::Entity::find_by_id(id)
            .filter(Column::WorkspaceId.eq(self.0.workspace))
            .lock_exclusive()
            .one(tx)
            .await?
            .ok_or(StorageError::NotFound("task"))
    }

    async fn log(
        &self,
        tx: &DatabaseTransaction,
        row: &tasks::Model,
        what: &'static str,
        actor: &Actor,
    ) -> Result<(), StorageError> {
        let told = json!({ "queue": row.queue, "kind": row.kind });
        self.0.audit().record(tx, actor, Change::new("task", row.id, what).with(told)).await
    }
}
