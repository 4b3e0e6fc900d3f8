//! The loop that writes what waits.
//!
//! Owns: what follows from each try. A run of it may be lost at any time: whatever it does about
//! the queue is one step under the queue's lock, and a run that another one has replaced does
//! nothing more. Never does: keep anything of its own that matters.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Recipient;
use chrono::Utc;
use parking_lot::MutexGuard;

use super::queue::{InHand, Next, Queue, Waiting};
use super::{AppendError, Committed, Forget, Shared};
use crate::supervised::Heartbeat;
use crate::supervisors::Incident;
use crate::supervisors::spool::Found;
use crate::telemetry::metrics::Failure;
use storage::{Appended, Batch, StorageError};

/// A group takes milliseconds. One that is given up may have been committed nevertheless: what is
/// in the log already is passed over when it is appended again.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// One run of the writer.
struct Writer {
    shared: Arc<Shared>,
    heartbeat: Arc<Heartbeat>,
    /// Pauses between tries, while the database is away.
    away: Option<backon::ExponentialBackoff>,
}

pub(super) async fn run(shared: Arc<Shared>, heartbeat: Arc<Heartbeat>) {
    let mut writer = Writer { shared, heartbeat, away: None };
    writer.take_up();
    loop {
        writer.heartbeat.beat();
        let Some(next) = writer.queue().map(|mut queue| queue.next(Instant::now())) else { return };
        match next {
            Next::Write(in_hand) => Box::pin(writer.write(in_hand)).await,
            Next::At(time) => writer.wait(Some(time)).await,
            Next::Nothing => writer.wait(None).await,
        }
    }
}

impl Writer {
    /// The queue, unless another run has taken this one's place: what that one has in hand is not
    /// this one's to settle.
    fn queue(&self) -> Option<MutexGuard<'_, Queue>> {
        let queue = self.shared.queue.lock();
        (!self.heartbeat.is_superseded()).then_some(queue)
    }

    /// Goes on where the last run ended, or the last process.
    fn take_up(&mut self) {
        let left = self.queue().and_then(|mut queue| queue.failed(Instant::now()));
        if let Some(left) = left {
            self.set_aside(left, "the writer of the log is lost whenever it tries them");
        }
        self.load();
    }

    /// Takes in what an earlier process left, once.
    fn load(&self) {
        if self.queue().is_none_or(|queue| queue.is_loaded()) {
            return;
        }
        let found = self.shared.spool.take_over();
        match found {
            Ok(Found { batches, damaged }) => {
                if damaged > 0 {
                    self.shared.metrics.count_failure(Failure::Damaged);
                    tracing::error!(damaged, "parts of the spool are damaged: they are in spool/damaged");
                }
                if !batches.is_empty() {
                    tracing::warn!(batches = batches.len(), "appending what the last run could not");
                }
                if let Some(mut queue) = self.queue() {
                    queue.load(batches);
                }
            }
            Err(error) => {
                self.shared.metrics.count_failure(Failure::Spool);
                tracing::error!(%error, "the spool can't be read yet");
                if let Some(mut queue) = self.queue() {
                    queue.not_loaded();
                }
            }
        }
    }

    /// Waits for something to do, until this time at most.
    async fn wait(&mut self, until: Option<Instant>) {
        self.forget();
        let changed = self.shared.changed.notified();
        match until {
            None => self.heartbeat.during(changed).await,
            Some(time) => {
                let waiting = tokio::time::timeout_at(time.into(), changed);
                // Whatever came first.
                let _ = self.heartbeat.during(waiting).await;
            }
        }
    }

    async fn write(&mut self, in_hand: Vec<InHand>) {
        let shared = Arc::clone(&self.shared);
        let storage = &shared.storage;
        let batches: Vec<&Batch> = in_hand.iter().map(|one| one.batch.as_ref()).collect();
        let write = async {
            tokio::select! {
                outcome = self.append(&batches) => Some(outcome),
                () = storage.reach().lost() => Some(Err(StorageError::Away)),
                () = tokio::time::sleep(WRITE_LIMIT) => None,
            }
        };
        match self.heartbeat.during(Box::pin(write)).await {
            Some(Ok(outcomes)) => self.written(in_hand, outcomes),
            Some(Err(error)) if error.is_unreached() => self.away().await,
            Some(Err(error)) => self.failed(&error),
            None => self.failed(&format_args!("no answer within {WRITE_LIMIT:?}")),
        }
    }

    /// Nothing is appended of a call whose lease may have expired, before it is renewed. That fails where another engine has
    /// taken the call, whose number is then another one.
    async fn append(&self, batches: &[&Batch]) -> Result<Vec<Result<Appended, StorageError>>, StorageError> {
        let (leases, log) = (&self.shared.leases, self.shared.storage.event_log());
        let uncertain =
            |batch: &&Batch| batch.fence.is_some_and(|fence| leases.is_uncertain(batch.interview_id, fence));
        if batches.iter().any(uncertain) {
            leases.renew().await?;
        }
        log.append_all(batches).await
    }

    fn written(&mut self, in_hand: Vec<InHand>, outcomes: Vec<Result<Appended, StorageError>>) {
        if self.away.take().is_some() {
            tracing::info!(waiting = self.shared.queue.lock().batches(), "the database takes events again");
        }
        for (one, outcome) in in_hand.into_iter().zip(outcomes) {
            if self.heartbeat.is_superseded() {
                return;
            }
            let answer = self.follow(&one, outcome);
            // Taken out when everything that follows is done: a run that is lost on the way leaves
            // it to the next one.
            let settled = self.queue().and_then(|mut queue| queue.settle(one.number));
            if let Some(reply) = settled.and_then(|settled| settled.reply) {
                // A session that is gone needs no answer.
                let _ = reply.send(answer);
            }
        }
        let Some(mut queue) = self.queue() else { return };
        queue.committed();
        queue.answer_flushes();
        self.shared.metrics.event_log_waiting.set(queue.records() as f64);
        let is_empty = queue.is_loaded() && !queue.needs_spool();
        drop(queue);
        self.load();
        if is_empty && let Err(error) = self.shared.spool.clear() {
            tracing::error!(%error, "the spool can't be emptied; its events are appended again at the next start");
        }
        self.forget();
    }

    /// The database answers, and does not take them.
    fn failed(&self, error: &dyn std::fmt::Display) {
        let Some(mut queue) = self.queue() else { return };
        let set_aside = queue.failed(Instant::now());
        let waiting = queue.batches();
        drop(queue);
        self.shared.metrics.count_failure(Failure::Append);
        tracing::error!(%error, waiting, "events can't be appended yet");
        self.spool();
        if let Some(left) = set_aside {
            self.set_aside(left, &error.to_string());
        }
    }

    /// The database does not answer: everything waits.
    async fn away(&mut self) {
        let put_back = self.queue().map(|mut queue| {
            queue.put_back();
            queue.batches()
        });
        let Some(waiting) = put_back else { return };
        self.shared.metrics.count_failure(Failure::Append);
        let patience = self.shared.patience;
        let pause = self.away.get_or_insert_with(|| patience.pauses()).next().unwrap_or(patience.longest);
        tracing::error!(waiting, retry_in_ms = pause.as_millis() as u64, "the database takes no events");
        self.spool();
        let until = Instant::now() + pause;
        while Instant::now() < until {
            let changed = tokio::time::timeout_at(until.into(), self.shared.changed.notified());
            if self.heartbeat.during(changed).await.is_ok() {
                self.spool();
            }
        }
    }

    /// What follows from a batch's being committed or refused: the answer to its session.
    fn follow(&self, one: &InHand, outcome: Result<Appended, StorageError>) -> Result<(), AppendError> {
        let batch = &one.batch;
        match outcome {
            Ok(appended) => {
                let lag = (Utc::now() - batch.received_at).num_microseconds().unwrap_or_default().max(0);
                self.shared.metrics.event_log_lag_seconds.observe(lag as f64 / 1e6);
                self.shared.metrics.observe_events(&batch.records, &appended);
                // What an earlier try committed without an answer has been told to nobody.
                let fresh = if one.doubtful { batch.records.len() } else { appended.fresh };
                self.publish(batch, fresh);
                Ok(())
            }
            Err(StorageError::LeaseLost { fence, .. }) => {
                self.too_late(batch, fence);
                Err(AppendError::TakenOver)
            }
            Err(error) => {
                self.shared.metrics.count_failure(Failure::Refused);
                tracing::error!(interview_id = %batch.interview_id, %error, "the event log refuses events");
                // What an erased person said is nothing to look at.
                if one.unheard && !matches!(error, StorageError::Erased) {
                    self.reject(batch);
                }
                Err(AppendError::Refused(Arc::new(error)))
            }
        }
    }

    /// The call went on at another engine. The store has kept the events beside the log, for a person to look at.
    fn too_late(&self, batch: &Batch, fence: i64) {
        self.shared.metrics.count_failure(Failure::TooLate);
        let events = batch.records.len();
        tracing::error!(interview_id = %batch.interview_id, events, fence, "events came after another engine took the call");
        self.shared.incidents.report(Incident {
            interview_id: Some(batch.interview_id),
            metric_name: "component.event_log",
            title: "Events came after another engine took the call".to_owned(),
            description: format!(
                "{events} event(s) of this interview are no part of its log, because the call had gone on at another engine \
                 by then. They are in its audit trail (`interview.events_too_late`), sealed with the respondent's key, and \
                 in the export of the respondent's data."
            ),
        });
    }

    /// The others go on without this one.
    fn set_aside(&self, left: Waiting, reason: &str) {
        let Waiting { batch, reply, .. } = left;
        self.shared.metrics.count_failure(Failure::SetAside);
        let events = batch.records.len();
        tracing::error!(interview_id = %batch.interview_id, events, reason, "events were set aside");
        self.reject(&batch);
        self.shared.incidents.report(Incident {
            interview_id: Some(batch.interview_id),
            metric_name: "component.event_log",
            title: "Events of an interview were set aside".to_owned(),
            description: format!(
                "The database did not take {events} event(s) of this interview while it took those of others: {reason}. \
                 They are in DATA_DIR/spool/rejected.jsonl, and nothing that was said later is in the log."
            ),
        });
        if let Some(reply) = reply {
            // A session that is gone needs no answer.
            let _ = reply.send(Err(AppendError::SetAside(reason.to_owned())));
        }
        let mut queue = self.shared.queue.lock();
        self.shared.metrics.event_log_waiting.set(queue.records() as f64);
        queue.answer_flushes();
    }

    fn reject(&self, batch: &Batch) {
        if let Err(error) = self.shared.spool.reject(batch) {
            self.shared.metrics.count_failure(Failure::Spool);
            tracing::error!(%error, "refused events can't be kept");
        }
    }

    fn publish(&self, batch: &Batch, fresh: usize) {
        let mut subscribers = self.shared.subscribers.lock();
        subscribers.retain(Recipient::connected);
        if fresh == 0 || subscribers.is_empty() {
            return;
        }
        let committed = Committed {
            interview_id: batch.interview_id,
            records: batch.records[batch.records.len().saturating_sub(fresh)..].into(),
        };
        for subscriber in &*subscribers {
            subscriber.do_send(committed.clone());
        }
    }

    /// Everything that waits is on disk after this, or the log says why not.
    fn spool(&self) {
        let new = self.shared.queue.lock().unspooled();
        if new.is_empty() || self.heartbeat.is_superseded() {
            return;
        }
        let batches: Vec<&Batch> = new.iter().map(|(_, batch)| batch.as_ref()).collect();
        match self.shared.spool.append(&batches) {
            Ok(()) => {
                let numbers: HashSet<u64> = new.iter().map(|(number, _)| *number).collect();
                self.shared.queue.lock().spooled(&numbers);
            }
            Err(error) => {
                self.shared.metrics.count_failure(Failure::Spool);
                tracing::error!(%error, "events can't be spooled: they are in memory only");
            }
        }
    }

    fn forget(&self) {
        let Some(due) = self.queue().map(|mut queue| queue.due_forgets()) else { return };
        for Forget { interviews, reply } in due {
            match self.shared.spool.forget(&interviews) {
                // Whoever asked may have given up.
                Ok(events) => drop(reply.send(events)),
                Err(error) => tracing::error!(%error, "refused events can't be forgotten"),
            }
        }
    }
}
