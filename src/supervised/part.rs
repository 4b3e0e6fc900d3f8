//! What a part is to its supervisor, and how it stands at this moment.
//!
//! Owns: a part's name, its limit, and the line that health shows of it. Never does: start or stop
//! it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::heartbeat::{End, Heartbeat};
use crate::telemetry::metrics::Failure;

/// A run that does not beat for so long is frozen, unless the part says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// A part of the engine that runs for as long as the process does.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// As metrics, health and alerts name it.
    pub name: &'static str,
    /// A run that does not beat for so long is frozen.
    pub patience: Duration,
    /// No call can be taken while it is down.
    pub needed: bool,
    /// What `errors_total` counts as well when a run of it is lost.
    pub failure: Option<Failure>,
}

impl Part {
    pub const fn new(name: &'static str) -> Self {
        Self { name, patience: PATIENCE, needed: false, failure: None }
    }

    /// The same part, frozen when it does not beat for `patience`.
    #[must_use]
    pub const fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The same part, without which no call can be taken.
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// The same part, whose lost runs count as this failure too.
    #[must_use]
    pub const fn failing_as(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

/// How a part stands, as health shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub name: &'static str,
    pub needed: bool,
    /// A run goes on.
    pub up: bool,
    /// How often another run took the place of one that was lost.
    pub restarts: u64,
    /// How the last run that was lost ended, and how long ago.
    pub last_loss: Option<(End, Duration)>,
}

/// What supervisor and observers share of one part.
#[derive(Debug)]
pub(super) struct State {
    part: Part,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    heartbeat: Option<Arc<Heartbeat>>,
    restarts: u64,
    lost: Option<(End, Instant)>,
}

impl State {
    pub(super) fn new(part: Part) -> Self {
        Self { part, now: Mutex::default() }
    }

    pub(super) fn part(&self) -> &Part {
        &self.part
    }

    pub(super) fn began(&self, heartbeat: Arc<Heartbeat>) {
        self.now.lock().heartbeat = Some(heartbeat);
    }

    pub(super) fn lost(&self, end: End) {
        let mut now = self.now.lock();
        now.heartbeat = None;
        now.restarts += 1;
        now.lost = Some((end, Instant::now()));
    }

    pub(super) fn stopped(&self) {
        if let Some(heartbeat) = self.now.lock().heartbeat.take() {
            heartbeat.supersede();
        }
    }

    /// Of the run that goes on.
    pub(super) fn heartbeat(&self) -> Option<Arc<Heartbeat>> {
        self.now.lock().heartbeat.clone()
    }

    pub(super) fn standing(&self) -> Standing {
        let now = self.now.lock();
        Standing {
            name: self.part.name,
            needed: self.part.needed,
            // A run that has just ended is not noticed yet, and is over all the same.
            up: now.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.end().is_none()),
            restarts: now.restarts,
            last_loss: now.lost.map(|(end, at)| (end, at.elapsed())),
        }
    }
}

/// How all parts stand; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Vec<Arc<State>>>>);

impl Board {
    pub(super) fn add(&self, state: Arc<State>) {
        self.0.lock().push(state);
    }

    /// In the order in which they were started.
    pub fn standings(&self) -> Vec<Standing> {
        self.0.lock().iter().map(|state| state.standing()).collect()
    }

    /// What a bug in the part would do, at its next heartbeat; false when there is no such part, or
    /// no run of it.
    #[cfg(debug_assertions)]
    pub fn sabotage(&self, name: &str, sabotage: super::Sabotage) -> bool {
        let states = self.0.lock();
        let heartbeat = states.iter().find(|state| state.part.name == name).and_then(|state| state.heartbeat());
        heartbeat.is_some_and(|heartbeat| {
            heartbeat.sabotage(sabotage);
            true
        })
    }
}
