//! The thread that supervises all parts. It replaces a run that is over or frozen, after a pause.
//!
//! Owns: this decision, the pauses, and the metrics about them. It has its own thread, which waits
//! for nothing, so that nothing can block it. Never does: know what a part does.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use actix::System;
use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use super::heartbeat::{End, Heartbeat, Run};
use super::part::State;
use crate::telemetry::Metrics;

/// The interval at which every part is checked.
const LOOK: Duration = Duration::from_millis(200);
/// The pause before the first restart. It doubles with each further restart, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(30);
/// After a run of this length, pauses start at [`FIRST`] again.
const STEADY: Duration = Duration::from_mins(1);

/// Starts a run of a part. It is called at the start of the part, and whenever a run was lost.
pub(super) type Begin = Box<dyn FnMut(Run) -> io::Result<()> + Send>;

/// A part under supervision.
pub(super) struct Watched {
    state: Arc<State>,
    begin: Begin,
    pauses: ExponentialBackoff,
    phase: Phase,
    /// No other run can be started, so a frozen run is only waited for.
    irreplaceable: bool,
}

enum Phase {
    Running {
        heartbeat: Arc<Heartbeat>,
        since: Instant,
        beats: u64,
        missed: u32,
    },
    Pausing {
        until: Instant,
    },
    /// The run is frozen and cannot be replaced. It may continue later.
    Stalled {
        heartbeat: Arc<Heartbeat>,
        beats: u64,
    },
    /// The part is lost for good.
    Gone,
}

impl Watched {
    /// Starts the first run.
    pub(super) fn begin(state: Arc<State>, begin: Begin, irreplaceable: bool) -> io::Result<Self> {
        let now = Instant::now();
        let phase = Phase::Pausing { until: now };
        let mut watched = Self { state, begin, pauses: pauses(), phase, irreplaceable };
        watched.restart(now)?;
        Ok(watched)
    }

    fn restart(&mut self, now: Instant) -> io::Result<()> {
        let heartbeat = Arc::new(Heartbeat::default());
        (self.begin)(Run::new(Arc::clone(&heartbeat)))?;
        self.state.began(Arc::clone(&heartbeat));
        self.phase = Phase::Running { heartbeat, since: now, beats: 0, missed: 0 };
        Ok(())
    }

    /// Checks the heartbeat, and starts another run when it is due.
    fn look(&mut self, now: Instant, metrics: &Metrics) {
        let patience = (self.state.part().patience.as_millis() / LOOK.as_millis()).max(1) as u32;
        let name = self.state.part().name;
        match &mut self.phase {
            Phase::Running { heartbeat, since, beats, missed } => {
                let seen = heartbeat.beats();
                // Missed checks are counted instead of time, so that a suspended process does not
                // find its parts frozen.
                *missed = if seen == *beats { *missed + 1 } else { 0 };
                *beats = seen;
                let end = heartbeat.end().or((*missed >= patience).then_some(End::Frozen));
                if let Some(end) = end {
                    let heartbeat = Arc::clone(heartbeat);
                    if now.duration_since(*since) >= STEADY {
                        self.pauses = pauses();
                    }
                    self.lose(end, heartbeat, now, metrics);
                }
            }
            Phase::Stalled { heartbeat, beats } if heartbeat.beats() != *beats => {
                tracing::info!(part = name, "a frozen part continues");
                let (heartbeat, beats) = (Arc::clone(heartbeat), heartbeat.beats());
                self.state.began(Arc::clone(&heartbeat));
                self.phase = Phase::Running { heartbeat, since: now, beats, missed: 0 };
            }
            Phase::Pausing { until } if *until <= now => {
                if let Err(error) = self.restart(now) {
                    tracing::error!(part = name, %error, "a part cannot be restarted yet");
                    self.pause(now);
                } else {
                    tracing::info!(part = name, "a part was restarted");
                }
            }
            Phase::Pausing { .. } | Phase::Stalled { .. } | Phase::Gone => {}
        }
    }

    fn lose(&mut self, end: End, heartbeat: Arc<Heartbeat>, now: Instant, metrics: &Metrics) {
        let part = self.state.part();
        tracing::error!(part = part.name, reason = end.as_str(), "a part of the engine is lost");
        metrics.part_restarts_total.with_label_values(&[part.name, end.as_str()]).inc();
        if let Some(failure) = part.failure {
            metrics.count_failure(failure);
        }
        self.state.lost(end);
        match end {
            End::Frozen if self.irreplaceable => {
                let beats = heartbeat.beats();
                self.phase = Phase::Stalled { heartbeat, beats };
            }
            _ if self.irreplaceable => self.phase = Phase::Gone,
            _ => {
                heartbeat.supersede();
                self.pause(now);
            }
        }
    }

    fn pause(&mut self, now: Instant) {
        let pause = self.pauses.next().unwrap_or(LONGEST);
        self.phase = Phase::Pausing { until: now + pause };
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::new().with_min_delay(FIRST).with_max_delay(LONGEST).without_max_times().build()
}

enum Order {
    Watch(Box<Watched>),
    /// Stops supervising this part.
    Release(Arc<State>, Sender<()>),
}

/// The thread of the supervisor. It ends when this is dropped, and the parts continue without
/// supervision.
pub(super) struct Supervisor {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    pub(super) fn start(metrics: Arc<Metrics>) -> io::Result<Self> {
        let (orders, received) = channel();
        // Actors are started on threads that know their system.
        let system = System::try_current();
        let thread = thread::Builder::new().name("supervisor".into()).spawn(move || {
            if let Some(system) = system {
                System::set_current(system);
            }
            watch(&received, &metrics);
        })?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    pub(super) fn watch(&self, watched: Watched) {
        self.order(Order::Watch(Box::new(watched)));
    }

    /// Stops supervising a part. After this returns, no further run of the part is started.
    pub(super) fn release(&self, state: &Arc<State>) {
        let (released, done) = channel();
        self.order(Order::Release(Arc::clone(state), released));
        // An error means that the thread is gone, and so cannot start a run either.
        let _ = done.recv();
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // An error would mean that the thread is gone, which does not happen before this is
            // dropped.
            let _ = orders.send(order);
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has already been reported.
            let _ = thread.join();
        }
    }
}

fn watch(orders: &Receiver<Order>, metrics: &Metrics) {
    let mut parts: Vec<Box<Watched>> = Vec::new();
    let mut next = Instant::now() + LOOK;
    loop {
        match orders.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Order::Watch(part)) => parts.push(part),
            Ok(Order::Release(state, released)) => {
                parts.retain(|part| !Arc::ptr_eq(&part.state, &state));
                // The caller may have given up.
                let _ = released.send(());
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                for part in &mut parts {
                    part.look(now, metrics);
                }
                next = now + LOOK;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
