//! Appointments: the task that each scheduled interview has until the respondent joins or the grace
//! period ends.
//!
//! Shortly before the scheduled time, the interview is prepared. The clips that it will need are
//! synthesized again, because they may have been made on another engine or have been removed since.
//! Respondents who are called by phone are called here, once there are phones. If nobody has joined
//! at the end of the grace period, the interview ends as `no_show`. Owns: these two moments. Never
//! does: admit a respondent. Joining compares the time itself, so a delayed queue keeps nobody out.

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

/// The task runs again after this time if a respondent is joining at that moment.
const AGAIN: chrono::Duration = chrono::Duration::seconds(15);

/// What appointments need from live calls.
#[async_trait]
pub trait LiveCalls: Send + Sync {
    /// Returns true if a respondent is connected or joining, on any engine. The call then owns the
    /// interview's log.
    async fn is_busy(&self, interview: Uuid) -> bool;
    /// Prepares what the interview will say.
    fn prepare(&self, interview: Uuid);
}

/// Prepares interviews, and ends those that were missed.
pub struct Appointments {
    metrics: Arc<Metrics>,
    calls: Arc<dyn LiveCalls>,
}

impl Appointments {
    pub fn new(metrics: Arc<Metrics>, calls: Arc<dyn LiveCalls>) -> Self {
        Self { metrics, calls }
    }

    /// Does what is due at `now`. Returns the outcome if there is nothing more to wait for.
    pub async fn conduct(&self, storage: &Storage, id: Uuid, now: DateTime<Utc>) -> Result<Value, Failure> {
        let row = match storage.interviews().get(id).await {
            Err(StorageError::NotFound(_)) => return Ok(json!({ "outcome": "gone" })),
            found => found?,
        };
        // The respondent has joined, or the interview was ended. The appointment is over.
        if row.status != Status::Scheduled {
            return Ok(json!({ "outcome": row.status }));
        }
        // The respondent has postponed the interview, so nobody is waited for.
        if row.no_show_at.is_none() {
            return Ok(json!({ "outcome": row.status }));
        }
        if let Some(ready_at) = row.scheduled_at.map(|at| at - READY_BEFORE).filter(|at| now < *at) {
            return Err(Failure::Later { at: ready_at });
        }
        if let Some(waits_until) = row.no_show_at.filter(|at| now < *at) {
            self.calls.prepare(id);
            return Err(Failure::Later { at: waits_until });
        }
        if self.calls.is_busy(id).await {
            return Err(Failure::Later { at: now + AGAIN });
        }
        // If the interview was cancelled or joined in the meantime, that is not changed.
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
        let id = context.interview_id.ok_or_else(|| Failure::Permanent("the task names no interview".to_owned()))?;
        self.conduct(&context.storage, id, context.now).await
    }
}
