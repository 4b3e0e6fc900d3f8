//! The one writer of the event log.
//!
//! - `queue`: what waits, and what is tried next
//! - `writer`: the supervised loop that writes it
//!
//! Owns: the order of events, group commit (whatever waits while a commit runs goes into the next
//! one), retrying while the database is away, the spool that keeps what waits over the death of the
//! process. What waits is shared between the handles and the writer, so a writer that panics or
//! freezes loses nothing: the next one goes on with it. Never does: look into events, acknowledge
//! what is not committed and flushed.

mod queue;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::sync::Arc;

use actix::{Message, Recipient};
use chrono::Utc;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

pub use self::queue::Patience;
use self::queue::Queue;
use super::Incidents;
use super::spool::Spool;
use crate::fleet::Leases;
use crate::supervised::{Part, Stack, looping};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Batch, EventRecord, Storage, StorageError};

const PART: Part = Part::new("persistence").needed();

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The database has been away for so long that no more can be held.
    #[error("too many events wait for the database")]
    Full,
    /// The log refuses these events for good (a gap, another content under the same number, an
    /// erased person).
    #[error(transparent)]
    Refused(Arc<StorageError>),
    /// Another engine has taken the call since. The events are kept beside the log.
    #[error("another engine has taken the call")]
    TakenOver,
    /// The database took other interviews' events meanwhile, and never these: they were set aside.
    #[error("the database does not take these events: {0}")]
    SetAside(String),
}

/// When nothing waits of these interviews, what is kept of them beside the log goes.
struct Forget {
    interviews: Vec<Uuid>,
    /// Told how many events that the log had refused were among it.
    reply: oneshot::Sender<u64>,
}

/// Events that have been committed just now; everybody who has subscribed is told, in the order of
/// the log.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Committed {
    pub interview_id: Uuid,
    /// What is new in the log, without a gap; never empty. After a try that ended without an
    /// answer, some of it may have been told before.
    pub records: Arc<[EventRecord]>,
}

/// A handle on the writer of the event log; cheap to clone.
#[derive(Clone)]
pub struct Persistence {
    shared: Arc<Shared>,
}

/// What handles and writers share.
struct Shared {
    storage: Storage,
    metrics: Arc<Metrics>,
    incidents: Incidents,
    leases: Leases,
    patience: Patience,
    spool: Spool,
    queue: Mutex<Queue>,
    subscribers: Mutex<Vec<Recipient<Committed>>>,
    /// Something has come that the writer should look at.
    changed: Notify,
}

impl Persistence {
    /// Starts the writer. What an earlier process left in the spool is appended first.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn start(
        stack: &mut Stack,
        storage: Storage,
        metrics: Arc<Metrics>,
        incidents: Incidents,
        leases: Leases,
        patience: Patience,
    ) -> io::Result<Self> {
        let spool = Spool::new(storage.data_dir());
        let shared = Arc::new(Shared {
            storage,
            metrics,
            incidents,
            leases,
            patience,
            spool,
            queue: Mutex::new(Queue::new(patience)),
            subscribers: Mutex::default(),
            changed: Notify::new(),
        });
        let for_writer = Arc::clone(&shared);
        let body = move |heartbeat| writer::run(Arc::clone(&for_writer), heartbeat);
        stack.supervise(PART, looping(PART.name, body))?;
        Ok(Self { shared })
    }

    /// Appends these events of one interview, in their order, after everything handed over before. `fence` is the number
    /// under which this engine holds the call; none while no call is on.
    ///
    /// The reply comes after the commit. A dropped sender means that the engine has stopped and
    /// nothing is known.
    pub fn append(
        &self,
        interview_id: Uuid,
        fence: Option<i64>,
        records: Vec<EventRecord>,
    ) -> oneshot::Receiver<Result<(), AppendError>> {
        let (reply, committed) = oneshot::channel();
        let batch = Batch { interview_id, fence, received_at: Utc::now(), records };
        {
            let mut queue = self.shared.queue.lock();
            if !queue.push(batch, reply) {
                self.shared.metrics.count_failure(Failure::Full);
            }
            self.shared.metrics.event_log_waiting.set(queue.records() as f64);
        }
        self.shared.changed.notify_one();
        committed
    }

    /// Answered when everything handed over before has been committed or refused.
    pub fn flush(&self) -> oneshot::Receiver<()> {
        self.flush_of(None)
    }

    /// Answered when everything of this interview that was handed over before has been committed or
    /// refused.
    pub fn flush_interview(&self, interview_id: Uuid) -> oneshot::Receiver<()> {
        self.flush_of(Some(interview_id))
    }

    fn flush_of(&self, interview_id: Option<Uuid>) -> oneshot::Receiver<()> {
        let (reply, flushed) = oneshot::channel();
        self.shared.queue.lock().flush(interview_id, reply);
        flushed
    }

    /// Whether something of this interview is not in the log yet.
    pub fn has_waiting(&self, interview_id: Uuid) -> bool {
        !self.shared.queue.lock().is_done(Some(interview_id))
    }

    /// Answered when nothing of these interviews is kept beside the log any more: how many events
    /// that the log had refused were among it.
    pub fn forget(&self, interviews: &[Uuid]) -> oneshot::Receiver<u64> {
        let (reply, forgotten) = oneshot::channel();
        self.shared.queue.lock().forget(Forget { interviews: interviews.to_vec(), reply });
        self.shared.changed.notify_one();
        forgotten
    }

    /// Tells the subscriber what is committed from now on. The writer waits for nobody: what a
    /// subscriber has not taken yet waits in its mailbox, and what was committed before is in the
    /// log.
    pub fn subscribe(&self, subscriber: Recipient<Committed>) {
        self.shared.subscribers.lock().push(subscriber);
    }
}
