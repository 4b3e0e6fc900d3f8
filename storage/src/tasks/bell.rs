//! What tells the workers of this process that a task has been written down.
//!
//! Owns: the wake-up, and which tasks it is about. It may ring before the transaction is committed, and a process that dies
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
pub struct Rung {
    pub id: Uuid,
    pub kind: String,
    pub run_at: DateTime<Utc>,
    pub rank: DateTime<Utc>,
}

#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    rung: Mutex<Vec<Rung>>,
    heard: Notify,
}

impl Bell {
    pub(super) fn ring(&self, task: Rung) {
        let mut rung = self.0.rung.lock();
        if rung.len() < MOST {
            rung.push(task);
        }
        drop(rung);
        self.0.heard.notify_one();
    }

    /// Returns at the next ring; at once when it rang since the last return.
    pub async fn rung(&self) {
        self.0.heard.notified().await;
    }

    /// What it rang for since the last time.
    pub fn take(&self) -> Vec<Rung> {
        std::mem::take(&mut self.0.rung.lock())
    }
}
