//! The workers of one process.
//!
//! Owns: the loop that takes tasks, and the stop. Work in the background is carried out on the
//! threads of the parts, so it never holds up calls or the API. Never does: depend on being told:
//! it looks at the table once a second in any case.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::{Queue, tasks};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::handler::{Handler, Progress};
use super::redis_queue::RedisQueue;
use super::state::{Active, Inner, Options, Why};
use super::{attempt, janitor};
use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure as Counted;
use storage::tasks::{Lease, Wanted};
use storage::{Storage, StorageError};

/// A step at the table takes milliseconds. One that takes this long will not come back.
const PATIENCE: Duration = Duration::from_secs(20);
const TAKER: Part = Part::new("tasks").patient(PATIENCE);
const JANITOR: Part = Part::new("task_janitor").patient(PATIENCE);
const OFFERS: Part = Part::new("task_offers").patient(PATIENCE);
/// How often the table is looked at when nobody says that there is something.
const LOOK: Duration = Duration::from_secs(1);
/// How often Redis is asked, which costs next to nothing.
const ASK: Duration = Duration::from_millis(200);
/// The notification comes before the commit: the first look after it may come too early, and the
/// next ones come soon.
const SOON: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("the threads of tasks could not be started: {0}")]
    Thread(#[from] io::Error),
    #[error("two handlers are called {0}")]
    Twice(&'static str),
}

/// Takes tasks and carries them out, until it is stopped or dropped.
pub struct Runner {
    inner: Arc<Inner>,
    /// Its parts, where they are in no other stack.
    _parts: Option<Stack>,
}

impl Runner {
    /// With a stack of its own.
    pub fn start(
        storage: Storage,
        handlers: Vec<Arc<dyn Handler>>,
        options: Options,
        redis_queue: Option<RedisQueue>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TaskError> {
        let mut parts = Stack::new(Arc::clone(&metrics))?;
        let inner = begin(&mut parts, storage, handlers, options, redis_queue, metrics)?;
        Ok(Self { inner, _parts: Some(parts) })
    }

    /// As parts of this stack. Whoever stops the stack stops the runner first.
    pub fn start_in(
        stack: &mut Stack,
        storage: Storage,
        handlers: Vec<Arc<dyn Handler>>,
        options: Options,
        redis_queue: Option<RedisQueue>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TaskError> {
        Ok(Self { inner: begin(stack, storage, handlers, options, redis_queue, metrics)?, _parts: None })
    }

    /// Takes nothing any more. What is under way may end for half of `grace`, is then asked to
    /// stop, and is given back after the other half, so that it is begun anew at once by whoever is
    /// next.
    pub async fn stop(&self, grace: Duration) {
        self.inner.stopping.cancel();
        // What it is taking at this moment is listed before it is looked.
        let _ = tokio::time::timeout(LOOK * 2, self.inner.stopped.cancelled()).await;
        if tokio::time::timeout(grace / 2, self.inner.idle()).await.is_err() {
            self.inner.cancel_all(Why::Stopping);
            let _ = tokio::time::timeout(grace / 2, self.inner.idle()).await;
        }
        // Whoever still goes on does so no longer: the next worker may begin at once.
        self.inner.active.lock().clear();
        match self.inner.give_back().await {
            Ok(0) => {}
            Ok(given_back) => tracing::info!(given_back, "tasks under way will be begun anew"),
            // Their leases run out.
            Err(error) => tracing::warn!(%error, "tasks under way can't be given back"),
        }
    }

    /// How many tasks are under way.
    pub fn active(&self) -> usize {
        self.inner.active.lock().len()
    }
}

/// Starts the parts.
fn begin(
    stack: &mut Stack,
    storage: Storage,
    handlers: Vec<Arc<dyn Handler>>,
    options: Options,
    redis_queue: Option<RedisQueue>,
    metrics: Arc<Metrics>,
) -> Result<Arc<Inner>, TaskError> {
    let mut by_kind = HashMap::new();
    let mut kinds = <[Vec<&'static str>; 3]>::default();
    for handler in handlers {
        metrics.know_task(handler.queue(), handler.kind());
        kinds[handler.queue() as usize].push(handler.kind());
        if let Some(other) = by_kind.insert(handler.kind(), handler) {
            return Err(TaskError::Twice(other.kind()));
        }
    }
    let inner = Arc::new(Inner {
        storage,
        metrics,
        options,
        redis_queue,
        handlers: by_kind,
        kinds,
        owner: format!("{}:{}", std::process::id(), Uuid::now_v7().simple()),
        active: Mutex::default(),
        ended: Notify::new(),
        stopping: CancellationToken::new(),
        stopped: CancellationToken::new(),
    });
    let (takes, looks_after) = (Arc::clone(&inner), Arc::clone(&inner));
    stack.supervise(TAKER, looping(TAKER.name, move |heartbeat| run(Arc::clone(&takes), heartbeat)))?;
    let keep = move |heartbeat| janitor::keep(Arc::clone(&looks_after), heartbeat);
    stack.supervise(JANITOR, looping(JANITOR.name, keep))?;
    if let Some(redis_queue) = inner.redis_queue.clone() {
        let storage = inner.storage.clone();
        let forward = move |heartbeat| redis_queue.clone().forward(storage.clone(), heartbeat);
        stack.supervise(OFFERS, looping(OFFERS.name, forward))?;
    }
    Ok(inner)
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.inner.stopping.cancel();
        self.inner.active.lock().clear();
    }
}

async fn run(inner: Arc<Inner>, heartbeat: Arc<Heartbeat>) {
    let mut pause = SOON;
    let mut away = false;
    while !inner.stopping.is_cancelled() {
        heartbeat.beat();
        let taken = inner.take().await;
        away &= taken.is_err();
        match taken {
            Ok(0) => pause = (pause * 4).min(if inner.asks_redis() { ASK } else { LOOK }),
            Ok(_) => pause = SOON,
            Err(error) => {
                if !away {
                    inner.metrics.count_failure(Counted::Tasks);
                    tracing::error!(%error, "tasks can't be taken");
                }
                away = true;
                pause = LOOK;
            }
        }
        tokio::select! {
            () = inner.told() => pause = SOON,
            () = inner.ended.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = inner.stopping.cancelled() => {}
        }
    }
    inner.stopped.cancel();
    // A part runs until it is told to end.
    heartbeat.during(std::future::pending::<()>()).await;
}

impl Inner {
    /// Fills the free places; returns how many tasks were begun.
    async fn take(self: &Arc<Self>) -> Result<usize, StorageError> {
        if !self.storage.reach().is_there() {
            return Err(StorageError::Away);
        }
        let mut begun = 0;
        for queue in Queue::ALL {
            let kinds = &self.kinds[queue as usize];
            let free = self.options.places.free(queue, self.running());
            if free == 0 || kinds.is_empty() || self.stopping.is_cancelled() {
                continue;
            }
            let wanted = Wanted { queue, kinds, ids: None, limit: free as u64 };
            let lease = chrono::Duration::from_std(self.options.lease).unwrap_or(chrono::Duration::MAX);
            let (rows, now) = self.claim(wanted, lease).await?;
            begun += rows.len();
            for row in rows {
                self.begin(row, now);
            }
        }
        Ok(begun)
    }

    /// What Redis says is next, or what the table says while there is none; and the time at which it was claimed.
    async fn claim(
        &self,
        mut wanted: Wanted<'_>,
        lease: chrono::Duration,
    ) -> Result<(Vec<tasks::Model>, DateTime<Utc>), StorageError> {
        let ids;
        let about_now = self.storage.about_now();
        // An error of Redis means that it is away by now. What it holds is in the table.
        if let Some(redis_queue) = self.redis_queue.as_ref().filter(|redis_queue| redis_queue.is_there())
            && let Ok(next) = redis_queue.take(wanted.kinds, about_now, wanted.limit as usize).await
        {
            if next.is_empty() {
                return Ok((Vec::new(), about_now));
            }
            ids = next;
            wanted.ids = Some(&ids);
        }
        let now = self.storage.now().await?;
        Ok((self.storage.tasks().claim(&wanted, &self.owner, now, lease).await?, now))
    }

    async fn give_back(&self) -> Result<usize, StorageError> {
        let now = self.storage.now().await?;
        self.storage.tasks().give_back(&self.owner, now).await
    }

    fn asks_redis(&self) -> bool {
        self.redis_queue.as_ref().is_some_and(RedisQueue::is_there)
    }

    /// Returns when something was written down in this process.
    async fn told(&self) {
        if let Some(redis_queue) = &self.redis_queue {
            // Whoever forwards to Redis is notified, and tells us.
            return redis_queue.offered().await;
        }
        let notifier = self.storage.notifier();
        notifier.notified().await;
        notifier.take();
    }

    fn begin(self: &Arc<Self>, row: tasks::Model, now: DateTime<Utc>) {
        // Only kinds that have one are claimed.
        let Some(handler) = self.handlers.get(row.kind.as_str()).cloned() else { return };
        let (progress, cancelled) = (Progress::default(), CancellationToken::new());
        let (id, queue) = (row.id, row.queue);
        let lease = Lease { task: id, owner: self.owner.clone(), attempt: row.attempts };
        // It can't end before it is listed: it takes the list's lock for that.
        let mut list = self.active.lock();
        let work = attempt::carry_out(Arc::clone(self), handler, row, now, progress.clone(), cancelled.clone());
        let work = AbortOnDropHandle::new(tokio::spawn(work));
        list.insert(id, Active { queue, lease, progress, noted: 0, cancelled, why: None, _work: work });
    }
}
