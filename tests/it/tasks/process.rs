//! kill -9, again and again, at random points: no task is lost, and each is done.
//!
//! KILLS says how often (5 when it says nothing); `scripts/check supervision` says 100.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use entity::{Status, TaskState};
use interviewer::tasks::{Context, Failure, Handler, Queue};
use serde_json::{Value, json};
use storage::tasks::{NewTask, TaskFilter};
use storage::{Actor, Storage};
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::{enqueue, over, run};
use crate::support::process::{self, ready};
use crate::support::{guide, new_interview, store};

const KIND: &str = "mark";
const DATABASE: &str = "TASKS_TEST_DATABASE";
const FOLDER: &str = "TASKS_TEST_FOLDER";
const READY: &str = "The worker is ready";

fn kills() -> usize {
    std::env::var("KILLS").map_or(5, |kills| kills.parse().unwrap())
}

/// Somewhere in the middle of things.
fn moment(up_to_ms: u64) -> Duration {
    Duration::from_millis(rand::random_range(0..up_to_ms))
}

/// Leaves a mark for each task it does.
struct Marker(PathBuf);

#[async_trait]
impl Handler for Marker {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn queue(&self) -> Queue {
        Queue::Webhooks
    }

    async fn run(&self, context: &Context, _: Value) -> Result<Value, Failure> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.0).unwrap();
        // One write a line: lines of several processes do not mix.
        file.write_all(format!("{}\n", context.task_id).as_bytes()).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(json!({}))
    }
}

#[tokio::test]
#[ignore = "a worker's process, which the test below starts and kills"]
async fn a_worker() {
    let (Ok(url), Ok(folder)) = (std::env::var(DATABASE), std::env::var(FOLDER)) else {
        println!("nothing to do: this is a process of the test below");
        return;
    };
    let folder = Path::new(&folder);
    let storage = Storage::connect(&url, 4, folder).await.unwrap();
    let _runner = run(&storage, vec![Arc::new(Marker(folder.join("marks")))], None);
    println!("{READY}");
    std::future::pending::<()>().await;
}

async fn worker(url: &str, folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["tasks::process::a_worker", "--exact", "--ignored", "--nocapture"]);
    ready(command.env(DATABASE, url).env(FOLDER, folder), READY).await.0
}

#[tokio::test]
async fn after_kill_9_of_workers_every_task_is_done() {
    let (home, storage) = store().await;
    let mut ids = Vec::new();
    let rounds = kills().div_ceil(2);
    for _ in 0..rounds {
        for _ in 0..20 {
            ids.push(enqueue(&storage, NewTask::new(Queue::Webhooks, KIND, json!({}))).await);
        }
        // Two at a time, of which one dies at once after the other.
        let (mut one, mut two) = (worker(&home.url, home.path()).await, worker(&home.url, home.path()).await);
        tokio::time::sleep(moment(100)).await;
        one.kill().await.unwrap();
        two.kill().await.unwrap();
    }
    let mut last = worker(&home.url, home.path()).await;
    for id in &ids {
        assert_eq!(over(&storage, *id).await.state, TaskState::Completed);
    }
    last.kill().await.unwrap();
    let mut marks: HashMap<Uuid, usize> = HashMap::new();
    for line in std::fs::read_to_string(home.path().join("marks")).unwrap().lines() {
        *marks.entry(line.parse().unwrap()).or_default() += 1;
    }
    assert!(ids.iter().all(|id| marks.contains_key(id)), "each was really done");
    let twice = marks.values().filter(|count| **count > 1).count();
    println!("{} kills, {} tasks of workers, all done; {twice} more than once", rounds * 2, ids.len());
}

async fn engine(url: &str, folder: &Path) -> Child {
    let settings =
        [("API_PORT", "0"), ("SPEECH_ENGINE", "scripted"), ("TASKS_LEASE_SECONDS", "2"), ("DATABASE_POOL_SIZE", "4")];
    let settings = |command: &mut Command| {
        command.env("DATA_DIR", folder).env("DATABASE_URL", url).env("LOG_LEVEL", "warn").envs(settings);
    };
    process::engine(settings).await.0
}

#[tokio::test]
async fn after_kill_9_of_engines_every_missed_appointment_is_ended_once() {
    let (home, storage) = store().await;
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let mut interviews = Vec::new();
    for _ in 0..kills() {
        for _ in 0..8 {
            let mut new = new_interview(guide);
            new.scheduled_at = Some(Utc::now());
            new.no_show_after = chrono::Duration::seconds(-60);
            interviews.push(storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id);
        }
        let mut engine = engine(&home.url, home.path()).await;
        tokio::time::sleep(moment(150)).await;
        engine.kill().await.unwrap();
    }
    let mut last = engine(&home.url, home.path()).await;
    for id in &interviews {
        let filter = TaskFilter { interview_id: Some(*id), limit: 10, ..TaskFilter::default() };
        let tasks = storage.tasks().list(filter).await.unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!(over(&storage, tasks[0].id).await.state, TaskState::Completed);
        assert_eq!(storage.interviews().get(*id).await.unwrap().status, Status::NoShow);
        let log = storage.event_log().load(*id).await.unwrap();
        assert_eq!(log.iter().map(|record| record.seq).collect::<Vec<_>>(), [1], "it ended once");
    }
    last.kill().await.unwrap();
    println!("{} kills, {} interviews, each ended once", kills(), interviews.len());
}
