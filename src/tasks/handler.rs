//! What somebody writes who has work to be done in the background.
//!
//! Owns: the trait, what an attempt is given, how it may fail. Never does: run anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use entity::Queue;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::backoff::Backoff;
use storage::{Storage, StorageError};

/// Carries out tasks of one kind.
///
/// A task is carried out **at least** once: a process may die between the work and the note that it is done. So what a handler
/// does twice must come to the same as doing it once.
#[async_trait]
pub trait Handler: Send + Sync {
    /// As it stands in the table.
    fn kind(&self) -> &'static str;

    fn queue(&self) -> Queue;

    /// The longest that one attempt may take; then it is dropped, and tried again.
    fn limit(&self) -> Duration {
        Duration::from_mins(1)
    }

    /// When it is tried again after a failure that names no time.
    fn backoff(&self) -> Backoff {
        Backoff::default()
    }

    /// One attempt. It may be dropped at any await: at its limit, and ten seconds after it was asked to stop. Work that takes
    /// the processor belongs on `spawn_blocking`.
    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure>;
}

/// What an attempt is given.
#[derive(Debug, Clone)]
pub struct Context {
    pub workspace: Uuid,
    pub task_id: Uuid,
    /// The interview that the task is about.
    pub interview_id: Option<Uuid>,
    /// 1 for the first one.
    pub attempt: u32,
    /// The workspace's store, as the engine itself.
    pub storage: Storage,
    /// When the task was claimed, by the database's clock.
    pub now: DateTime<Utc>,
    pub(super) progress: Progress,
    pub(super) cancelled: CancellationToken,
}

impl Context {
    /// How far it has come, 0 to 1; shown within a second.
    pub fn progress(&self, share: f32) {
        self.progress.set(share);
    }

    /// Fires when somebody cancels the task, when the process stops, and when another worker has the task. Whoever looks
    /// ends soon, with whatever result: a cancelled task is cancelled, and one that was not is begun anew elsewhere.
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }
}

/// Why an attempt came to nothing. Reasons are shown to operators: no names, no words of respondents, no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Another attempt may succeed: `after` so long, or when the handler's [`Backoff`] says.
    Retry { reason: String, after: Option<Duration> },
    /// No attempt will.
    Permanent(String),
    /// Nothing is wrong: the same task goes on at this time, and this does not count as an attempt.
    Later { at: DateTime<Utc> },
}

impl Failure {
    /// Any error, or words.
    #[allow(clippy::needless_pass_by_value)]
    pub fn retry(reason: impl ToString) -> Self {
        Self::Retry { reason: reason.to_string(), after: None }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        if error.is_permanent() { Self::Permanent(error.to_string()) } else { Self::retry(error) }
    }
}

/// Thousandths, shared between an attempt and who writes them down.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<AtomicU32>);

impl Progress {
    fn set(&self, share: f32) {
        self.0.store((share.clamp(0.0, 1.0) * 1000.0) as u32, Ordering::Relaxed);
    }

    pub(super) fn thousandths(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
