//! What the parts of a worker share: the tasks under way, and the word that they are to stop.
//!
//! Owns: the list of tasks under way, and why each was told to stop. Never does: take, end or look
//! after one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entity::Queue;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::handler::{Handler, Progress};
use super::redis_queue::RedisQueue;
use super::share::Places;
use crate::telemetry::Metrics;
use storage::Storage;
use storage::tasks::Lease;

/// How the workers of a process behave.
#[derive(Debug, Clone)]
pub struct Options {
    pub places: Places,
    /// So long after its last sign of life a worker is believed dead. It gives one every third of
    /// that.
    pub lease: Duration,
    /// How long tasks are kept that ended well; dead letters stay four times as long.
    pub kept: Duration,
}

/// A task under way.
pub(super) struct Active {
    pub queue: Queue,
    pub lease: Lease,
    pub progress: Progress,
    /// What of it has been written down, in thousandths.
    pub noted: u32,
    pub cancelled: CancellationToken,
    pub why: Option<Why>,
    /// Ends with us.
    pub _work: AbortOnDropHandle<()>,
}

/// Why a task is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody cancelled it.
    Asked,
    /// The process stops.
    Stopping,
    /// Another worker has it.
    Lost,
}

pub(super) struct Inner {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    pub options: Options,
    /// Where there is a Redis.
    pub redis_queue: Option<RedisQueue>,
    /// By the name of their kind.
    pub handlers: HashMap<&'static str, Arc<dyn Handler>>,
    /// What of each queue we can do.
    pub kinds: [Vec<&'static str>; 3],
    /// Of the leases.
    pub owner: String,
    pub active: Mutex<HashMap<Uuid, Active>>,
    /// A task has ended.
    pub ended: Notify,
    pub stopping: CancellationToken,
    /// Nothing is taken any more.
    pub stopped: CancellationToken,
}

impl Inner {
    /// Tells a task to stop; the first reason stands.
    pub(super) fn cancel(&self, task: Uuid, why: Why) {
        if let Some(active) = self.active.lock().get_mut(&task) {
            active.why.get_or_insert(why);
            active.cancelled.cancel();
        }
    }

    pub(super) fn cancel_all(&self, why: Why) {
        let tasks: Vec<Uuid> = self.active.lock().keys().copied().collect();
        for task in tasks {
            self.cancel(task, why);
        }
    }

    /// How many are under way of each queue.
    pub(super) fn running(&self) -> [usize; 3] {
        let mut running = [0; 3];
        self.active.lock().values().for_each(|active| running[active.queue as usize] += 1);
        running
    }

    /// Returns when none is under way.
    pub(super) async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            if self.active.lock().is_empty() {
                return;
            }
            ended.await;
        }
    }
}
