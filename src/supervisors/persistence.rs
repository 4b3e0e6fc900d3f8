//! The one writer of the event log.
//!
//! Owns: the order of events, group commit (whatever waits while a commit runs goes into the next one), retrying while
//! the database is away, the spool that keeps what waits over the death of the process.
//! Never does: look into events, acknowledge what is not committed and flushed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorFutureExt as _, Addr, Arbiter, AsyncContext as _, Context, Handler, Message, Recipient, WrapFuture as _,
};
use chrono::Utc;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::spool::Spool;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::{Appended, Batch, EventRecord, Storage, StorageError};

/// Messages from sessions that may wait at the actor's door; beyond it `Addr::send` waits and `try_send` refuses.
const MAILBOX: usize = 1_024;
/// Records that may wait for the database: hours of a few calls, minutes of many.
const MAX_WAITING: usize = 200_000;
/// Batches in one transaction.
const GROUP: usize = 256;
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// A group takes milliseconds. One that is given up may have been committed nevertheless: what is in the log already is
/// passed over when it is appended again.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The database has been away for so long that no more can be held.
    #[error("too many events wait for the database")]
    Full,
    /// The log refuses these events for good (a gap, another content under the same number, an erased person).
    #[error(transparent)]
    Refused(Arc<StorageError>),
}

/// Append these events of one interview, in their order, after everything sent before.
///
/// The reply comes after the commit; a dropped sender means that nothing is known.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Append {
    pub interview_id: Uuid,
    pub records: Vec<EventRecord>,
    pub reply: oneshot::Sender<Result<(), AppendError>>,
}

/// Answered when everything sent before has been committed or refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Flush(pub oneshot::Sender<()>);

/// Answered like [`Flush`], when nothing of these interviews is kept beside the log any more: how many events that the log
/// had refused were among it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Forget {
    pub interviews: Vec<Uuid>,
    pub reply: oneshot::Sender<u64>,
}

/// Events that have been committed just now; everybody who has subscribed is told, in the order of the log.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Committed {
    pub interview_id: Uuid,
    /// What is new in the log, without a gap; never empty.
    pub records: Arc<[EventRecord]>,
}

/// Be told of what is committed from now on. The writer waits for nobody: what a subscriber has not taken yet waits in its
/// mailbox, and what was committed before is in the log.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Subscribe(pub Recipient<Committed>);

struct Waiting {
    batch: Batch,
    /// None for what comes from the spool.
    reply: Option<oneshot::Sender<Result<(), AppendError>>>,
    spooled: bool,
}

/// The persistence supervisor.
pub struct Persistence {
    storage: Storage,
    metrics: Arc<Metrics>,
    spool: Spool,
    waiting: VecDeque<Waiting>,
    /// Of `waiting` and of the group that is being written.
    records: usize,
    /// A group is being written, or a retry is due.
    busy: bool,
    /// Delay of the next retry; set while the database is away.
    retry: Option<Duration>,
    flushes: Vec<oneshot::Sender<()>>,
    forgets: Vec<Forget>,
    subscribers: Vec<Recipient<Committed>>,
}

type Outcome = Result<Vec<Result<Appended, StorageError>>, StorageError>;

impl Persistence {
    /// Starts the actor on a thread of its own, so that flushing a file never holds up a call. What an earlier process
    /// left in the spool is appended first. Needs a running actix system.
    pub fn start_on_own_thread(storage: Storage, metrics: Arc<Metrics>) -> Addr<Self> {
        Self::start_in_arbiter(&Arbiter::new().handle(), move |_| Self::new(storage, metrics))
    }

    fn new(storage: Storage, metrics: Arc<Metrics>) -> Self {
        let spool = Spool::new(storage.data_dir());
        Self {
            storage,
            metrics,
            spool,
            waiting: VecDeque::new(),
            records: 0,
            busy: false,
            retry: None,
            flushes: Vec::new(),
            forgets: Vec::new(),
            subscribers: Vec::new(),
        }
    }

    fn enqueue(&mut self, waiting: Waiting) {
        self.records += waiting.batch.records.len();
        self.metrics.event_log_waiting.set(self.records as f64);
        self.waiting.push_back(waiting);
    }

    fn write_next(&mut self, ctx: &mut Context<Self>) {
        if self.busy {
            return;
        }
        if self.waiting.is_empty() {
            for flushed in self.flushes.drain(..) {
                let _ = flushed.send(());
            }
            for Forget { interviews, reply } in self.forgets.drain(..) {
                match self.spool.forget(&interviews) {
                    // Whoever asked may have given up.
                    Ok(events) => drop(reply.send(events)),
                    Err(error) => tracing::error!(%error, "refused events can't be forgotten"),
                }
            }
            return;
        }
        self.busy = true;
        // While the database is away one batch is tried at a time: a group that fails says nothing about its members.
        let count = if self.retry.is_some() { 1 } else { GROUP.min(self.waiting.len()) };
        let group: Vec<Waiting> = self.waiting.drain(..count).collect();
        let storage = self.storage.clone();
        let write = async move {
            let outcome = {
                let batches: Vec<&Batch> = group.iter().map(|waiting| &waiting.batch).collect();
                let log = storage.event_log();
                tokio::select! {
                    outcome = log.append_all(&batches) => outcome,
                    () = storage.reach().lost() => Err(StorageError::Away),
                    () = tokio::time::sleep(WRITE_LIMIT) => Err(StorageError::Away),
                }
            };
            (group, outcome)
        };
        ctx.spawn(write.into_actor(self).map(|(group, outcome), actor, ctx| actor.written(group, outcome, ctx)));
    }

    fn written(&mut self, group: Vec<Waiting>, outcome: Outcome, ctx: &mut Context<Self>) {
        match outcome {
            Ok(outcomes) => {
                if self.retry.take().is_some() {
                    tracing::info!(waiting = self.waiting.len(), "the database takes events again");
                }
                for (waiting, outcome) in group.into_iter().zip(outcomes) {
                    self.settle(waiting, outcome);
                }
                self.metrics.event_log_waiting.set(self.records as f64);
                self.clear_spool();
                self.busy = false;
                self.write_next(ctx);
            }
            Err(error) => {
                for waiting in group.into_iter().rev() {
                    self.waiting.push_front(waiting);
                }
                let delay = self.retry.map_or(FIRST_RETRY, |last| (last * 2).min(LAST_RETRY));
                self.retry = Some(delay);
                self.metrics.count_failure(Failure::Append);
                tracing::error!(%error, retry_in_ms = delay.as_millis() as u64, "events can't be appended");
                self.spool_all();
                ctx.run_later(delay, |actor, ctx| {
                    actor.busy = false;
                    actor.write_next(ctx);
                });
            }
        }
    }

    fn settle(&mut self, waiting: Waiting, outcome: Result<Appended, StorageError>) {
        let Waiting { batch, reply, .. } = waiting;
        self.records -= batch.records.len();
        let answer = match outcome {
            Ok(appended) => {
                let lag = (Utc::now() - batch.received_at).num_microseconds().unwrap_or_default().max(0);
                self.metrics.event_log_lag_seconds.observe(lag as f64 / 1e6);
                self.metrics.observe_events(&batch.records, &appended);
                self.publish(&batch, &appended);
                Ok(())
            }
            Err(error) => {
                self.metrics.count_failure(Failure::Refused);
                tracing::error!(interview_id = %batch.interview_id, %error, "the event log refuses events");
                // What an erased person said is nothing to look at.
                let keep = reply.is_none() && !matches!(error, StorageError::Erased);
                if keep && let Err(error) = self.spool.reject(&batch) {
                    tracing::error!(%error, "refused events can't be kept");
                }
                Err(AppendError::Refused(Arc::new(error)))
            }
        };
        if let Some(reply) = reply {
            // A session that is gone needs no answer.
            let _ = reply.send(answer);
        }
    }

    fn publish(&mut self, batch: &Batch, appended: &Appended) {
        self.subscribers.retain(Recipient::connected);
        if appended.fresh == 0 || self.subscribers.is_empty() {
            return;
        }
        let committed = Committed {
            interview_id: batch.interview_id,
            records: batch.records[batch.records.len().saturating_sub(appended.fresh)..].into(),
        };
        for subscriber in &self.subscribers {
            subscriber.do_send(committed.clone());
        }
    }

    /// Everything that waits is on disk after this, or the log says why not.
    fn spool_all(&mut self) {
        let new: Vec<&Batch> = self.waiting.iter().filter(|w| !w.spooled).map(|w| &w.batch).collect();
        if new.is_empty() {
            return;
        }
        match self.spool.append(&new) {
            Ok(()) => self.waiting.iter_mut().for_each(|waiting| waiting.spooled = true),
            Err(error) => {
                self.metrics.count_failure(Failure::Spool);
                tracing::error!(%error, "events can't be spooled: they are in memory only");
            }
        }
    }

    fn clear_spool(&mut self) {
        if self.waiting.iter().any(|waiting| waiting.spooled) {
            return;
        }
        if let Err(error) = self.spool.clear() {
            tracing::error!(%error, "the spool can't be emptied; its events are appended again at the next start");
        }
    }
}

impl Actor for Persistence {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        match self.spool.read() {
            Ok(batches) => {
                if !batches.is_empty() {
                    tracing::warn!(batches = batches.len(), "appending what the last run could not");
                }
                for batch in batches {
                    self.enqueue(Waiting { batch, reply: None, spooled: true });
                }
            }
            Err(error) => tracing::error!(%error, "the spool can't be read"),
        }
        self.write_next(ctx);
    }
}

impl Handler<Append> for Persistence {
    type Result = ();

    fn handle(&mut self, append: Append, ctx: &mut Self::Context) {
        let Append { interview_id, records, reply } = append;
        if self.records + records.len() > MAX_WAITING {
            self.metrics.count_failure(Failure::Full);
            let _ = reply.send(Err(AppendError::Full));
            return;
        }
        let batch = Batch { interview_id, received_at: Utc::now(), records };
        self.enqueue(Waiting { batch, reply: Some(reply), spooled: false });
        if self.retry.is_some() {
            self.spool_all();
        }
        self.write_next(ctx);
    }
}

impl Handler<Flush> for Persistence {
    type Result = ();

    fn handle(&mut self, Flush(flushed): Flush, ctx: &mut Self::Context) {
        self.flushes.push(flushed);
        self.write_next(ctx);
    }
}

impl Handler<Forget> for Persistence {
    type Result = ();

    fn handle(&mut self, forget: Forget, ctx: &mut Self::Context) {
        self.forgets.push(forget);
        self.write_next(ctx);
    }
}

impl Handler<Subscribe> for Persistence {
    type Result = ();

    fn handle(&mut self, Subscribe(subscriber): Subscribe, _: &mut Self::Context) {
        self.subscribers.push(subscriber);
    }
}
