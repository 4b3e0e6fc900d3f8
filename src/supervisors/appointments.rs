//! Interviews that nobody came to.
//!
//! Owns: ending, as `no_show`, interviews whose grace period is over. What is due stands in the database, so a restart loses
//! nothing. Never does: open a room: that needs no one, since joining compares the time itself. The queue of tasks is to take
//! this over; [`Appointments::tick`] is all that it needs.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::storage::{Storage, StorageError};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;

/// How often it is looked; grace periods count in minutes.
const EVERY: Duration = Duration::from_secs(15);
/// Interviews ended in one go: others wait for the next look, so that a long list never blocks the database.
const BATCH: u64 = 100;

/// Ends what was missed.
pub struct Appointments {
    storage: Storage,
    metrics: Arc<Metrics>,
    /// Whether somebody is on the line or joining right now: then it is the call that owns the interview's log.
    busy: Box<dyn Fn(Uuid) -> bool + Send + Sync>,
}

impl Appointments {
    pub fn new(storage: Storage, metrics: Arc<Metrics>, busy: impl Fn(Uuid) -> bool + Send + Sync + 'static) -> Self {
        Self { storage, metrics, busy: Box::new(busy) }
    }

    /// Looks from time to time until the process ends.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.tick(Utc::now()).await {
                self.metrics.count_failure(Failure::NoShow);
                tracing::error!(%error, "missed interviews can't be looked for");
            }
        }
    }

    /// Ends what is overdue at `now`, in every workspace; returns how many.
    pub async fn tick(&self, now: DateTime<Utc>) -> Result<usize, StorageError> {
        let mut ended = 0;
        for overdue in self.storage.overdue(now, BATCH).await? {
            if (self.busy)(overdue.id) {
                continue;
            }
            // Somebody may have cancelled or joined meanwhile: that stands.
            if self.storage.of(overdue.workspace_id).interviews().miss(overdue.id, now).await? {
                let guide = overdue.call_guide_id.to_string();
                self.metrics.interviews_total.with_label_values(&["no_show", &guide]).inc();
                ended += 1;
            }
        }
        Ok(ended)
    }
}
