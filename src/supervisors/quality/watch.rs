//! Starts the quality supervisor, and another one when it has died or stands still.
//!
//! Owns: its thread, its subscription to what is committed. Never does: judge anything.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{Beat, Parts, Settle, Supervisor};
use crate::supervisors::persistence::{Persistence, Subscribe};
use crate::telemetry::metrics::Failure;

const HEARTBEAT: Duration = Duration::from_secs(1);
/// It never blocks longer than milliseconds; this is another supervisor's turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// What is written when the engine stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// The supervisor and its watcher, stopped when dropped.
pub struct Quality {
    current: Arc<Mutex<Addr<Supervisor>>>,
    watcher: actix_web::rt::task::JoinHandle<()>,
}

impl Quality {
    /// Sees everything that is committed from now on, and catches up with what was before. Needs a running actix system.
    pub fn start(parts: Parts, persistence: Addr<Persistence>) -> Self {
        let (supervisor, thread) = begin(&parts, &persistence);
        let current = Arc::new(Mutex::new(supervisor));
        let watcher = actix_web::rt::spawn(watch(parts, persistence, Arc::clone(&current), thread));
        Self { current, watcher }
    }

    /// Returns when everything that was committed before is judged and written: false when that takes too long.
    pub async fn settle(&self) -> bool {
        let supervisor = self.current.lock().clone();
        let (settled, done) = oneshot::channel();
        supervisor.do_send(Settle(settled));
        matches!(tokio::time::timeout(LAST_WORDS, done).await, Ok(Ok(())))
    }

    /// What a bug in a handler would do: for tests.
    #[cfg(debug_assertions)]
    pub fn sabotage(&self) {
        self.current.lock().do_send(super::Panic);
    }

    /// Judges what is left, and ends.
    pub async fn stop(self) {
        self.watcher.abort();
        if !self.settle().await {
            tracing::warn!("not everything was judged; the next start does it");
        }
    }
}

fn begin(parts: &Parts, persistence: &Addr<Persistence>) -> (Addr<Supervisor>, Arbiter) {
    let thread = Arbiter::new();
    let own = parts.clone();
    let supervisor = Supervisor::start_in_arbiter(&thread.handle(), move |_| Supervisor::new(own));
    persistence.do_send(Subscribe(supervisor.clone().recipient()));
    (supervisor, thread)
}

async fn watch(
    parts: Parts,
    persistence: Addr<Persistence>,
    current: Arc<Mutex<Addr<Supervisor>>>,
    mut thread: Arbiter,
) {
    let mut beats = tokio::time::interval(HEARTBEAT);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        let supervisor = current.lock().clone();
        if matches!(tokio::time::timeout(PATIENCE, supervisor.send(Beat)).await, Ok(Ok(()))) {
            continue;
        }
        tracing::error!("the quality supervisor is lost: another one reads the logs of the calls");
        parts.metrics.count_failure(Failure::Supervisor);
        // Should it thaw, its thread is over, and what it writes twice changes nothing.
        thread.stop();
        let (supervisor, its_thread) = begin(&parts, &persistence);
        *current.lock() = supervisor;
        thread = its_thread;
    }
}
