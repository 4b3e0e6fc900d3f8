//! The loop that writes the waiting events.
//!
//! Owns: what follows from each attempt. A run may be lost at any time. Therefore each change of
//! the queue is one step under its lock, and a superseded run changes nothing. Never does: keep
//! important state outside of the queue.

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

/// A group takes milliseconds. A group that is given up may have been committed nevertheless.
/// Events that are already in the log are skipped when they are appended again.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// One run of the writer.
struct Writer {
    shared: Arc<Shared>,
    heartbeat: Arc<Heartbeat>,
    /// The pauses between attempts while the database is unavailable.
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
    /// Locks the queue. Returns `None` if another run has superseded this one, because the batches
    /// in progress then belong to that run.
    fn queue(&self) -> Option<MutexGuard<'_, Queue>> {
        let queue = self.shared.queue.lock();
        (!self.heartbeat.is_superseded()).then_some(queue)
    }

    /// Continues where the last run or the last process ended.
    fn take_up(&mut self) {
        let left = self.queue().and_then(|mut queue| queue.failed(Instant::now()));
        if let Some(left) = left {
            self.set_aside(left, "the writer of the log fails whenever it tries them");
        }
        self.load();
    }

    /// Reads the spool of an earlier process, once.
    fn load(&self) {
        if self.queue().is_none_or(|queue| queue.is_loaded()) {
            return;
        }
        let found = self.shared.spool.take_over();
        match found {
            Ok(Found { batches, damaged }) => {
                if damaged > 0 {
                    self.shared.metrics.count_failure(Failure::Damaged);
                    tracing::error!(damaged, "parts of the spool are damaged. They are in spool/damaged");
                }
                if !batches.is_empty() {
                    tracing::warn!(
                        batches = batches.len(),
                        "appending the events that the last process left in the \
                        spool"
                    );
                }
                if let Some(mut queue) = self.queue() {
                    queue.load(batches);
                }
            }
            Err(error) => {
                self.shared.metrics.count_failure(Failure::Spool);
                tracing::error!(%error, "the spool cannot be read yet");
                if let Some(mut queue) = self.queue() {
                    queue.not_loaded();
                }
            }
        }
    }

    /// Waits for something to do, at most until this time.
    async fn wait(&mut self, until: Option<Instant>) {
        self.forget();
        let changed = self.shared.changed.notified();
        match until {
            None => self.heartbeat.during(changed).await,
            Some(time) => {
                let waiting = tokio::time::timeout_at(time.into(), changed);
                // Either of the two may have come first.
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
            None => self.failed(&format_args!("the database did not answer within {WRITE_LIMIT:?}")),
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
            tracing::info!(waiting = self.shared.queue.lock().batches(), "the database accepts events again");
        }
        for (one, outcome) in in_hand.into_iter().zip(outcomes) {
            if self.heartbeat.is_superseded() {
                return;
            }
            let answer = self.follow(&one, outcome);
            // It is removed after everything that follows is done, so that the next run continues
            // if this one is lost.
            let settled = self.queue().and_then(|mut queue| queue.settle(one.number));
            if let Some(reply) = settled.and_then(|settled| settled.reply) {
                // The receiver may be gone, if its session is.
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
            tracing::error!(%error, "the spool cannot be emptied. Its events are appended again at the next start");
        }
        self.forget();
    }

    /// Handles a database that answers and does not accept the events.
    fn failed(&self, error: &dyn std::fmt::Display) {
        let Some(mut queue) = self.queue() else { return };
        let set_aside = queue.failed(Instant::now());
        let waiting = queue.batches();
        drop(queue);
        self.shared.metrics.count_failure(Failure::Append);
        tracing::error!(%error, waiting, "events cannot be appended yet");
        self.spool();
        if let Some(left) = set_aside {
            self.set_aside(left, &error.to_string());
        }
    }

    /// Handles a database that does not answer. Everything waits.
    async fn away(&mut self) {
        let put_back = self.queue().map(|mut queue| {
            queue.put_back();
            queue.batches()
        });
        let Some(waiting) = put_back else { return };
        self.shared.metrics.count_failure(Failure::Append);
        let patience = self.shared.patience;
        let pause = self.away.get_or_insert_with(|| patience.pauses()).next().unwrap_or(patience.longest);
        tracing::error!(waiting, retry_in_ms = pause.as_millis() as u64, "the database accepts no events");
        self.spool();
        let until = Instant::now() + pause;
        while Instant::now() < until {
            let changed = tokio::time::timeout_at(until.into(), self.shared.changed.notified());
            if self.heartbeat.during(changed).await.is_ok() {
                self.spool();
            }
        }
    }

    /// Processes the outcome of a batch, and returns the answer for its session.
    fn follow(&self, one: &InHand, outcome: Result<Appended, StorageError>) -> Result<(), AppendError> {
        let batch = &one.batch;
        match outcome {
            Ok(appended) => {
                let lag = (Utc::now() - batch.received_at).num_microseconds().unwrap_or_default().max(0);
                self.shared.metrics.event_log_lag_seconds.observe(lag as f64 / 1e6);
                self.shared.metrics.observe_events(&batch.records, &appended);
                // Events that an earlier attempt committed without an answer have not been sent to
                // anybody.
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
                // The words of an erased person must not be kept.
                if one.unheard && !matches!(error, StorageError::Erased) {
                    self.reject(batch);
                }
                Err(AppendError::Refused(Arc::new(error)))
            }
        }
    }

    /// Reports events that came after the call had moved to another engine. The store has kept them
    /// beside the log, for a person to look at.
    fn too_late(&self, batch: &Batch, fence: i64) {
        self.shared.metrics.count_failure(Failure::TooLate);
        let events = batch.records.len();
        tracing::error!(interview_id = %batch.interview_id, events, fence, "events came after another engine took the call");
        self.shared.incidents.report(Incident {
            interview_id: Some(batch.interview_id),
            metric_name: "component.event_log",
            title: "Events came after another engine took the call".to_owned(),
            description: format!(
                "{events} event(s) of this interview are not in its log, because the call had moved to another engine \
                 before they were appended. They are in its audit trail (`interview.events_too_late`), sealed with the \
                 respondent's key, and in the export of the respondent's data."
            ),
        });
    }

    /// Sets this batch aside, so that the others continue.
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
                "The database did not accept {events} event(s) of this interview, although it accepted those of \
                 others: {reason}. They are in DATA_DIR/spool/rejected.jsonl, and later events of the interview are \
                 not in the log."
            ),
        });
        if let Some(reply) = reply {
            // The receiver may be gone, if its session is.
            let _ = reply.send(Err(AppendError::SetAside(reason.to_owned())));
        }
        let mut queue = self.shared.queue.lock();
        self.shared.metrics.event_log_waiting.set(queue.records() as f64);
        queue.answer_flushes();
    }

    fn reject(&self, batch: &Batch) {
        if let Err(error) = self.shared.spool.reject(batch) {
            self.shared.metrics.count_failure(Failure::Spool);
            tracing::error!(%error, "refused events cannot be stored");
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

    /// Writes everything that waits to disk, or logs why that is not possible.
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
                tracing::error!(%error, "events cannot be spooled. They are in memory only");
            }
        }
    }

    fn forget(&self) {
        let Some(due) = self.queue().map(|mut queue| queue.due_forgets()) else { return };
        for Forget { interviews, reply } in due {
            match self.shared.spool.forget(&interviews) {
                // The caller may have given up.
                Ok(events) => drop(reply.send(events)),
                Err(error) => tracing::error!(%error, "refused events cannot be deleted"),
            }
        }
    }
}
