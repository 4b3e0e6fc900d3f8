//! The only writer of the event log.
//!
//! - `queue`: what waits, and what is tried next
//! - `writer`: the supervised loop that writes it
//!
//! Owns: the order of events, group commit (everything that waits during a commit goes into the
//! next one), retries while the database is unavailable, and the spool, which keeps waiting events
//! if the process dies. The queue is shared between the handles and the writer, so a writer that
//! panics or freezes loses nothing, and the next one continues. Never does: inspect events, or
//! acknowledge what is not committed.

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
    /// The database has been unavailable for so long that the queue is full.
    #[error("too many events wait for the database")]
    Full,
    /// The log refuses these events permanently, because of a gap, a different event with the same
    /// number, or an erased person.
    #[error(transparent)]
    Refused(Arc<StorageError>),
    /// Another engine has taken the call since then. The events are kept beside the log.
    #[error("another engine has taken the call")]
    TakenOver,
    /// The database accepted the events of other interviews but not these, so they were set aside.
    #[error("the database does not accept these events: {0}")]
    SetAside(String),
}

/// A request to delete what is stored of these interviews outside of the log, as soon as nothing
/// waits for them.
struct Forget {
    interviews: Vec<Uuid>,
    /// Receives the number of refused events that were deleted.
    reply: oneshot::Sender<u64>,
}

/// Events that have just been committed. All subscribers receive them in the order of the log.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Committed {
    pub interview_id: Uuid,
    /// The new records in the log, without gaps. Never empty. After an attempt without an answer,
    /// some of them may have been sent before.
    pub records: Arc<[EventRecord]>,
}

/// A handle to the writer of the event log. Cloning it is cheap.
#[derive(Clone)]
pub struct Persistence {
    shared: Arc<Shared>,
}

/// The state that handles and writers share.
struct Shared {
    storage: Storage,
    metrics: Arc<Metrics>,
    incidents: Incidents,
    leases: Leases,
    patience: Patience,
    spool: Spool,
    queue: Mutex<Queue>,
    subscribers: Mutex<Vec<Recipient<Committed>>>,
    /// Signals that there is something for the writer to do.
    changed: Notify,
}

impl Persistence {
    /// Starts the writer. Events that an earlier process left in the spool are appended first.
    ///
    /// # Errors
    /// The error of the operating system if a thread cannot be started.
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

    /// Appends events of one interview in their order, after everything that was passed on before.
    /// `fence` is the number under which this engine holds the call. There is none while no call is
    /// live.
    ///
    /// The reply comes after the commit. A dropped sender means that the engine has stopped and the
    /// outcome is unknown.
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

    /// Resolves when everything that was passed on before has been committed or refused.
    pub fn flush(&self) -> oneshot::Receiver<()> {
        self.flush_of(None)
    }

    /// Resolves when everything of this interview that was passed on before has been committed or
    /// refused.
    pub fn flush_interview(&self, interview_id: Uuid) -> oneshot::Receiver<()> {
        self.flush_of(Some(interview_id))
    }

    fn flush_of(&self, interview_id: Option<Uuid>) -> oneshot::Receiver<()> {
        let (reply, flushed) = oneshot::channel();
        self.shared.queue.lock().flush(interview_id, reply);
        flushed
    }

    /// Returns true if some event of this interview is not in the log yet.
    pub fn has_waiting(&self, interview_id: Uuid) -> bool {
        !self.shared.queue.lock().is_done(Some(interview_id))
    }

    /// Deletes what is stored of these interviews outside of the log. Resolves to the number of
    /// refused events that were deleted.
    pub fn forget(&self, interviews: &[Uuid]) -> oneshot::Receiver<u64> {
        let (reply, forgotten) = oneshot::channel();
        self.shared.queue.lock().forget(Forget { interviews: interviews.to_vec(), reply });
        self.shared.changed.notify_one();
        forgotten
    }

    /// Sends the subscriber everything that is committed from now on. The writer does not wait for
    /// subscribers. What a subscriber has not processed waits in its mailbox, and earlier events
    /// are in the log.
    pub fn subscribe(&self, subscriber: Recipient<Committed>) {
        self.shared.subscribers.lock().push(subscriber);
    }
}
