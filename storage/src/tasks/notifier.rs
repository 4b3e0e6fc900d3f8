//! What tells the workers of this process that a task has been written down.
//!
//! Owns: the wake-up, and which tasks it is about. It may notify before the transaction is committed, and a process that dies
//! takes it along: it saves time and is never what a task depends on. Never does: read or write rows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

/// More are not kept: whoever listens looks at the table anyway.
const MOST: usize = 1024;

/// A task that has been, or is about to be, written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTask {
    pub id: Uuid,
    pub kind: String,
    pub run_at: DateTime<Utc>,
    pub rank: DateTime<Utc>,
}

#[derive(Debug, Clone, Default)]
pub struct Notifier(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    due: Mutex<Vec<DueTask>>,
    wake: Notify,
}

impl Notifier {
    pub(super) fn notify(&self, task: DueTask) {
        let mut due = self.0.due.lock();
        if due.len() < MOST {
            due.push(task);
        }
        drop(due);
        self.0.wake.notify_one();
    }

    /// Returns at the next notification; at once if there was one since the last return.
    pub async fn notified(&self) {
        self.0.wake.notified().await;
    }

    /// The tasks it was notified of since the last call.
    pub fn take(&self) -> Vec<DueTask> {
        std::mem::take(&mut self.0.due.lock())
    }
}
