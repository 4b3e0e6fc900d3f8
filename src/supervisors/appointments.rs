//! Appointments: the task that an interview has from its scheduling until somebody comes or is waited for no more.
//!
//! Somewhat before its time the room is made ready: what will be said is made once more (it may have been made on another
//! engine, or have been swept since). Whoever is to be called by phone is called here, once there are phones. When the grace
//! period is over and nobody came, the interview ends as `no_show`. Owns: those two moments. Never does: let anybody in: joining compares the time itself,
//! so a queue that is late keeps nobody out.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::{Queue, Status};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tasks::{Context, Failure, Handler};
use crate::telemetry::Metrics;
use storage::interviews::{CONDUCT, READY_BEFORE};
use storage::{Storage, StorageError};

/// Somebody is joining while we look: so soon it is looked again.
const AGAIN: chrono::Duration = chrono::Duration::seconds(15);

/// What appointments need of live calls.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Whether somebody is on the line or joining right now, on any engine: then it is the call that owns the interview's log.
    async fn is_busy(&self, interview: Uuid) -> bool;
    /// Has what the interview will say made ready.
    fn prepare(&self, interview: Uuid);
}

/// Opens rooms, and ends what was missed.
pub struct Appointments {
    metrics: Arc<Metrics>,
    rooms: Arc<dyn Rooms>,
}

impl Appointments {
    pub fn new(metrics: Arc<Metrics>, rooms: Arc<dyn Rooms>) -> Self {
        Self { metrics, rooms }
    }

    /// What is to be done at `now`; the outcome when there is nothing more to wait for.
    pub async fn conduct(&self, storage: &Storage, id: Uuid, now: DateTime<Utc>) -> Result<Value, Failure> {
        let row = match storage.interviews().get(id).await {
            Err(StorageError::NotFound(_)) => return Ok(json!({ "outcome": "gone" })),
            found => found?,
        };
        // They came, or it was ended: what happens from here on is the call's, or nobody's.
        if row.status != Status::Scheduled {
            return Ok(json!({ "outcome": row.status }));
        }
        // It was put off with the respondent themselves: nobody is waited for.
        if row.no_show_at.is_none() {
            return Ok(json!({ "outcome": row.status }));
        }
        if let Some(ready_at) = row.scheduled_at.map(|at| at - READY_BEFORE).filter(|at| now < *at) {
            return Err(Failure::Later { at: ready_at });
        }
        if let Some(waits_until) = row.no_show_at.filter(|at| now < *at) {
            self.rooms.prepare(id);
            return Err(Failure::Later { at: waits_until });
        }
        if self.rooms.is_busy(id).await {
            return Err(Failure::Later { at: now + AGAIN });
        }
        // Somebody may have cancelled or joined meanwhile: that stands.
        match storage.interviews().miss(id, now).await {
            Ok(true) => {}
            Ok(false) | Err(StorageError::CallHeld) => return Err(Failure::Later { at: now + AGAIN }),
            Err(error) => return Err(error.into()),
        }
        let guide = row.call_guide_id.to_string();
        self.metrics.interviews_total.with_label_values(&["no_show", &guide]).inc();
        Ok(json!({ "outcome": Status::NoShow }))
    }
}

#[async_trait]
impl Handler for Appointments {
    fn kind(&self) -> &'static str {
        CONDUCT
    }

    fn queue(&self) -> Queue {
        Queue::Interviews
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn run(&self, context: &Context, _payload: Value) -> Result<Value, Failure> {
        let id = context.interview_id.ok_or_else(|| Failure::Permanent("it names no interview".to_owned()))?;
        self.conduct(&context.storage, id, context.now).await
    }
}
