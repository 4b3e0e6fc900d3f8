//! Which engine holds an interview's call: a lease for each interview.
//!
//! A lease names an engine, the time at which it expires by the database's clock, and a fencing number that grows each
//! time that the call is taken. Every append of the call's events names the number under which they were made, and one of
//! a number that has been passed is no part of the log. The number changes only while the interview's row is locked, as
//! it is during an append, so of a taking and an append one is always complete before the other begins.
//!
//! Owns: the leases of all workspaces, and what other engines ask of the one that holds a call. Never does: know what is
//! asked, renew a lease by itself.

use chrono::{DateTime, Duration, Utc};
use entity::call_leases::{self, Column};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QuerySelect,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::clock;
use super::error::StorageError;
use super::interviews::rows;
use super::store::Storage;

/// A lease expires so long after it was last renewed.
pub const LASTS: Duration = Duration::seconds(15);
/// More is not kept of what one call is asked: the oldest is dropped.
const MOST_ASKED: usize = 64;

/// An engine that holds a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub engine: String,
    pub fence: i64,
    /// Until the lease expires, if it is not renewed.
    pub left: Duration,
}

/// What came of an attempt to take a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taking {
    /// The call is the engine's, under this fencing number.
    Taken { fence: i64 },
    /// Another engine has it.
    Held(Holder),
}

/// A lease that an engine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLease {
    pub interview_id: Uuid,
    pub fence: i64,
}

/// What the holder of a call was asked, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    pub interview_id: Uuid,
    pub fence: i64,
    pub orders: Vec<Value>,
}

/// The leases of calls.
pub struct Leases<'a>(pub(super) &'a Storage);

impl Leases<'_> {
    /// Takes the call for this engine, unless another one has it. An engine that has it already takes it anew, under a new
    /// number.
    pub async fn take(&self, interview_id: Uuid, engine: &str) -> Result<Taking, StorageError> {
        let tx = self.0.write().await?;
        let interview = rows::locked(&tx, interview_id).await?;
        let found = of(interview_id).lock_exclusive().one(&tx).await?;
        let now = clock::now(&tx).await?;
        if let Some(holder) = found.as_ref().and_then(|lease| holder(lease, now)).filter(|had| had.engine != engine) {
            return Ok(Taking::Held(holder));
        }
        let fence = found.as_ref().map_or(0, |lease| lease.fence) + 1;
        let row = call_leases::ActiveModel {
            id: Set(found.as_ref().map_or_else(Uuid::now_v7, |lease| lease.id)),
            workspace_id: Set(interview.workspace_id),
            interview_id: Set(interview_id),
            engine: Set(Some(engine.to_owned())),
            fence: Set(fence),
            expires_at: Set(Some(now + LASTS)),
            // What was asked was meant for a call that is over.
            asked: Set(json!([])),
            created_at: Set(found.as_ref().map_or(now, |lease| lease.created_at)),
        };
        if found.is_some() {
            row.update(&tx).await?;
        } else {
            row.insert(&tx).await?;
        }
        tx.commit().await?;
        Ok(Taking::Taken { fence })
    }

    /// Renews the leases that the engine has on these calls, in one statement; returns those. One that has expired is
    /// renewed as well, as long as nobody else has taken the call.
    pub async fn renew(&self, engine: &str, interviews: &[Uuid]) -> Result<Vec<OwnLease>, StorageError> {
        let now = clock::now(&self.0.db).await?;
        let mut update = Query::update().table(call_leases::Entity).to_owned();
        update
            .value(Column::ExpiresAt, now + LASTS)
            .and_where(Column::Engine.eq(engine))
            .and_where(Column::InterviewId.is_in(interviews.iter().copied()))
            .returning_all();
        let renewed = self.0.db.query_all(&update).await?;
        let lease = |row| {
            let row = call_leases::Model::from_query_result(row, "")?;
            Ok(OwnLease { interview_id: row.interview_id, fence: row.fence })
        };
        renewed.iter().map(lease).collect()
    }

    /// The engine that holds the call.
    pub async fn holder(&self, interview_id: Uuid) -> Result<Option<Holder>, StorageError> {
        let Some(lease) = of(interview_id).one(&self.0.db).await? else { return Ok(None) };
        Ok(holder(&lease, clock::now(&self.0.db).await?))
    }

    /// Asks something of the engine that holds the call, if that is another one than `asker`; returns its name.
    pub async fn ask(&self, interview_id: Uuid, asker: &str, order: Value) -> Result<Option<String>, StorageError> {
        // Most calls are held by nobody else, and a read takes no lock.
        if self.holder(interview_id).await?.is_none_or(|holder| holder.engine == asker) {
            return Ok(None);
        }
        let tx = self.0.write().await?;
        let Some(lease) = of(interview_id).lock_exclusive().one(&tx).await? else { return Ok(None) };
        let now = clock::now(&tx).await?;
        let Some(holder) = holder(&lease, now).filter(|holder| holder.engine != asker) else { return Ok(None) };
        let mut orders = orders(&lease);
        orders.push(order);
        let kept = orders.split_off(orders.len().saturating_sub(MOST_ASKED));
        let mut row = lease.into_active_model();
        row.asked = Set(Value::Array(kept));
        row.update(&tx).await?;
        tx.commit().await?;
        Ok(Some(holder.engine))
    }

    /// Takes what was asked of this engine about the calls that it holds.
    pub async fn asked(&self, engine: &str) -> Result<Vec<Asked>, StorageError> {
        let asked = call_leases::Entity::find().filter(Column::Engine.eq(engine)).filter(Column::Asked.ne(json!([])));
        let mut taken = Vec::new();
        for row in asked.all(&self.0.db).await? {
            let tx = self.0.write().await?;
            let found = of(row.interview_id).filter(Column::Engine.eq(engine)).lock_exclusive().one(&tx).await?;
            let Some(lease) = found else { continue };
            taken.push(Asked { interview_id: lease.interview_id, fence: lease.fence, orders: orders(&lease) });
            let mut row = lease.into_active_model();
            row.asked = Set(json!([]));
            row.update(&tx).await?;
            tx.commit().await?;
        }
        Ok(taken)
    }

    /// Gives up the call that the engine has under this number: everything of it is in the log.
    pub async fn release(&self, engine: &str, lease: &OwnLease) -> Result<(), StorageError> {
        released()
            .filter(Column::InterviewId.eq(lease.interview_id))
            .filter(Column::Engine.eq(engine))
            .filter(Column::Fence.eq(lease.fence))
            .exec(&self.0.db)
            .await?;
        Ok(())
    }

    /// Gives up all that an earlier process of this engine held, except where events still wait.
    pub async fn release_left(&self, engine: &str, waits: impl Fn(Uuid) -> bool) -> Result<(), StorageError> {
        let left = call_leases::Entity::find().filter(Column::Engine.eq(engine)).all(&self.0.db).await?;
        for lease in left.into_iter().filter(|lease| !waits(lease.interview_id)) {
            self.release(engine, &OwnLease { interview_id: lease.interview_id, fence: lease.fence }).await?;
        }
        Ok(())
    }
}

/// Whether events may be appended: of the call that is on, under its number; or, without a number, while nobody holds the
/// call. In that case the number is passed, so that whoever held the call before appends no more. The interview's row is
/// locked.
pub(super) async fn check(
    tx: &impl ConnectionTrait,
    interview_id: Uuid,
    fence: Option<i64>,
) -> Result<(), StorageError> {
    let found = of(interview_id).one(tx).await?;
    if let Some(fence) = fence {
        let current = found.is_some_and(|lease| lease.fence == fence);
        return if current { Ok(()) } else { Err(StorageError::LeaseLost { interview_id, fence }) };
    }
    let Some(lease) = found else { return Ok(()) };
    if holder(&lease, clock::now(tx).await?).is_some() {
        return Err(StorageError::CallHeld);
    }
    released()
        .col_expr(Column::Fence, Expr::value(lease.fence + 1))
        .filter(Column::InterviewId.eq(interview_id))
        .exec(tx)
        .await?;
    Ok(())
}

fn of(interview_id: Uuid) -> sea_orm::Select<call_leases::Entity> {
    call_leases::Entity::find().filter(Column::InterviewId.eq(interview_id))
}

fn released() -> sea_orm::UpdateMany<call_leases::Entity> {
    call_leases::Entity::update_many()
        .col_expr(Column::Engine, Expr::value(Option::<String>::None))
        .col_expr(Column::ExpiresAt, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::Asked, Expr::value(json!([])))
}

fn holder(lease: &call_leases::Model, now: DateTime<Utc>) -> Option<Holder> {
    let left = lease.expires_at? - now;
    let engine = lease.engine.clone().filter(|_| left > Duration::zero())?;
    Some(Holder { engine, fence: lease.fence, left })
}

fn orders(lease: &call_leases::Model) -> Vec<Value> {
    lease.asked.as_array().cloned().unwrap_or_default()
}
