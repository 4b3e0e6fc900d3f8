//! Background tasks: the table and its steps, the workers, their processes, Redis.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use entity::{TaskState, tasks};
use interviewer::tasks::share::Places;
use interviewer::tasks::{Context, Failure, Handler, Options, Queue, RedisQueue, Runner, backoff::Backoff};
use interviewer::telemetry::Metrics;
use parking_lot::Mutex;
use serde_json::{Value, json};
use storage::tasks::NewTask;
use storage::{Storage, StorageError};
use uuid::Uuid;

mod api;
mod order;
mod process;
mod quota;
mod table;
mod workers;

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_mins(1);

fn options() -> Options {
    Options {
        places: Places { all: 8, each: [4, 2, 4] },
        lease: Duration::from_secs(2),
        kept: Duration::from_hours(24),
    }
}

/// What a task's payload has done to it, in `{"does": …}`.
struct Worker {
    queue: Queue,
    kind: &'static str,
    /// Attempts by task.
    seen: Mutex<HashMap<Uuid, u32>>,
    limit: Duration,
}

impl Worker {
    fn new(queue: Queue, kind: &'static str) -> Arc<Self> {
        Arc::new(Self { queue, kind, seen: Mutex::default(), limit: LIMIT })
    }

    fn attempts(&self, task: Uuid) -> u32 {
        self.seen.lock().get(&task).copied().unwrap_or_default()
    }
}

#[async_trait]
impl Handler for Worker {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn queue(&self) -> Queue {
        self.queue
    }

    fn limit(&self) -> Duration {
        self.limit
    }

    fn backoff(&self) -> Backoff {
        Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(50) }
    }

    async fn run(&self, context: &Context, payload: Value) -> Result<Value, Failure> {
        *self.seen.lock().entry(context.task_id).or_default() += 1;
        match payload["does"].as_str().unwrap_or("succeed") {
            "fail" => Err(Failure::retry("it always fails")),
            "fail_once" if context.attempt == 1 => Err(Failure::retry("it failed once")),
            "panic_once" if context.attempt == 1 => panic!("the handler's own fault, on purpose"),
            "never" => Err(Failure::Permanent("no attempt can".to_owned())),
            "hang" => std::future::pending().await,
            "wait" => {
                context.progress(0.5);
                context.cancelled().cancelled().await;
                Err(Failure::retry("told to stop"))
            }
            "pause" => {
                tokio::time::sleep(Duration::from_millis(30)).await;
                Ok(json!({}))
            }
            _ => Ok(json!({ "attempt": context.attempt })),
        }
    }
}

fn run(storage: &Storage, handlers: Vec<Arc<dyn Handler>>, order: Option<RedisQueue>) -> (Runner, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new().unwrap());
    (Runner::start(storage.clone(), handlers, options(), order, Arc::clone(&metrics)).unwrap(), metrics)
}

async fn enqueue(storage: &Storage, new: NewTask) -> Uuid {
    storage.tasks().enqueue(storage.connection(), new).await.unwrap()
}

fn task(queue: Queue, kind: &'static str, does: &str) -> NewTask {
    NewTask::new(queue, kind, json!({ "does": does }))
}

/// Waits until the task is as wanted.
async fn until(storage: &Storage, id: Uuid, wanted: impl Fn(&tasks::Model) -> bool) -> tasks::Model {
    let watched = async {
        loop {
            let row = storage.tasks().get(id).await.unwrap();
            if wanted(&row) {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(LIMIT, watched).await {
        Ok(row) => row,
        Err(late) => panic!("{late}: {:#?}", storage.tasks().get(id).await),
    }
}

async fn over(storage: &Storage, id: Uuid) -> tasks::Model {
    until(storage, id, |row| row.state.is_over()).await
}

async fn is_gone(storage: &Storage, id: Uuid) -> bool {
    matches!(storage.tasks().get(id).await, Err(StorageError::NotFound(_)))
}

fn states(rows: &[tasks::Model]) -> Vec<TaskState> {
    rows.iter().map(|row| row.state).collect()
}
