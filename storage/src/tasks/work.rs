//! What workers do with tasks: take them, keep hold of them, let go of them.
//!
//! A task is held by a lease: a name and a time that is put off again and again while the worker lives. Every step names the
//! holder and the attempt, so one that was believed dead can't end what another has taken over. All workspaces.

use chrono::{DateTime, Duration, Utc};
use entity::{Queue, TaskState, tasks};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockBehavior, LockType, Order, Query, UpdateStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::{Tasks, rank};
use crate::error::StorageError;
use tasks::Column;

/// A task whose worker died so often is what kills them.
const MOST_ORPHANED: i32 = 10;

/// Which tasks a worker takes.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub queue: Queue,
    /// Those that the worker can do.
    pub kinds: &'a [&'a str],
    /// Only these; any when missing.
    pub ids: Option<&'a [Uuid]>,
    pub limit: u64,
}

/// The hold on a task that is being worked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub task: Uuid,
    pub owner: String,
    pub attempt: i32,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    Completed(Value),
    /// Another attempt at `at`, because of this.
    Retry {
        reason: String,
        at: DateTime<Utc>,
    },
    /// Nothing is wrong: it goes on at `at`, and this was no attempt.
    Later {
        at: DateTime<Utc>,
    },
    /// A dead letter.
    Failed {
        reason: String,
    },
    Cancelled,
}

impl Tasks<'_> {
    /// Takes what is due, the first in its queue first, until `lease` from now. No two workers get the same one.
    pub async fn claim(
        &self,
        wanted: &Wanted<'_>,
        owner: &str,
        now: DateTime<Utc>,
        lease: Duration,
    ) -> Result<Vec<tasks::Model>, StorageError> {
        let mut due = Query::select()
            .column(Column::Id)
            .from(tasks::Entity)
            .and_where(Column::State.eq(TaskState::Queued))
            .and_where(Column::Queue.eq(wanted.queue))
            // Never after `run_at`, and what the index is sorted by.
            .and_where(Column::Rank.lte(now))
            .and_where(Column::RunAt.lte(now))
            .and_where(Column::Kind.is_in(wanted.kinds.iter().copied()))
            .order_by(Column::Rank, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(wanted.limit)
            // On SQLite there is one writer anyway.
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .to_owned();
        if let Some(ids) = wanted.ids {
            due.and_where(Column::Id.is_in(ids.iter().copied()));
        }
        // Most looks find nothing, and on SQLite a transaction that may write takes the one lock there is.
        if self.0.db.query_one(&due).await?.is_none() {
            return Ok(Vec::new());
        }
        // Chosen by a statement of its own: as a part of the update PostgreSQL may evaluate it for each row, and so take more
        // than were wanted.
        let tx = self.0.write().await?;
        let chosen = tx.query_all(&due).await?;
        let chosen: Vec<Uuid> = chosen.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let mut update = changing(now);
        update
            .value(Column::State, TaskState::Running.as_str())
            .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .value(Column::LeaseOwner, owner)
            .value(Column::LeaseUntil, now + lease)
            .and_where(Column::Id.is_in(chosen));
        let mut rows = returning(&tx, update).await?;
        tx.commit().await?;
        rows.sort_by_key(|row| (row.rank, row.id));
        Ok(rows)
    }

    /// Puts off the end of every lease that the worker has; returns what it still holds, and whether that is to stop.
    pub async fn keep(&self, owner: &str, until: DateTime<Utc>) -> Result<Vec<(Lease, bool)>, StorageError> {
        let mut update = Query::update().table(tasks::Entity).to_owned();
        update
            .value(Column::LeaseUntil, until)
            .and_where(Column::LeaseOwner.eq(owner))
            .and_where(Column::State.eq(TaskState::Running));
        Ok(returning(&self.0.db, update).await?.into_iter().map(told).collect())
    }

    /// The same without putting off anything.
    pub async fn held(&self, owner: &str) -> Result<Vec<(Lease, bool)>, StorageError> {
        let rows = tasks::Entity::find()
            .filter(Column::LeaseOwner.eq(owner))
            .filter(Column::State.eq(TaskState::Running))
            .all(&self.0.db)
            .await?;
        Ok(rows.into_iter().map(told).collect())
    }

    /// How far it has come, 0 to 1.
    pub async fn note_progress(&self, lease: &Lease, progress: f64) -> Result<(), StorageError> {
        let mut update = changing(self.0.now().await?);
        update.value(Column::Progress, progress.clamp(0.0, 1.0)).cond_where(holds(lease));
        self.0.db.execute(&update).await?;
        Ok(())
    }

    /// Ends an attempt; false when the task was taken away meanwhile. What was to stop does not go on.
    pub async fn settle(&self, lease: &Lease, ending: &Ending, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let goes_on = matches!(ending, Ending::Retry { .. } | Ending::Later { .. });
        let mut update = freed(now);
        update.cond_where(holds(lease));
        match ending {
            Ending::Completed(result) => {
                over(&mut update, TaskState::Completed, now);
                update.value(Column::Progress, 1.0).value(Column::Result, result.clone());
                update.value(Column::Error, Option::<String>::None);
            }
            Ending::Retry { reason, at } => {
                update.value(Column::State, TaskState::Queued.as_str()).value(Column::Error, reason.as_str());
                put_off(&mut update, *at);
            }
            Ending::Later { at } => {
                update.value(Column::State, TaskState::Queued.as_str());
                update.value(Column::Attempts, Expr::col(Column::Attempts).sub(1));
                put_off(&mut update, *at);
            }
            Ending::Failed { reason } => {
                over(&mut update, TaskState::Failed, now);
                update.value(Column::Error, reason.as_str());
            }
            Ending::Cancelled => over(&mut update, TaskState::Cancelled, now),
        }
        if goes_on {
            update.and_where(Column::CancelRequested.eq(false));
        }
        let rows = returning(&self.0.db, update).await?;
        if let Some(row) = rows.first() {
            if goes_on {
                self.0.notifier.notify(row.into());
            }
            return Ok(true);
        }
        if !goes_on {
            return Ok(false);
        }
        let mut update = freed(now);
        update.cond_where(holds(lease));
        over(&mut update, TaskState::Cancelled, now);
        Ok(!returning(&self.0.db, update).await?.is_empty())
    }

    /// Gives back everything that the worker holds: it stops, and others may go on. This was no attempt.
    pub async fn give_back(&self, owner: &str, now: DateTime<Utc>) -> Result<usize, StorageError> {
        let mut update = freed(now);
        update
            .value(Column::State, TaskState::Queued.as_str())
            .value(Column::Attempts, Expr::col(Column::Attempts).sub(1))
            .and_where(Column::LeaseOwner.eq(owner))
            .and_where(Column::State.eq(TaskState::Running));
        put_off(&mut update, now);
        Ok(returning(&self.0.db, update).await?.len())
    }

    /// Tasks whose worker is believed dead wait again, or are over; returned as they are now.
    pub async fn rescue(&self, now: DateTime<Utc>) -> Result<Vec<tasks::Model>, StorageError> {
        let dead = || {
            Condition::all()
                .add(Column::State.eq(TaskState::Running))
                .add(Condition::any().add(Column::LeaseUntil.lt(now)).add(Column::LeaseUntil.is_null()))
        };
        let mut cancelled = freed(now);
        over(&mut cancelled, TaskState::Cancelled, now);
        cancelled.cond_where(dead()).and_where(Column::CancelRequested.eq(true));
        let mut rows = returning(&self.0.db, cancelled).await?;

        let mut failed = freed(now);
        over(&mut failed, TaskState::Failed, now);
        failed
            .value(Column::Error, format!("the worker's process died in {MOST_ORPHANED} attempts"))
            .value(Column::Orphaned, Expr::col(Column::Orphaned).add(1))
            .cond_where(dead())
            .and_where(Column::Orphaned.gte(MOST_ORPHANED - 1));
        rows.extend(returning(&self.0.db, failed).await?);

        let mut again = freed(now);
        again
            .value(Column::State, TaskState::Queued.as_str())
            .value(Column::Orphaned, Expr::col(Column::Orphaned).add(1))
            .value(Column::Error, "the worker's process died")
            .cond_where(dead());
        rows.extend(returning(&self.0.db, again).await?);
        Ok(rows)
    }

    /// Removes what ended before `before`, dead letters only if that was before `dead_before`; returns how many.
    pub async fn sweep(&self, before: DateTime<Utc>, dead_before: DateTime<Utc>) -> Result<u64, StorageError> {
        let over = Condition::any()
            .add(Column::State.is_in([TaskState::Completed, TaskState::Cancelled]).and(Column::FinishedAt.lt(before)))
            .add(Column::State.eq(TaskState::Failed).and(Column::FinishedAt.lt(dead_before)));
        Ok(tasks::Entity::delete_many().filter(over).exec(&self.0.db).await?.rows_affected)
    }
}

async fn returning(db: &impl ConnectionTrait, mut update: UpdateStatement) -> Result<Vec<tasks::Model>, StorageError> {
    update.returning_all();
    let rows = db.query_all(&update).await?;
    Ok(rows.iter().map(|row| tasks::Model::from_query_result(row, "")).collect::<Result<_, _>>()?)
}

fn told(row: tasks::Model) -> (Lease, bool) {
    let owner = row.lease_owner.unwrap_or_default();
    (Lease { task: row.id, owner, attempt: row.attempts }, row.cancel_requested)
}

fn holds(lease: &Lease) -> Condition {
    Condition::all()
        .add(Column::Id.eq(lease.task))
        .add(Column::State.eq(TaskState::Running))
        .add(Column::LeaseOwner.eq(lease.owner.as_str()))
        .add(Column::Attempts.eq(lease.attempt))
}

fn changing(now: DateTime<Utc>) -> UpdateStatement {
    Query::update().table(tasks::Entity).value(Column::UpdatedAt, now).to_owned()
}

/// Nobody holds it any more.
fn freed(now: DateTime<Utc>) -> UpdateStatement {
    let mut update = changing(now);
    update.value(Column::LeaseOwner, Option::<String>::None).value(Column::LeaseUntil, Option::<DateTime<Utc>>::None);
    update
}

fn over(update: &mut UpdateStatement, state: TaskState, now: DateTime<Utc>) {
    update
        .value(Column::State, state.as_str())
        .value(Column::FinishedAt, now)
        .value(Column::UniqueKey, Option::<String>::None);
}

/// A later attempt has had its head start: it stands where its time is.
fn put_off(update: &mut UpdateStatement, at: DateTime<Utc>) {
    update.value(Column::RunAt, at).value(Column::Rank, rank(at, 0));
}
