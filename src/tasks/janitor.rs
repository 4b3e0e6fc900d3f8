//! What goes on beside the tasks: signs of life, progress, requests to stop, the tasks of dead workers, old ones.
//!
//! Owns: how often each is seen to. Never does: take or end a task of its own worker's.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use super::redis_queue::MOST;
use super::state::{Inner, Why};
use crate::supervised::Heartbeat;
use crate::telemetry::metrics::Failure as Counted;
use storage::StorageError;
use storage::tasks::Lease;

/// How soon progress is shown, and a cancelled task learns of it.
const EVERY: Duration = Duration::from_secs(1);
/// How often dead workers are looked for and the queues are counted.
const ROUND: Duration = Duration::from_secs(5);
const SWEEP: Duration = Duration::from_hours(1);
/// Dead letters are kept so many times as long as what ended well.
const DEAD_KEPT: i32 = 4;

pub(super) async fn keep(inner: Arc<Inner>, heartbeat: Arc<Heartbeat>) {
    let third = inner.options.lease / 3;
    let mut ticks = tokio::time::interval(EVERY.min(third));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    let (mut kept, mut round, mut swept) = (started, None::<Instant>, None::<Instant>);
    let mut away = false;
    // Until the process ends: a task that is being stopped needs its lease, too.
    loop {
        heartbeat.during(ticks.tick()).await;
        if !inner.storage.reach().is_there() {
            continue;
        }
        let due = |last: Option<Instant>, every: Duration| last.is_none_or(|last| last.elapsed() >= every);
        let put_off = kept.elapsed() >= third;
        let mut seen_to = inner.look_after(put_off).await;
        if put_off && seen_to.is_ok() {
            kept = Instant::now();
        }
        if seen_to.is_ok() && due(round, ROUND.min(third)) {
            round = Some(Instant::now());
            seen_to = inner.go_round().await;
        }
        if seen_to.is_ok() && due(swept, SWEEP) {
            swept = Some(Instant::now());
            seen_to = heartbeat.during(inner.sweep()).await;
        }
        if let Err(error) = &seen_to
            && !away
        {
            inner.metrics.count_failure(Counted::Tasks);
            tracing::error!(%error, "tasks can't be looked after");
        }
        away = seen_to.is_err();
    }
}

impl Inner {
    /// What is under way stays ours, says how far it is, and learns whether it is to stop.
    async fn look_after(&self, put_off: bool) -> Result<(), StorageError> {
        let ours: Vec<Lease> = self.active.lock().values().map(|active| active.lease.clone()).collect();
        if ours.is_empty() {
            return Ok(());
        }
        let tasks = self.storage.tasks();
        let held = if put_off {
            tasks.keep(&self.owner, self.storage.now().await? + self.options.lease).await?
        } else {
            tasks.held(&self.owner).await?
        };
        let held: HashMap<Uuid, (Lease, bool)> = held.into_iter().map(|held| (held.0.task, held)).collect();
        for lease in &ours {
            match held.get(&lease.task) {
                Some((found, asked)) if found == lease => {
                    if *asked {
                        self.cancel(lease.task, Why::Asked);
                    }
                }
                // It may have ended by itself since: then nobody listens.
                _ => self.cancel(lease.task, Why::Lost),
            }
        }
        let moved: Vec<(Lease, u32)> = {
            let mut active = self.active.lock();
            let moved = active.values_mut().filter_map(|active| {
                let now = active.progress.thousandths();
                (std::mem::replace(&mut active.noted, now) != now).then(|| (active.lease.clone(), now))
            });
            moved.collect()
        };
        for (lease, thousandths) in moved {
            tasks.note_progress(&lease, f64::from(thousandths) / 1000.0).await?;
        }
        Ok(())
    }

    async fn go_round(&self) -> Result<(), StorageError> {
        let now = self.storage.now().await?;
        let tasks = self.storage.tasks();
        for row in tasks.rescue(now).await? {
            tracing::warn!(task = %row.id, kind = row.kind, state = row.state.as_str(), "a task's worker has died");
            self.metrics.tasks_total.with_label_values(&[row.queue.as_str(), row.kind.as_str(), "orphaned"]).inc();
        }
        if let Some(redis_queue) = self.redis_queue.as_ref().filter(|redis_queue| redis_queue.is_there()) {
            // What it lost: emptied, restarted, or taken by a worker that died before it claimed it.
            let _ = redis_queue.offer(&tasks.due(now, MOST).await?, now).await;
        }
        self.metrics.observe_queues(&tasks.census(now).await?, now);
        Ok(())
    }

    async fn sweep(&self) -> Result<(), StorageError> {
        let now = self.storage.now().await?;
        let kept = chrono::Duration::from_std(self.options.kept).unwrap_or(chrono::Duration::days(365));
        let removed = self.storage.tasks().sweep(now - kept, now - kept * DEAD_KEPT).await?;
        if removed > 0 {
            tracing::info!(removed, "old tasks were removed");
        }
        Ok(())
    }
}
