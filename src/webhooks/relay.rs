//! Takes what is due and hands it over, again and again.
//!
//! Owns: the rhythm, how many are under way at once, and that what came to its end long ago is forgotten. Never does: depend
//! on being told: the table is looked at twice a second in any case.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::delivery::Courier;
use crate::storage::{Storage, StorageError};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;

const LOOK: Duration = Duration::from_millis(500);
const FORGET: Duration = Duration::from_secs(3_600);

pub struct Relay {
    courier: Arc<Courier>,
    storage: Storage,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
}

impl Relay {
    pub fn new(courier: Courier, storage: Storage, metrics: Arc<Metrics>, stopping: CancellationToken) -> Self {
        Self { courier: Arc::new(courier), storage, metrics, stopping }
    }

    /// Until it is told to stop; then what is under way may come to its end.
    pub async fn run(self) {
        let mut under_way = JoinSet::new();
        let mut forgotten = None::<Instant>;
        let mut away = false;
        while !self.stopping.is_cancelled() {
            match self.take(&mut under_way).await {
                Ok(()) => away = false,
                Err(error) => {
                    // Once for each time that it is away.
                    if !away {
                        self.metrics.count_failure(Failure::Webhooks);
                        tracing::error!(%error, "webhooks can't be delivered");
                    }
                    away = true;
                }
            }
            if !away && forgotten.is_none_or(|last| last.elapsed() >= FORGET) {
                forgotten = Some(Instant::now());
                let before = Utc::now() - self.courier.settings().kept;
                if let Err(error) = self.storage.forget_deliveries(before).await {
                    tracing::warn!(%error, "old deliveries can't be removed");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                // One that has ended makes room for the next.
                Some(_) = under_way.join_next(), if !under_way.is_empty() => {}
                () = self.stopping.cancelled() => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn take(&self, under_way: &mut JoinSet<()>) -> Result<(), StorageError> {
        if !self.storage.reach().is_there() {
            return Err(StorageError::Away);
        }
        let now = Utc::now();
        if self.courier.settings().bounds.all == 0 {
            return Ok(());
        }
        self.metrics.webhook_deliveries_pending.set(self.storage.pending_deliveries().await? as i64);
        if !self.storage.deliveries_due(now).await? {
            return Ok(());
        }
        let until = now + self.courier.lease();
        for due in self.storage.take_deliveries(now, until, self.courier.settings().bounds).await? {
            let courier = Arc::clone(&self.courier);
            under_way.spawn(async move {
                if let Err(error) = courier.deliver(due).await {
                    tracing::warn!(%error, delivery = %due.id, "a delivery could not be written down; it is made again");
                }
            });
        }
        Ok(())
    }
}
