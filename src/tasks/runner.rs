//! The workers of one process.
//!
//! Owns: threads of their own (work in the background never holds up calls or the API), the loop that takes tasks, the list of
//! those under way, the stop. Never does: depend on being told: it looks at the table once a second in any case.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use entity::{Queue, tasks};
use parking_lot::Mutex;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::handler::{Handler, Progress};
use super::redis_queue::RedisQueue;
use super::share::Places;
use super::{attempt, janitor};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure as Counted;
use storage::tasks::{Lease, Wanted};
use storage::{Storage, StorageError};

/// Threads that all tasks share: they wait for others most of the time.
const WORKERS: usize = 2;
/// How often the table is looked at when nobody says that there is something.
const LOOK: Duration = Duration::from_secs(1);
/// How often Redis is asked, which costs next to nothing.
const ASK: Duration = Duration::from_millis(200);
/// The notification comes before the commit: the first look after it may come too early, and the next ones come soon.
const SOON: Duration = Duration::from_millis(20);

#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("the threads of tasks could not be started: {0}")]
    Thread(#[from] io::Error),
    #[error("two handlers are called {0}")]
    Twice(&'static str),
}

/// How the workers of a process behave.
#[derive(Debug, Clone)]
pub struct Options {
    pub places: Places,
    /// So long after its last sign of life a worker is believed dead. It gives one every third of that.
    pub lease: Duration,
    /// How long tasks are kept that ended well; dead letters stay four times as long.
    pub kept: Duration,
}

/// A task under way.
pub(super) struct Active {
    pub queue: Queue,
    pub lease: Lease,
    pub progress: Progress,
    /// What of it has been written down, in thousandths.
    pub noted: u32,
    pub cancelled: CancellationToken,
    pub why: Option<Why>,
    /// Ends with us.
    _work: AbortOnDropHandle<()>,
}

/// Why a task is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody cancelled it.
    Asked,
    /// The process stops.
    Stopping,
    /// Another worker has it.
    Lost,
}

pub(super) struct Inner {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    pub options: Options,
    /// Where there is a Redis.
    pub redis_queue: Option<RedisQueue>,
    /// By the name of their kind.
    pub handlers: HashMap<&'static str, Arc<dyn Handler>>,
    /// What of each queue we can do.
    kinds: [Vec<&'static str>; 3],
    /// Of the leases.
    pub owner: String,
    pub active: Mutex<HashMap<Uuid, Active>>,
    /// A task has ended.
    pub ended: Notify,
    pub stopping: CancellationToken,
    /// Nothing is taken any more.
    stopped: CancellationToken,
}

/// Takes tasks and carries them out, until it is stopped or dropped.
pub struct Runner {
    inner: Arc<Inner>,
    /// What goes on beside the tasks.
    _beside: Vec<AbortOnDropHandle<()>>,
}

/// The threads of tasks. They live as long as the process: connections of the pool that were opened on them must not die with
/// a [`Runner`].
fn threads() -> io::Result<Handle> {
    static THREADS: Mutex<Option<Runtime>> = Mutex::new(None);
    let mut threads = THREADS.lock();
    if let Some(running) = &*threads {
        return Ok(running.handle().clone());
    }
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).thread_name("tasks").enable_all().build()?;
    let handle = runtime.handle().clone();
    *threads = Some(runtime);
    Ok(handle)
}

impl Runner {
    pub fn start(
        storage: Storage,
        handlers: Vec<Arc<dyn Handler>>,
        options: Options,
        redis_queue: Option<RedisQueue>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, TaskError> {
        let mut by_kind = HashMap::new();
        let mut kinds = <[Vec<&'static str>; 3]>::default();
        for handler in handlers {
            metrics.know_task(handler.queue(), handler.kind());
            kinds[handler.queue() as usize].push(handler.kind());
            if let Some(other) = by_kind.insert(handler.kind(), handler) {
                return Err(TaskError::Twice(other.kind()));
            }
        }
        let threads = threads()?;
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
        let spawn = |beside: Pin<Box<dyn Future<Output = ()> + Send>>| AbortOnDropHandle::new(threads.spawn(beside));
        let mut beside =
            vec![spawn(Box::pin(run(Arc::clone(&inner)))), spawn(Box::pin(janitor::keep(Arc::clone(&inner))))];
        if let Some(redis_queue) = &inner.redis_queue {
            beside.push(spawn(Box::pin(redis_queue.clone().forward(inner.storage.clone()))));
        }
        Ok(Self { inner, _beside: beside })
    }

    /// Takes nothing any more. What is under way may end for half of `grace`, is then asked to stop, and is given back
    /// after the other half, so that it is begun anew at once by whoever is next.
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
        match self.inner.storage.tasks().give_back(&self.inner.owner, Utc::now()).await {
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

impl Drop for Runner {
    fn drop(&mut self) {
        self.inner.stopping.cancel();
        self.inner.active.lock().clear();
    }
}

async fn run(inner: Arc<Inner>) {
    let mut pause = SOON;
    let mut away = false;
    while !inner.stopping.is_cancelled() {
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
            let rows = self.claim(wanted, lease).await?;
            begun += rows.len();
            for row in rows {
                self.begin(row);
            }
        }
        Ok(begun)
    }

    /// What Redis says is next; what the table says while there is none.
    async fn claim(&self, wanted: Wanted<'_>, lease: chrono::Duration) -> Result<Vec<tasks::Model>, StorageError> {
        let (tasks, now) = (self.storage.tasks(), Utc::now());
        if let Some(redis_queue) = self.redis_queue.as_ref().filter(|redis_queue| redis_queue.is_there()) {
            // An error means that it is away by now; what it holds is in the table.
            if let Ok(ids) = redis_queue.take(wanted.kinds, now, wanted.limit as usize).await {
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                return tasks.claim(&Wanted { ids: Some(&ids), ..wanted }, &self.owner, now, lease).await;
            }
        }
        tasks.claim(&wanted, &self.owner, now, lease).await
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

    fn running(&self) -> [usize; 3] {
        let mut running = [0; 3];
        self.active.lock().values().for_each(|active| running[active.queue as usize] += 1);
        running
    }

    fn begin(self: &Arc<Self>, row: tasks::Model) {
        // Only kinds that have one are claimed.
        let Some(handler) = self.handlers.get(row.kind.as_str()).cloned() else { return };
        let (progress, cancelled) = (Progress::default(), CancellationToken::new());
        let (id, queue) = (row.id, row.queue);
        let lease = Lease { task: id, owner: self.owner.clone(), attempt: row.attempts };
        // It can't end before it is listed: it takes the list's lock for that.
        let mut list = self.active.lock();
        let work = attempt::carry_out(Arc::clone(self), handler, row, progress.clone(), cancelled.clone());
        let work = AbortOnDropHandle::new(tokio::spawn(work));
        list.insert(id, Active { queue, lease, progress, noted: 0, cancelled, why: None, _work: work });
    }

    /// Tells a task to stop; the first reason stands.
    pub(super) fn cancel(&self, task: Uuid, why: Why) {
        if let Some(active) = self.active.lock().get_mut(&task) {
            active.why.get_or_insert(why);
            active.cancelled.cancel();
        }
    }

    fn cancel_all(&self, why: Why) {
        let tasks: Vec<Uuid> = self.active.lock().keys().copied().collect();
        for task in tasks {
            self.cancel(task, why);
        }
    }

    async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            if self.active.lock().is_empty() {
                return;
            }
            ended.await;
        }
    }
}
