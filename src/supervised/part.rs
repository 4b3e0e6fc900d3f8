//! A part of the engine as its supervisor sees it, and its current state.
//!
//! Owns: the name of a part, its limit, and its line in health. Never does: start or stop it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::heartbeat::{End, Heartbeat};
use crate::telemetry::metrics::Failure;

/// The default limit for heartbeats. A run that does not beat for this long is frozen.
const PATIENCE: Duration = Duration::from_secs(5);

/// A part of the engine that runs for as long as the process does.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The name in metrics, health and alerts.
    pub name: &'static str,
    /// A run that does not beat for this long is frozen.
    pub patience: Duration,
    /// No call can be accepted while it is down.
    pub needed: bool,
    /// The component that `errors_total` also counts when a run of the part is lost.
    pub failure: Option<Failure>,
}

impl Part {
    pub const fn new(name: &'static str) -> Self {
        Self { name, patience: PATIENCE, needed: false, failure: None }
    }

    /// Returns the part with another limit for heartbeats.
    #[must_use]
    pub const fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Returns the part as one without which no call can be accepted.
    #[must_use]
    pub const fn needed(self) -> Self {
        Self { needed: true, ..self }
    }

    /// Returns the part with the failure that its lost runs also count as.
    #[must_use]
    pub const fn failing_as(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

/// The current state of a part, as health shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartStatus {
    pub name: &'static str,
    pub needed: bool,
    /// A run is active.
    pub up: bool,
    /// How often a lost run was replaced.
    pub restarts: u64,
    /// How the last lost run ended, and how long ago.
    pub last_loss: Option<(End, Duration)>,
}

/// The state of one part, shared by its supervisor and by observers.
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

    /// Returns the heartbeat of the active run.
    pub(super) fn heartbeat(&self) -> Option<Arc<Heartbeat>> {
        self.now.lock().heartbeat.clone()
    }

    pub(super) fn status(&self) -> PartStatus {
        let now = self.now.lock();
        PartStatus {
            name: self.part.name,
            needed: self.part.needed,
            // A run that has just ended counts as down even before the supervisor notices it.
            up: now.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.end().is_none()),
            restarts: now.restarts,
            last_loss: now.lost.map(|(end, at)| (end, at.elapsed())),
        }
    }
}

/// The states of all parts. Cloning it is cheap.
#[derive(Debug, Clone, Default)]
pub struct StatusBoard(Arc<Mutex<Vec<Arc<State>>>>);

impl StatusBoard {
    pub(super) fn add(&self, state: Arc<State>) {
        self.0.lock().push(state);
    }

    /// Returns the states in the order in which the parts were started.
    pub fn statuses(&self) -> Vec<PartStatus> {
        self.0.lock().iter().map(|state| state.status()).collect()
    }

    /// Injects a fault into a part at its next heartbeat. Returns false if the part does not exist
    /// or has no run.
    #[cfg(debug_assertions)]
    pub fn inject(&self, name: &str, fault: super::InjectedFault) -> bool {
        let states = self.0.lock();
        let heartbeat = states.iter().find(|state| state.part.name == name).and_then(|state| state.heartbeat());
        heartbeat.is_some_and(|heartbeat| {
            heartbeat.inject(fault);
            true
        })
    }
}
