//! Background tasks as rows: the table is the truth, whatever wakes the workers.
//!
//! Owns: a task's states and every step between them; each step is one statement or one transaction, so a process may die
//! between any two. [`enqueue`](Tasks::enqueue) stands here, what operators do in `operator.rs`, what workers do in `work.rs`,
//! what is told about the queues in `census.rs`. Every time in the table is one of the database's clock, and whoever passes
//! the present to one of these functions has read it there ([`Storage::now`]). Never does: carry a task out, know what a kind
//! means.

pub(crate) mod notifier;
mod census;
mod operator;
mod work;

use chrono::{DateTime, Duration, Utc};
use entity::{Queue, TaskState, tasks};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::clock;
use super::edit::Actor;
use super::error::StorageError;
use super::store::Storage;

pub use census::QueueCount;
pub use notifier::{DueTask, Notifier};
pub use operator::TaskFilter;
pub use work::{Ending, Lease, Wanted};

/// After so many attempts a task is a dead letter, unless it says otherwise.
pub const ATTEMPTS: i32 = 5;

/// When a task may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Now,
    /// So long after it was written down.
    After(Duration),
    /// A time of the calendar.
    At(DateTime<Utc>),
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct NewTask {
    pub queue: Queue,
    /// The handler's name.
    pub kind: &'static str,
    /// Ids and numbers: nothing that somebody said or is called.
    pub payload: Value,
    /// The interview that it is about: the task goes when that interview's personal data is erased.
    pub interview_id: Option<Uuid>,
    /// Not before.
    pub due: Due,
    /// Minutes of head start over others of the queue.
    pub priority: i16,
    pub max_attempts: i32,
    /// While one with this key waits or runs, no second one is made.
    pub unique_key: Option<String>,
    /// The caller who asked for it. None for what the engine queues by itself, which no quota counts.
    pub requested_by: Option<String>,
}

impl NewTask {
    /// To be done now, in at most [`ATTEMPTS`] attempts.
    pub fn new(queue: Queue, kind: &'static str, payload: Value) -> Self {
        Self {
            queue,
            kind,
            payload,
            interview_id: None,
            due: Due::Now,
            priority: 0,
            max_attempts: ATTEMPTS,
            unique_key: None,
            requested_by: None,
        }
    }
}

/// The tasks of a workspace; what workers call sees all workspaces.
pub struct Tasks<'a>(pub(super) &'a Storage);

impl Tasks<'_> {
    /// Writes it down, in the transaction of what calls for it: either both are there or neither. Workers of this process
    /// learn of it as soon as that is committed, others within a second.
    ///
    /// The id is that of the task, or of the one with the same `unique_key` that is still to be done.
    pub async fn enqueue(&self, db: &impl ConnectionTrait, new: NewTask) -> Result<Uuid, StorageError> {
        let now = clock::now(db).await?;
        let run_at = match new.due {
            Due::Now => now,
            Due::After(time) => now + time,
            Due::At(time) => time,
        };
        // The one with the key may come to its end between the two statements.
        for _ in 0..3 {
            let id = Uuid::now_v7();
            let once = [tasks::Column::WorkspaceId, tasks::Column::Kind, tasks::Column::UniqueKey];
            let inserted = tasks::Entity::insert(self.row(id, &new, run_at, now))
                .on_conflict(OnConflict::columns(once).do_nothing().to_owned())
                .exec_without_returning(db)
                .await?;
            if inserted > 0 {
                self.0.notifier.notify(DueTask {
                    id,
                    kind: new.kind.to_owned(),
                    run_at,
                    rank: rank(run_at, new.priority),
                });
                return Ok(id);
            }
            let key = new.unique_key.as_deref().unwrap_or_default();
            if let Some(row) = self.with_key(db, new.kind, key).await? {
                return Ok(row.id);
            }
        }
        Err(StorageError::Conflict("the task with this key has just ended: ask again".to_owned()))
    }

    /// Writes down a task that a caller asks for, within the quotas of callers and workspaces.
    ///
    /// # Errors
    /// [`StorageError::TooMuchOpen`] when the caller or the workspace has as much open as it may.
    pub async fn request(&self, new: NewTask, actor: &Actor) -> Result<Uuid, StorageError> {
        let tx = self.0.write().await?;
        self.0.admit_work(&tx, actor).await?;
        let new = NewTask { requested_by: Some(actor.to_string()), ..new };
        let id = self.enqueue(&tx, new).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Whether the caller may ask for one more.
    ///
    /// # Errors
    /// [`StorageError::TooMuchOpen`] when the caller or the workspace has as much open as it may.
    pub async fn check_room(&self, actor: &Actor) -> Result<(), StorageError> {
        let tx = self.0.write().await?;
        self.0.admit_work(&tx, actor).await?;
        Ok(tx.commit().await?)
    }

    /// Has a queued one with this key run at `at` if it was to run later; nothing when there is none.
    pub async fn hasten(
        &self,
        db: &impl ConnectionTrait,
        kind: &str,
        key: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let Some(row) = self.with_key(db, kind, key).await? else { return Ok(()) };
        let changed = tasks::Entity::update_many()
            .col_expr(tasks::Column::RunAt, Expr::value(at))
            .col_expr(tasks::Column::Rank, Expr::value(rank(at, row.priority)))
            .col_expr(tasks::Column::UpdatedAt, Expr::value(clock::now(db).await?))
            .filter(tasks::Column::Id.eq(row.id))
            .filter(tasks::Column::State.eq(TaskState::Queued))
            .filter(tasks::Column::RunAt.gt(at))
            .exec(db)
            .await?;
        if changed.rows_affected > 0 {
            self.0.notifier.notify(DueTask { id: row.id, kind: row.kind, run_at: at, rank: rank(at, row.priority) });
        }
        Ok(())
    }

    /// The one with this key that is still to be done.
    pub async fn with_key(
        &self,
        db: &impl ConnectionTrait,
        kind: &str,
        key: &str,
    ) -> Result<Option<tasks::Model>, StorageError> {
        Ok(tasks::Entity::find()
            .filter(tasks::Column::WorkspaceId.eq(self.0.workspace))
            .filter(tasks::Column::Kind.eq(kind))
            .filter(tasks::Column::UniqueKey.eq(key))
            .one(db)
            .await?)
    }

    fn row(&self, id: Uuid, new: &NewTask, run_at: DateTime<Utc>, now: DateTime<Utc>) -> tasks::ActiveModel {
        tasks::ActiveModel {
            id: Set(id),
            workspace_id: Set(self.0.workspace),
            queue: Set(new.queue),
            kind: Set(new.kind.to_owned()),
            payload: Set(new.payload.clone()),
            interview_id: Set(new.interview_id),
            state: Set(TaskState::Queued),
            priority: Set(new.priority),
            attempts: Set(0),
            max_attempts: Set(new.max_attempts.max(1)),
            orphaned: Set(0),
            run_at: Set(run_at),
            rank: Set(rank(run_at, new.priority)),
            lease_owner: Set(None),
            lease_until: Set(None),
            cancel_requested: Set(false),
            progress: Set(0.0),
            result: Set(None),
            error: Set(None),
            unique_key: Set(new.unique_key.clone()),
            requested_by: Set(new.requested_by.clone()),
            finished_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        }
    }
}

impl From<&tasks::Model> for DueTask {
    fn from(row: &tasks::Model) -> Self {
        Self { id: row.id, kind: row.kind.clone(), run_at: row.run_at, rank: row.rank }
    }
}

/// Where a task stands in its queue.
fn rank(run_at: DateTime<Utc>, priority: i16) -> DateTime<Utc> {
    run_at - Duration::minutes(priority.into())
}
