//! The table: what is written down when, who gets what, and what becomes of a worker's tasks when it dies.

use chrono::{DateTime, Duration, Utc};
use entity::{TaskState, tasks};
use interviewer::tasks::Queue;
use sea_orm::TransactionTrait as _;
use serde_json::json;
use storage::tasks::{Due, Ending, Lease, NewTask, TaskFilter, Wanted};
use storage::{Actor, AuditFilter, Storage, StorageError};
use uuid::Uuid;

use super::{enqueue, is_gone, states, task};
use crate::support::store;

const KIND: &str = "test";

fn new() -> NewTask {
    task(Queue::Analytics, KIND, "succeed")
}

async fn claim(storage: &Storage, owner: &str, now: DateTime<Utc>, limit: u64) -> Vec<tasks::Model> {
    let wanted = Wanted { queue: Queue::Analytics, kinds: &[KIND], ids: None, limit };
    storage.tasks().claim(&wanted, owner, now, Duration::seconds(30)).await.unwrap()
}

fn lease(row: &tasks::Model) -> Lease {
    Lease { task: row.id, owner: row.lease_owner.clone().unwrap(), attempt: row.attempts }
}

#[tokio::test]
async fn a_task_is_there_with_what_called_for_it_or_not_at_all() {
    let (_home, storage) = store().await;
    let tx = storage.connection().begin().await.unwrap();
    let id = storage.tasks().enqueue(&tx, new()).await.unwrap();
    tx.rollback().await.unwrap();
    assert!(is_gone(&storage, id).await);
    let tx = storage.connection().begin().await.unwrap();
    let id = storage.tasks().enqueue(&tx, new()).await.unwrap();
    tx.commit().await.unwrap();
    let row = storage.tasks().get(id).await.unwrap();
    assert_eq!((row.state, row.attempts, row.progress), (TaskState::Queued, 0, 0.0));
    let elsewhere = storage.of(storage.workspaces().create("elsewhere", Actor::ENGINE).await.unwrap().id);
    assert!(is_gone(&elsewhere, id).await);
}

#[tokio::test]
async fn one_with_the_same_key_is_made_once_until_it_is_over() {
    let (_home, storage) = store().await;
    let keyed = || NewTask { unique_key: Some("once".to_owned()), ..new() };
    let first = enqueue(&storage, keyed()).await;
    assert_eq!(enqueue(&storage, keyed()).await, first);
    let now = Utc::now();
    let held = claim(&storage, "a", now, 5).await;
    assert_eq!(held.len(), 1);
    assert_eq!(enqueue(&storage, keyed()).await, first, "also while it runs");
    assert!(storage.tasks().settle(&lease(&held[0]), &Ending::Completed(json!(1)), now).await.unwrap());
    assert_ne!(enqueue(&storage, keyed()).await, first);
}

#[tokio::test]
async fn who_comes_first_goes_first_and_a_head_start_is_minutes() {
    let (_home, storage) = store().await;
    let now = Utc::now();
    let due = |minutes: i64, priority| NewTask { due: Due::At(now - Duration::minutes(minutes)), priority, ..new() };
    let second = enqueue(&storage, due(1, 0)).await;
    let third = enqueue(&storage, due(0, 0)).await;
    let first = enqueue(&storage, due(0, 2)).await;
    let later = enqueue(&storage, NewTask { due: Due::At(now + Duration::minutes(1)), priority: 10, ..new() }).await;
    let ids = |rows: Vec<tasks::Model>| rows.iter().map(|row| row.id).collect::<Vec<Uuid>>();
    assert_eq!(ids(claim(&storage, "a", now, 2).await), [first, second]);
    assert_eq!(
        ids(claim(&storage, "a", now, 2).await),
        [third],
        "what is not due is not taken, whatever its head start"
    );
    assert_eq!(ids(claim(&storage, "a", now + Duration::minutes(2), 2).await), [later]);
}

#[tokio::test]
async fn no_two_workers_get_the_same() {
    let (_home, storage) = store().await;
    for _ in 0..40 {
        enqueue(&storage, new()).await;
    }
    let now = Utc::now();
    let claims = (0..8).map(|worker| {
        let storage = storage.clone();
        async move {
            let owner = format!("worker-{worker}");
            let mut got = Vec::new();
            loop {
                let rows = claim(&storage, &owner, now, 3).await;
                if rows.is_empty() {
                    return got;
                }
                got.extend(rows.into_iter().map(|row| row.id));
            }
        }
    });
    let mut got: Vec<Uuid> = futures_util::future::join_all(claims).await.concat();
    assert_eq!(got.len(), 40);
    got.sort();
    got.dedup();
    assert_eq!(got.len(), 40);
}

#[tokio::test]
async fn whoever_was_believed_dead_can_not_end_what_another_has() {
    let (_home, storage) = store().await;
    let id = enqueue(&storage, new()).await;
    let now = Utc::now();
    let first = claim(&storage, "a", now, 1).await.remove(0);
    assert!(storage.tasks().rescue(now + Duration::seconds(29)).await.unwrap().is_empty(), "it is believed alive");
    storage.tasks().keep("a", now + Duration::seconds(60)).await.unwrap();
    assert!(storage.tasks().rescue(now + Duration::seconds(59)).await.unwrap().is_empty(), "it gave a sign of life");
    let later = now + Duration::seconds(61);
    let rescued = storage.tasks().rescue(later).await.unwrap();
    assert_eq!(states(&rescued), [TaskState::Queued]);
    assert_eq!((rescued[0].orphaned, rescued[0].attempts), (1, 1));
    let second = claim(&storage, "b", later, 1).await.remove(0);
    assert!(!storage.tasks().settle(&lease(&first), &Ending::Completed(json!("a")), later).await.unwrap());
    assert!(storage.tasks().held("a").await.unwrap().is_empty());
    assert!(storage.tasks().settle(&lease(&second), &Ending::Completed(json!("b")), later).await.unwrap());
    assert_eq!(storage.tasks().get(id).await.unwrap().result, Some(json!("b")));
}

#[tokio::test]
async fn what_kills_its_workers_again_and_again_becomes_a_dead_letter() {
    let (_home, storage) = store().await;
    let id = enqueue(&storage, NewTask { max_attempts: 2, ..new() }).await;
    let mut now = Utc::now();
    for _ in 0..10 {
        assert_eq!(claim(&storage, "a", now, 1).await.len(), 1);
        now += Duration::minutes(1);
        storage.tasks().rescue(now).await.unwrap();
    }
    let row = storage.tasks().get(id).await.unwrap();
    assert_eq!((row.state, row.orphaned), (TaskState::Failed, 10));
}

#[tokio::test]
async fn operators_cancel_and_retry_and_the_trail_says_who() {
    let (_home, storage) = store().await;
    let by_dana = Actor::named("user:dana");
    let tasks = storage.tasks();
    let (waits, runs) = (enqueue(&storage, new()).await, enqueue(&storage, new()).await);
    assert_eq!(tasks.cancel(waits, &by_dana).await.unwrap().state, TaskState::Cancelled);
    assert!(matches!(tasks.cancel(waits, &by_dana).await, Err(StorageError::Conflict(_))));
    let now = Utc::now();
    let held = claim(&storage, "a", now, 1).await.remove(0);
    let asked = tasks.cancel(runs, &by_dana).await.unwrap();
    assert_eq!((asked.state, asked.cancel_requested), (TaskState::Running, true));
    assert_eq!(tasks.held("a").await.unwrap(), [(lease(&held), true)]);
    assert!(matches!(tasks.retry(runs, &by_dana).await, Err(StorageError::Conflict(_))), "it still runs");
    // What was to stop does not go on, though it failed in a way that is tried again.
    let again = Ending::Retry { reason: "no".to_owned(), at: now };
    assert!(tasks.settle(&lease(&held), &again, now).await.unwrap());
    assert_eq!(tasks.get(runs).await.unwrap().state, TaskState::Cancelled);
    let again = tasks.retry(runs, &by_dana).await.unwrap();
    assert_eq!((again.state, again.attempts, again.cancel_requested), (TaskState::Queued, 0, false));

    let filter = AuditFilter { entity_type: Some("task".to_owned()), limit: 10, ..AuditFilter::default() };
    let trail = storage.audit().list(filter).await.unwrap();
    let told: Vec<_> = trail.iter().rev().map(|entry| (entry.event_type.as_str(), entry.actor.as_str())).collect();
    let dana = "user:dana";
    assert_eq!(told, [("task.cancelled", dana), ("task.cancel_requested", dana), ("task.retried", dana)]);
}

#[tokio::test]
async fn queues_are_counted_and_old_tasks_go() {
    let (_home, storage) = store().await;
    let (done, dead, waits) =
        (enqueue(&storage, new()).await, enqueue(&storage, new()).await, enqueue(&storage, new()).await);
    let now = Utc::now();
    for id in [done, dead] {
        let wanted = Wanted { queue: Queue::Analytics, kinds: &[KIND], ids: Some(&[id]), limit: 1 };
        let row = storage.tasks().claim(&wanted, "a", now, Duration::seconds(30)).await.unwrap().remove(0);
        let ending = if id == done { Ending::Completed(json!({})) } else { Ending::Failed { reason: "no".to_owned() } };
        storage.tasks().settle(&lease(&row), &ending, now).await.unwrap();
    }
    let [interviews, analytics, _] = storage.tasks().census(now).await.unwrap();
    assert_eq!((interviews.waiting, interviews.oldest), (0, None));
    assert_eq!((analytics.waiting, analytics.running, analytics.failed), (1, 0, 1));
    assert!(analytics.oldest.is_some());
    let filter = TaskFilter { state: Some(TaskState::Failed), limit: 10, ..TaskFilter::default() };
    assert_eq!(storage.tasks().list(filter).await.unwrap()[0].id, dead);

    let week = now + Duration::days(7);
    assert_eq!(storage.tasks().sweep(week, now).await.unwrap(), 1);
    assert!(is_gone(&storage, done).await && !is_gone(&storage, dead).await);
    assert_eq!(storage.tasks().sweep(week, week).await.unwrap(), 1);
    assert!(is_gone(&storage, dead).await && !is_gone(&storage, waits).await, "what waits is never too old");
}
