//! One attempt at one task, from its beginning until its end is written down.
//!
//! Owns: the time limit, what becomes of a panic, how each failure ends. Never does: take another task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::tasks;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use super::handler::{Context, Failure, Handler, Progress};
use super::state::{Inner, Why};
use storage::StorageError;
use storage::tasks::{Ending, Lease};

/// How long a task that is told to stop may go on.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Between two tries to write down how an attempt ended.
const AGAIN: Duration = Duration::from_secs(1);

/// How the work itself ended.
enum Outcome {
    Done(Result<Value, Failure>),
    Panicked,
    TooLong,
    /// It did not stop when it was told to.
    Dropped,
}

/// `now` is when the task was claimed, by the database's clock.
pub(super) async fn carry_out(
    inner: Arc<Inner>,
    handler: Arc<dyn Handler>,
    row: tasks::Model,
    now: DateTime<Utc>,
    progress: Progress,
    cancelled: CancellationToken,
) {
    let began = Instant::now();
    let lease = Lease { task: row.id, owner: inner.owner.clone(), attempt: row.attempts };
    let context = Context {
        workspace: row.workspace_id,
        task_id: row.id,
        interview_id: row.interview_id,
        attempt: row.attempts.unsigned_abs(),
        storage: inner.storage.of(row.workspace_id),
        now,
        progress,
        cancelled: cancelled.clone(),
    };
    let limit = handler.limit();
    let pause = handler.backoff().pause(context.attempt);
    let payload = row.payload.clone();
    let mut work = AbortOnDropHandle::new(tokio::spawn(async move { handler.run(&context, payload).await }));
    let outcome = tokio::select! {
        result = &mut work => result.map_or(Outcome::Panicked, Outcome::Done),
        () = tokio::time::sleep(limit) => Outcome::TooLong,
        () = async { cancelled.cancelled().await; tokio::time::sleep(STOP_LIMIT).await } => Outcome::Dropped,
    };
    work.abort();
    let why = inner.active.lock().get(&row.id).and_then(|active| active.why);
    let tries =
        Tries { now: now + began.elapsed(), pause, last: row.attempts - row.orphaned >= row.max_attempts, limit };
    if let Some((ending, name)) = ending(outcome, why, &tries) {
        let label = [row.queue.as_str(), row.kind.as_str(), name];
        report(&row, &ending);
        if write_down(&inner, &lease, &ending).await {
            inner.metrics.tasks_total.with_label_values(&label).inc();
        } else {
            warn!(task = %row.id, kind = row.kind, "another worker has taken the task over");
        }
    }
    // Dropping what is listed ends this very task: from here on nothing may wait.
    let listed = inner.active.lock().remove(&row.id);
    inner.ended.notify_waiters();
    // Whoever takes tasks may be looking in this moment, and would not hear the other.
    inner.ended.notify_one();
    drop(listed);
}

/// What the next try depends on.
struct Tries {
    now: DateTime<Utc>,
    /// Until the next one, when the failure names no time.
    pause: Duration,
    /// There is no next one.
    last: bool,
    limit: Duration,
}

/// What is written down, and its name in `tasks_total`; nothing when it is given back or belongs to another already.
fn ending(outcome: Outcome, why: Option<Why>, tries: &Tries) -> Option<(Ending, &'static str)> {
    let (failure, name) = match outcome {
        // It was done, whoever wanted it to stop.
        Outcome::Done(Ok(result)) if why != Some(Why::Lost) => return Some((Ending::Completed(result), "completed")),
        _ if matches!(why, Some(Why::Lost | Why::Stopping)) => return None,
        _ if why == Some(Why::Asked) => return Some((Ending::Cancelled, "cancelled")),
        Outcome::Done(Ok(_)) | Outcome::Dropped => return None,
        Outcome::Done(Err(failure)) => (failure, "retried"),
        Outcome::Panicked => (Failure::retry("it panicked; the log says where"), "panicked"),
        Outcome::TooLong => {
            (Failure::retry(format!("it took longer than {} s", tries.limit.as_secs_f32())), "timed_out")
        }
    };
    Some(match failure {
        Failure::Later { at } => (Ending::Later { at }, "later"),
        Failure::Permanent(reason) => (Ending::Failed { reason }, "failed"),
        Failure::Retry { reason, .. } if tries.last => (Ending::Failed { reason }, "failed"),
        Failure::Retry { reason, after } => {
            (Ending::Retry { reason, at: tries.now + after.unwrap_or(tries.pause) }, name)
        }
    })
}

fn report(row: &tasks::Model, ending: &Ending) {
    let (task, kind, attempt) = (row.id, row.kind.as_str(), row.attempts);
    match ending {
        Ending::Failed { reason } => error!(%task, kind, attempt, reason, "a task is a dead letter"),
        Ending::Retry { reason, at } => warn!(%task, kind, attempt, reason, again = %at, "an attempt at a task failed"),
        Ending::Cancelled => info!(%task, kind, "a task was cancelled"),
        Ending::Completed(_) | Ending::Later { .. } => {
            tracing::debug!(%task, kind, attempt, "an attempt at a task ended");
        }
    }
}

/// False when the task was another's by then. While the database is away it is tried again, for as long as the lease may last.
async fn write_down(inner: &Inner, lease: &Lease, ending: &Ending) -> bool {
    let give_up = tokio::time::Instant::now() + inner.options.lease;
    loop {
        match settle(inner, lease, ending).await {
            Ok(written) => return written,
            Err(error) if error.is_permanent() || tokio::time::Instant::now() > give_up => {
                error!(task = %lease.task, %error, "how a task ended can't be written down");
                return false;
            }
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

async fn settle(inner: &Inner, lease: &Lease, ending: &Ending) -> Result<bool, StorageError> {
    let now = inner.storage.now().await?;
    inner.storage.tasks().settle(lease, ending, now).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tries(last: bool) -> Tries {
        Tries { now: DateTime::UNIX_EPOCH, pause: Duration::from_secs(4), last, limit: Duration::from_mins(1) }
    }

    fn after(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::Duration::seconds(seconds)
    }

    #[test]
    fn a_failure_is_tried_again_until_the_last_attempt() {
        let fails = || Outcome::Done(Err(Failure::retry("no")));
        let again = Ending::Retry { reason: "no".into(), at: after(4) };
        assert_eq!(ending(fails(), None, &tries(false)), Some((again, "retried")));
        assert_eq!(ending(fails(), None, &tries(true)), Some((Ending::Failed { reason: "no".into() }, "failed")));
        let named = Failure::Retry { reason: "busy".into(), after: Some(Duration::from_secs(90)) };
        let again = Ending::Retry { reason: "busy".into(), at: after(90) };
        assert_eq!(ending(Outcome::Done(Err(named)), None, &tries(false)), Some((again, "retried")));
        let (end, name) = ending(Outcome::TooLong, None, &tries(false)).unwrap();
        assert_eq!(
            (end, name),
            (Ending::Retry { reason: "it took longer than 60 s".into(), at: after(4) }, "timed_out")
        );
    }

    #[test]
    fn what_no_attempt_can_change_ends_at_once_and_what_goes_on_later_never_does() {
        let permanent = || Outcome::Done(Err(Failure::Permanent("gone".into())));
        assert_eq!(
            ending(permanent(), None, &tries(false)),
            Some((Ending::Failed { reason: "gone".into() }, "failed"))
        );
        let later = Outcome::Done(Err(Failure::Later { at: after(7) }));
        assert_eq!(ending(later, None, &tries(true)), Some((Ending::Later { at: after(7) }, "later")));
    }

    #[test]
    fn what_was_done_counts_as_done_even_when_it_was_to_stop() {
        for why in [None, Some(Why::Asked), Some(Why::Stopping)] {
            let done = ending(Outcome::Done(Ok(json!(1))), why, &tries(false));
            assert_eq!(done, Some((Ending::Completed(json!(1)), "completed")));
        }
        assert_eq!(ending(Outcome::Done(Ok(json!(1))), Some(Why::Lost), &tries(false)), None);
        assert_eq!(ending(Outcome::Dropped, Some(Why::Asked), &tries(false)), Some((Ending::Cancelled, "cancelled")));
        assert_eq!(ending(Outcome::Dropped, Some(Why::Stopping), &tries(false)), None);
        let fails = Outcome::Done(Err(Failure::retry("stopped")));
        assert_eq!(ending(fails, Some(Why::Stopping), &tries(true)), None);
    }
}
