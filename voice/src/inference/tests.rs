//! Tests of the scheduler's guarantees, with gates instead of clocks.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures_util::poll;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use super::{Inference, InferenceError, Priority};

/// Occupies a thread until the gate is opened. Returns once the work has begun.
async fn occupy(inference: &Inference, priority: Priority) -> (Sender<()>, JoinHandle<()>) {
    let (gate, open) = channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let inference = inference.clone();
    let task = tokio::spawn(async move {
        let work = move || {
            begun.send(()).expect("somebody waits");
            wait(&open);
        };
        inference.run(priority, work).await.expect("it runs");
    });
    has_begun.await.expect("it begins");
    (gate, task)
}

fn wait(gate: &Receiver<()>) {
    let _ = gate.recv();
}

#[tokio::test]
async fn urgent_work_goes_first_and_equals_keep_their_order() {
    let inference = Inference::start(2);
    let (first, one) = occupy(&inference, Priority::EndOfTurn).await;
    let (second, two) = occupy(&inference, Priority::EndOfTurn).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |label: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().push(label)
    };
    let mut background = Box::pin(inference.run(Priority::Background, note("background")));
    let mut sentence = Box::pin(inference.run(Priority::FirstSentence, note("sentence")));
    let mut turn_a = Box::pin(inference.run(Priority::EndOfTurn, note("turn a")));
    let mut turn_b = Box::pin(inference.run(Priority::EndOfTurn, note("turn b")));
    assert!(poll!(&mut background).is_pending());
    assert!(poll!(&mut sentence).is_pending());
    assert!(poll!(&mut turn_a).is_pending());
    assert!(poll!(&mut turn_b).is_pending());
    assert_eq!(inference.stats().queued, [2, 1, 0, 1]);
    // One thread is freed and the other stays busy. The order is then that of one worker, and
    // background work must wait.
    drop(first);
    one.await.expect("done");
    for waiting in [&mut turn_a, &mut turn_b] {
        waiting.await.expect("runs");
    }
    sentence.await.expect("runs");
    assert_eq!(*order.lock(), ["turn a", "turn b", "sentence"]);
    assert!(poll!(&mut background).is_pending(), "background took the last free thread");
    drop(second);
    two.await.expect("done");
    background.await.expect("runs");
    assert_eq!(inference.stats().started, [4, 1, 0, 1]);
}

#[tokio::test]
async fn background_work_leaves_a_thread_for_a_turn() {
    let inference = Inference::start(2);
    let (gate, busy) = occupy(&inference, Priority::Background).await;
    let mut more = Box::pin(inference.run(Priority::Background, || ()));
    assert!(poll!(&mut more).is_pending());
    assert_eq!(inference.run(Priority::EndOfTurn, || 7).await.expect("a thread is free"), 7);
    assert_eq!(inference.stats().queued, [0, 0, 0, 1]);
    drop(gate);
    busy.await.expect("done");
    more.await.expect("now it may");
}

#[tokio::test]
async fn what_is_said_next_goes_before_the_rest_leaves_a_thread_for_a_turn_and_is_made_while_somebody_speaks() {
    let inference = Inference::start(2);
    let (gate, busy) = occupy(&inference, Priority::Background).await;
    let speaking = inference.hold_background();
    let order = Arc::new(Mutex::new(Vec::new()));
    let note = |label: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().push(label)
    };
    let mut background = Box::pin(inference.run(Priority::Background, note("background")));
    assert!(poll!(&mut background).is_pending());
    let mut ahead = Box::pin(inference.run(Priority::Ahead, note("ahead")));
    assert!(poll!(&mut ahead).is_pending());
    assert_eq!(inference.run(Priority::EndOfTurn, || 7).await.expect("a thread is free"), 7);
    assert_eq!(inference.stats().queued, [0, 0, 1, 1], "the last free thread is the turn's");
    drop(gate);
    busy.await.expect("done");
    ahead.await.expect("it does not wait for silence");
    assert_eq!(*order.lock(), ["ahead"]);
    drop(speaking);
    background.await.expect("after it");
}

#[tokio::test]
async fn background_work_does_not_begin_while_somebody_speaks() {
    let inference = Inference::start(2);
    let (first, second) = (inference.hold_background(), inference.hold_background());
    let mut background = Box::pin(inference.run(Priority::Background, || ()));
    assert!(poll!(&mut background).is_pending());
    assert_eq!(inference.run(Priority::EndOfTurn, || 7).await.expect("turns go on"), 7);
    assert_eq!(inference.run(Priority::FirstSentence, || 8).await.expect("so do answers"), 8);
    drop(first);
    assert_eq!(inference.stats().queued, [0, 0, 0, 1], "somebody still speaks");
    drop(second);
    background.await.expect("now it may");
}

#[tokio::test]
async fn a_dropped_future_takes_its_work_along() {
    let inference = Inference::start(2);
    let (first, one) = occupy(&inference, Priority::EndOfTurn).await;
    let (second, two) = occupy(&inference, Priority::EndOfTurn).await;
    let ran = Arc::new(Mutex::new(false));
    let seen = Arc::clone(&ran);
    let mut dropped = Box::pin(inference.run(Priority::EndOfTurn, move || *seen.lock() = true));
    assert!(poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!((inference.stats().queued[0], inference.stats().withdrawn), (0, 1));
    drop((first, second));
    one.await.expect("done");
    two.await.expect("done");
    inference.run(Priority::Background, || ()).await.expect("the queue is empty");
    assert!(!*ran.lock());
}

#[tokio::test]
async fn closing_waits_for_what_runs_and_forgets_what_waits() {
    let inference = Inference::start(2);
    let (first, one) = occupy(&inference, Priority::EndOfTurn).await;
    let (second, two) = occupy(&inference, Priority::EndOfTurn).await;
    let mut waits = Box::pin(inference.run(Priority::EndOfTurn, || ()));
    assert!(poll!(&mut waits).is_pending());
    let closing = inference.clone();
    let closed = tokio::task::spawn_blocking(move || closing.close());
    assert!(matches!(waits.await, Err(InferenceError::Stopped)));
    assert!(matches!(inference.run(Priority::EndOfTurn, || ()).await, Err(InferenceError::Stopped)));
    assert!(!closed.is_finished(), "two jobs still run");
    drop((first, second));
    closed.await.expect("it returns");
    assert_eq!(inference.stats().busy, 0);
    one.await.expect("done");
    two.await.expect("done");
}

#[tokio::test]
async fn a_panic_comes_back_as_an_error_and_the_thread_lives() {
    let inference = Inference::start(2);
    for _ in 0..5 {
        let result = inference.run(Priority::EndOfTurn, || -> u8 { panic!("the model broke") }).await;
        assert!(matches!(result, Err(InferenceError::Panicked(message)) if message == "the model broke"));
    }
    assert_eq!(inference.run(Priority::EndOfTurn, || 1).await.expect("alive"), 1);
    assert_eq!(inference.stats().panicked, 5);
}

#[tokio::test]
async fn a_missing_library_or_model_is_named() {
    let error = onnx::environment("no/such/lib.so".as_ref()).expect_err("there is none");
    assert!(error.to_string().contains("no/such/lib.so"), "{error}");
    let environment = onnx::environment(&super::testing::weights("libonnxruntime.so")).expect("loads");
    let error =
        onnx::session(environment, "no/such.onnx".as_ref(), 1, onnx::SessionKind::Fixed).expect_err("there is none");
    assert!(error.to_string().contains("no/such.onnx"), "{error}");
    let folder = tempfile::tempdir().expect("a folder");
    let damaged = folder.path().join("damaged.onnx");
    std::fs::write(&damaged, b"not a model").expect("written");
    let error = onnx::session(environment, &damaged, 1, onnx::SessionKind::Fixed).expect_err("damaged");
    assert!(error.to_string().contains("damaged.onnx"), "{error}");
}
