//! Workers: retries, limits, panics, cancelling, stopping, and queues that leave each other alone.

use std::sync::Arc;
use std::time::Duration;

use entity::TaskState;
use interviewer::tasks::{Handler, Queue};
use serde_json::json;
use storage::tasks::NewTask;

use super::{Worker, enqueue, over, run, task, until};
use crate::support::store;
use storage::Actor;

const KIND: &str = "test";

#[tokio::test]
async fn attempts_end_as_they_should_and_are_counted() {
    let (_home, storage) = store().await;
    let worker = Worker::new(Queue::Analytics, KIND);
    let (runner, metrics) = run(&storage, vec![worker.clone()], None);
    let make =
        async |does: &str| enqueue(&storage, NewTask { max_attempts: 3, ..task(Queue::Analytics, KIND, does) }).await;
    let (fine, once, panics, fails, never) = (
        make("succeed").await,
        make("fail_once").await,
        make("panic_once").await,
        make("fail").await,
        make("never").await,
    );
    let row = over(&storage, fine).await;
    assert_eq!((row.state, row.result, row.progress), (TaskState::Completed, Some(json!({ "attempt": 1 })), 1.0));
    let row = over(&storage, once).await;
    assert_eq!((row.state, row.attempts, row.error), (TaskState::Completed, 2, None));
    let row = over(&storage, panics).await;
    assert_eq!((row.state, row.attempts), (TaskState::Completed, 2));
    let row = over(&storage, fails).await;
    assert_eq!((row.state, row.attempts, row.error.as_deref()), (TaskState::Failed, 3, Some("it always fails")));
    let row = over(&storage, never).await;
    assert_eq!((row.state, row.attempts, row.error.as_deref()), (TaskState::Failed, 1, Some("no attempt can")));
    assert_eq!((worker.attempts(fails), worker.attempts(never)), (3, 1));

    // Another chance for the dead letter: all its attempts again.
    storage.tasks().retry(fails, Actor::ENGINE).await.unwrap();
    over(&storage, fails).await;
    assert_eq!(worker.attempts(fails), 6);
    runner.stop(Duration::from_secs(1)).await;
    let text = metrics.render().unwrap();
    for (outcome, count) in [("completed", 3), ("retried", 5), ("panicked", 1), ("failed", 3), ("cancelled", 0)] {
        let line = format!("tasks_total{{kind=\"{KIND}\",outcome=\"{outcome}\",queue=\"analytics\"}} {count}");
        assert!(text.contains(&line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn what_takes_too_long_is_dropped_and_tried_again() {
    let (_home, storage) = store().await;
    let worker = Arc::new(Worker {
        queue: Queue::Analytics,
        kind: KIND,
        seen: parking_lot::Mutex::default(),
        limit: Duration::from_millis(50),
    });
    let (runner, _) = run(&storage, vec![worker.clone()], None);
    let id = enqueue(&storage, NewTask { max_attempts: 2, ..task(Queue::Analytics, KIND, "hang") }).await;
    let row = over(&storage, id).await;
    assert_eq!((row.state, row.error.as_deref()), (TaskState::Failed, Some("it took longer than 0.05 s")));
    assert_eq!(worker.attempts(id), 2);
    runner.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_running_task_says_how_far_it_is_and_stops_when_it_is_asked_to() {
    let (_home, storage) = store().await;
    let (runner, _) = run(&storage, vec![Worker::new(Queue::Analytics, KIND)], None);
    let id = enqueue(&storage, task(Queue::Analytics, KIND, "wait")).await;
    let row = until(&storage, id, |row| row.progress > 0.0).await;
    assert_eq!((row.state, row.progress), (TaskState::Running, 0.5));
    storage.tasks().cancel(id, Actor::ENGINE).await.unwrap();
    let row = over(&storage, id).await;
    assert_eq!((row.state, row.attempts), (TaskState::Cancelled, 1));
    runner.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn what_is_under_way_at_the_stop_is_given_back_and_done_by_the_next() {
    let (_home, storage) = store().await;
    let (runner, _) = run(&storage, vec![Worker::new(Queue::Analytics, KIND)], None);
    let (waits, hangs) = (
        enqueue(&storage, task(Queue::Analytics, KIND, "wait")).await,
        enqueue(&storage, task(Queue::Analytics, KIND, "hang")).await,
    );
    for id in [waits, hangs] {
        until(&storage, id, |row| row.state == TaskState::Running).await;
    }
    runner.stop(Duration::from_millis(200)).await;
    for id in [waits, hangs] {
        let row = storage.tasks().get(id).await.unwrap();
        assert_eq!((row.state, row.attempts, row.lease_owner), (TaskState::Queued, 0, None));
    }
    drop(runner);
    let (next, _) = run(&storage, vec![Worker::new(Queue::Analytics, KIND)], None);
    until(&storage, waits, |row| row.state == TaskState::Running).await;
    next.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn a_queue_that_is_full_of_slow_work_holds_up_no_other() {
    let (_home, storage) = store().await;
    let handlers: Vec<Arc<dyn Handler>> = vec![
        Worker::new(Queue::Interviews, "slow_interview"),
        Worker::new(Queue::Webhooks, "slow_webhook"),
        Worker::new(Queue::Analytics, KIND),
    ];
    let (runner, _) = run(&storage, handlers, None);
    for _ in 0..20 {
        enqueue(&storage, task(Queue::Interviews, "slow_interview", "hang")).await;
        enqueue(&storage, task(Queue::Webhooks, "slow_webhook", "hang")).await;
    }
    let quick = enqueue(&storage, task(Queue::Analytics, KIND, "succeed")).await;
    assert_eq!(over(&storage, quick).await.state, TaskState::Completed);
    let [interviews, _, webhooks] = storage.tasks().census(chrono::Utc::now()).await.unwrap();
    assert!(interviews.running <= 4 && webhooks.running <= 4, "{interviews:?} {webhooks:?}");
    assert!(interviews.running + webhooks.running <= 7, "a place is kept for the third queue");
    runner.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn two_workers_share_a_queue_and_do_each_task_once() {
    let (home, storage) = store().await;
    let other_storage = crate::support::open_store(&home).await;
    let (one, two) = (Worker::new(Queue::Webhooks, KIND), Worker::new(Queue::Webhooks, KIND));
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(enqueue(&storage, task(Queue::Webhooks, KIND, "pause")).await);
    }
    let (first, _) = run(&storage, vec![one.clone()], None);
    let (second, _) = run(&other_storage, vec![two.clone()], None);
    for id in &ids {
        assert_eq!(over(&storage, *id).await.state, TaskState::Completed);
        assert_eq!(one.attempts(*id) + two.attempts(*id), 1);
    }
    assert!(!one.seen.lock().is_empty() && !two.seen.lock().is_empty(), "both had their share");
    first.stop(Duration::ZERO).await;
    second.stop(Duration::ZERO).await;
}
