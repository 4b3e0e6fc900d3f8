//! Parts that panic, return and freeze, under the real supervisor with its thread.

// clippy allows these only within test functions, and these helpers are outside of them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{Heartbeat, InjectedFault, Part, Stack, StatusBoard, looping};
use crate::telemetry::Metrics;

const LIMIT: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_millis(800);

struct House {
    stack: Stack,
    board: StatusBoard,
    metrics: Arc<Metrics>,
}

impl House {
    fn new() -> Self {
        let metrics = Arc::new(Metrics::new().unwrap());
        let stack = Stack::new(Arc::clone(&metrics)).unwrap();
        Self { board: stack.board(), stack, metrics }
    }

    /// Starts a loop that counts how often it was started.
    fn loops(&mut self, part: Part) -> Arc<AtomicU32> {
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        let body = move |heartbeat: Arc<Heartbeat>| {
            count.fetch_add(1, Ordering::SeqCst);
            async move { heartbeat.pause(LIMIT * 100).await }
        };
        self.stack.supervise(part.patient(PATIENCE), looping(part.name, body)).unwrap();
        begun
    }

    fn is_up(&self, part: &str) -> bool {
        self.board.statuses().iter().any(|status| status.name == part && status.up)
    }

    fn restarts(&self, part: &str, reason: &str) -> f64 {
        self.metrics.part_restarts_total.with_label_values(&[part, reason]).get()
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LIMIT, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_part_that_panics_or_freezes_is_started_again_and_the_others_are_left_alone() {
    let mut house = House::new();
    let victim = house.loops(Part::new("victim").needed());
    let neighbour = house.loops(Part::new("neighbour"));
    for (number, (fault, reason)) in
        [(InjectedFault::Panic, "panicked"), (InjectedFault::Freeze(PATIENCE * 4), "frozen")].into_iter().enumerate()
    {
        assert!(house.board.inject("victim", fault));
        until("it is down", || !house.is_up("victim")).await;
        until("it is up again", || house.is_up("victim")).await;
        assert_eq!(victim.load(Ordering::SeqCst), number as u32 + 2);
        assert!((house.restarts("victim", reason) - 1.0).abs() < f64::EPSILON, "{reason}");
    }
    let statuses = house.board.statuses();
    assert_eq!((statuses[0].restarts, statuses[1].restarts), (2, 0));
    assert_eq!(neighbour.load(Ordering::SeqCst), 1);
    house.stack.stop().await;
    assert!(house.board.statuses().iter().all(|status| !status.up));
}

#[tokio::test]
async fn a_part_that_returns_is_started_again_with_growing_pauses() {
    let mut house = House::new();
    let begun = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let times = Arc::clone(&begun);
    let body = move |_: Arc<Heartbeat>| {
        times.lock().push(Instant::now());
        async {}
    };
    house.stack.supervise(Part::new("short"), looping("short", body)).unwrap();
    until("five runs", || begun.lock().len() >= 5).await;
    let restarts = house.restarts("short", "ended");
    house.stack.stop().await;
    let times = begun.lock().clone();
    let pauses: Vec<Duration> = times.windows(2).map(|two| two[1].duration_since(two[0])).collect();
    assert!(pauses[3] >= Duration::from_millis(400), "the fourth pause is eight times the first: {pauses:?}");
    assert!(restarts >= 4.0, "{restarts}");
    let after = times.len();
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(begun.lock().len(), after, "a stopped part is not restarted");
}

#[tokio::test]
async fn what_was_started_last_is_stopped_first() {
    let mut house = House::new();
    let order = Arc::new(parking_lot::Mutex::new(Vec::new()));
    for name in ["first", "second", "third"] {
        let order = Arc::clone(&order);
        house.stack.on_stop(name, move || async move { order.lock().push(name) });
    }
    house.stack.stop().await;
    assert_eq!(*order.lock(), ["third", "second", "first"]);
}
