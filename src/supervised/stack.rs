//! The stack of the started parts, which are stopped in reverse order.
//!
//! Owns: this order. Each part registers how it is started, how it is stopped and how its state is
//! observed. Never does: know any part.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::heartbeat::{End, Run};
use super::part::{Part, State, StatusBoard};
use super::supervisor::{Supervisor, Watched};
use crate::telemetry::Metrics;

/// How long to wait for a run that was told to end.
const GRACE: Duration = Duration::from_secs(2);
/// The interval at which the end of a run is checked.
const LOOK: Duration = Duration::from_millis(5);

type Stop = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>>>;

enum Layer {
    /// A supervised part. No further run is started, and the active one ends.
    Part(Arc<State>),
    /// A part that is only watched. The stack does not control when it ends.
    Watched(Arc<State>),
    /// An action at this position of the stack.
    Stop(&'static str, Stop),
}

/// A part whose lost runs are replaced, with the handle of its current run. Cloning it is cheap.
#[derive(Clone)]
pub struct Supervised<T>(Arc<Mutex<Option<T>>>);

impl<T: Clone> Supervised<T> {
    /// Returns the handle of the newest run, which may be lost by now, or `None` before the first
    /// run.
    pub fn current(&self) -> Option<T> {
        self.0.lock().clone()
    }
}

/// Everything that was started so far. Dropping it tells every part to end, without waiting.
pub struct Stack {
    layers: Vec<Layer>,
    board: StatusBoard,
    supervisor: Supervisor,
    metrics: Arc<Metrics>,
}

impl Stack {
    /// Starts the thread of the supervisor.
    ///
    /// # Errors
    /// The error of the operating system if the thread cannot be started.
    pub fn new(metrics: Arc<Metrics>) -> io::Result<Self> {
        let supervisor = Supervisor::start(Arc::clone(&metrics))?;
        Ok(Self { layers: Vec::new(), board: StatusBoard::default(), supervisor, metrics })
    }

    /// Starts a part, which is restarted whenever a run of it is lost. `begin` returns the handle
    /// of a run.
    ///
    /// # Errors
    /// The error of the operating system if a thread cannot be started.
    pub fn supervise<T: Clone + Send + 'static>(
        &mut self,
        part: Part,
        begin: impl FnMut(Run) -> io::Result<T> + Send + 'static,
    ) -> io::Result<Supervised<T>> {
        self.add(part, begin, false)
    }

    /// Watches a part that cannot be restarted. Health and metrics report that it is frozen or
    /// gone.
    ///
    /// # Errors
    /// The errors of `begin`.
    pub fn watch<T: Clone + Send + 'static>(
        &mut self,
        part: Part,
        begin: impl FnMut(Run) -> io::Result<T> + Send + 'static,
    ) -> io::Result<Supervised<T>> {
        self.add(part, begin, true)
    }

    fn add<T: Clone + Send + 'static>(
        &mut self,
        part: Part,
        mut begin: impl FnMut(Run) -> io::Result<T> + Send + 'static,
        only_watched: bool,
    ) -> io::Result<Supervised<T>> {
        for end in End::ALL {
            self.metrics.part_restarts_total.with_label_values(&[part.name, end.as_str()]);
        }
        let state = Arc::new(State::new(part));
        let current = Arc::new(Mutex::new(None));
        let supervised = Supervised(Arc::clone(&current));
        let begin = move |run| {
            let reached = begin(run)?;
            *current.lock() = Some(reached);
            Ok(())
        };
        let watched = Watched::begin(Arc::clone(&state), Box::new(begin), only_watched)?;
        self.board.add(Arc::clone(&state));
        self.supervisor.watch(watched);
        self.layers.push(if only_watched { Layer::Watched(state) } else { Layer::Part(state) });
        Ok(supervised)
    }

    /// Adds an action to the stack. It is performed after everything that is started later has
    /// stopped, and before anything that was started earlier stops.
    pub fn on_stop<F>(&mut self, name: &'static str, stop: impl FnOnce() -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        self.layers.push(Layer::Stop(name, Box::new(move || Box::pin(stop()))));
    }

    /// Returns the states of all parts, including those that are started later.
    pub fn board(&self) -> StatusBoard {
        self.board.clone()
    }

    /// Stops everything in reverse order.
    pub async fn stop(mut self) {
        while let Some(layer) = self.layers.pop() {
            match layer {
                Layer::Part(state) => self.end(&state).await,
                Layer::Watched(state) => {
                    self.supervisor.release(&state);
                    state.stopped();
                }
                Layer::Stop(name, stop) => {
                    tracing::debug!(name, "stopping");
                    stop().await;
                }
            }
        }
    }

    async fn end(&self, state: &Arc<State>) {
        self.supervisor.release(state);
        let heartbeat = state.heartbeat();
        state.stopped();
        let Some(heartbeat) = heartbeat else { return };
        let ended = async {
            while heartbeat.end().is_none() {
                tokio::time::sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!(part = state.part().name, "a part did not end in time");
        }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        for layer in self.layers.drain(..).rev() {
            if let Layer::Part(state) | Layer::Watched(state) = layer {
                self.supervisor.release(&state);
                state.stopped();
            }
        }
    }
}
