//! A real Redis: workers ask there what is next; emptied or stopped, it costs time and nothing else.

use std::sync::Arc;
use std::time::Duration;

use entity::TaskState;
use interview::io::CallState;
use interviewer::fleet::{Redis, RedisStatus};
use interviewer::supervised::Stack;
use interviewer::tasks::{Queue, RedisQueue};
use interviewer::telemetry::Metrics;
use serde_json::Value;

use super::{LIMIT, Worker, enqueue, over, run, task};
use crate::session::{Stage, answers, check_log};
use crate::support::caller::{is_question, is_state};
use crate::support::redis::RedisServer;
use crate::support::{open_store, store};

const KIND: &str = "test";

/// Connected, and looked after for as long as the test runs.
fn connect(server: &RedisServer) -> Redis {
    let redis = Redis::open(&server.url()).unwrap().unwrap();
    let mut parts = Stack::new(Arc::new(Metrics::new().unwrap())).unwrap();
    redis.watch(&mut parts).unwrap();
    // To the end of the process.
    std::mem::forget(parts);
    redis
}

async fn stands(redis: &Redis, wanted: RedisStatus) {
    let watched = async {
        while redis.status() != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, watched).await.expect("found out in time");
}

#[tokio::test]
async fn two_workers_share_what_stands_in_redis() {
    let (home, storage) = store().await;
    let server = RedisServer::start();
    let other_storage = open_store(&home).await;
    let (one, two) = (Worker::new(Queue::Webhooks, KIND), Worker::new(Queue::Webhooks, KIND));
    let (first, _) = run(&storage, vec![one.clone()], Some(RedisQueue::new(connect(&server))));
    let (second, _) = run(&other_storage, vec![two.clone()], Some(RedisQueue::new(connect(&server))));
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(enqueue(&storage, task(Queue::Webhooks, KIND, "pause")).await);
    }
    // Nobody does this kind: it stays where it was offered.
    let nobodys = enqueue(&storage, task(Queue::Webhooks, "nobodys", "pause")).await;
    for id in &ids {
        assert_eq!(over(&storage, *id).await.state, TaskState::Completed);
        assert_eq!(one.attempts(*id) + two.attempts(*id), 1);
    }
    assert!(!one.seen.lock().is_empty() && !two.seen.lock().is_empty(), "both had their share");
    let left: Vec<String> = server.ask(&["ZRANGE", "interviewer:tasks:nobodys", "0", "-1"]);
    assert_eq!(left, [nobodys.to_string()]);
    assert_eq!(server.ask::<i64>(&["ZCARD", "interviewer:tasks:test"]), 0);
    first.stop(Duration::ZERO).await;
    second.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn tasks_survive_a_redis_that_is_emptied_stopped_and_back() {
    let (_home, storage) = store().await;
    let mut server = RedisServer::start();
    let redis = connect(&server);
    let worker = Worker::new(Queue::Analytics, KIND);
    let (runner, _) = run(&storage, vec![worker.clone()], Some(RedisQueue::new(redis.clone())));
    let mut ids = Vec::new();
    for round in 0..4 {
        for _ in 0..10 {
            ids.push(enqueue(&storage, task(Queue::Analytics, KIND, "pause")).await);
        }
        match round {
            0 | 3 => server.empty(),
            1 => server.stop(),
            _ => server.start_again(),
        }
    }
    for id in &ids {
        assert_eq!(over(&storage, *id).await.state, TaskState::Completed);
        assert_eq!(worker.attempts(*id), 1);
    }
    stands(&redis, RedisStatus::There).await;
    server.stop();
    stands(&redis, RedisStatus::Away).await;
    let without = enqueue(&storage, task(Queue::Analytics, KIND, "pause")).await;
    assert_eq!(over(&storage, without).await.state, TaskState::Completed);
    runner.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_call_goes_on_while_redis_is_emptied_and_stopped() {
    let mut server = RedisServer::start();
    let url = server.url();
    let stage = Stage::start(&[("REDIS_URL", url.as_str())]).await;
    let health = async || -> Value { stage.caller.json("/api/health/").await["components"]["redis"]["status"].clone() };
    assert_eq!(health().await, "ok");
    let invitation = stage.invite(3).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_question("q1")).await;
    server.empty();
    page.answer_until(&call, is_question("q2")).await;
    server.stop();
    let noticed = async {
        while health().await != "unavailable" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let talk = page.answer_until(&call, is_state(CallState::Ended));
    futures_util::future::join(tokio::time::timeout(LIMIT, noticed), talk).await.0.expect("health says so");
    call.closed().await;
    stage.live(0).await;
    let events = stage.events(invitation.id).await;
    check_log(&events);
    assert_eq!(answers(&events), 3);
    assert_eq!(stage.interview(&invitation).await["status"], "completed");
    // Another one can be scheduled and held without it.
    let invitation = stage.invite(1).await;
    let (mut call, mut page) = stage.called(&invitation).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    stage.engine.stop(Duration::ZERO).await;
}
