//! Has what is due delivered, again and again.
//!
//! Owns: the rhythm, and that what came to its end long ago is forgotten. What is taken, within the bounds, becomes a task
//! `send_webhook` in the same transaction. Never does: send, or depend on being told: the table is looked at twice a second
//! in any case.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::DeliverySettings;
use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Storage, StorageError};

const LOOK: Duration = Duration::from_millis(500);
const FORGET: Duration = Duration::from_hours(1);

/// A look takes milliseconds. One that takes this long will not come back.
const PART: Part = Part::new("webhooks").patient(Duration::from_secs(20));

pub struct Relay {
    storage: Storage,
    settings: DeliverySettings,
    metrics: Arc<Metrics>,
    settled: Arc<Notify>,
}

impl Relay {
    /// `settled` tells of deliveries of this process.
    pub fn new(storage: Storage, settings: DeliverySettings, metrics: Arc<Metrics>, settled: Arc<Notify>) -> Self {
        Self { storage, settings, metrics, settled }
    }

    /// Starts the part that looks.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn start(self, stack: &mut Stack) -> io::Result<()> {
        let relay = Arc::new(self);
        let body = move |heartbeat| {
            let relay = Arc::clone(&relay);
            async move { relay.run(&heartbeat).await }
        };
        stack.supervise(PART, looping(PART.name, body))?;
        Ok(())
    }

    async fn run(&self, heartbeat: &Arc<Heartbeat>) {
        let mut forgotten = None::<Instant>;
        let mut away = false;
        loop {
            heartbeat.beat();
            match self.look().await {
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
                if let Err(error) = heartbeat.during(self.forget()).await {
                    tracing::warn!(%error, "old deliveries can't be removed");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.settled.notified(), if !away => {}
            }
        }
    }

    async fn look(&self) -> Result<(), StorageError> {
        if !self.storage.reach().is_there() {
            return Err(StorageError::Away);
        }
        self.metrics.webhook_deliveries_pending.set(self.storage.deliveries().pending().await? as i64);
        if self.settings.bounds.all == 0 || !self.storage.deliveries().any_due().await? {
            return Ok(());
        }
        self.storage.deliveries().take(self.settings.lease(), self.settings.bounds).await?;
        Ok(())
    }

    async fn forget(&self) -> Result<u64, StorageError> {
        let before = self.storage.now().await? - self.settings.kept;
        self.storage.deliveries().forget(before).await
    }
}
