//! The stack of what was started, which is stopped in reverse order.
//!
//! Owns: that order. Each part registers how it starts, how it stops and how it stands. Never does:
//! know any part.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::heartbeat::{End, Run};
use super::part::{Board, Part, State};
use super::supervisor::{Supervisor, Watched};
use crate::telemetry::Metrics;

/// How long a run that is told to end is waited for.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(5);

type Stop = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>>>;

enum Layer {
    /// A supervised part: no other run of it is begun, and the one that goes on ends.
    Part(Arc<State>),
    /// The same for a part that is only watched: when it ends is not the stack's.
    Watched(Arc<State>),
    /// Whatever has to be done at this place.
    Stop(&'static str, Stop),
}

/// A part that another run of takes over when one is lost, and what its current run is reached by;
/// cheap to clone.
#[derive(Clone)]
pub struct Supervised<T>(Arc<Mutex<Option<T>>>);

impl<T: Clone> Supervised<T> {
    /// Of the newest run, which may be lost by now. None before the first.
    pub fn current(&self) -> Option<T> {
        self.0.lock().clone()
    }
}

/// What was started so far. Dropping it tells every part to end, and waits for none.
pub struct Stack {
    layers: Vec<Layer>,
    board: Board,
    supervisor: Supervisor,
    metrics: Arc<Metrics>,
}

impl Stack {
    /// Starts the supervisor's thread.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn new(metrics: Arc<Metrics>) -> io::Result<Self> {
        let supervisor = Supervisor::start(Arc::clone(&metrics))?;
        Ok(Self { layers: Vec::new(), board: Board::default(), supervisor, metrics })
    }

    /// Starts a part, which is started again whenever a run of it is lost. `begin` returns what the
    /// run is reached by.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn supervise<T: Clone + Send + 'static>(
        &mut self,
        part: Part,
        begin: impl FnMut(Run) -> io::Result<T> + Send + 'static,
    ) -> io::Result<Supervised<T>> {
        self.add(part, begin, false)
    }

    /// Only watches a part that nobody could start again: health and metrics tell that it is frozen
    /// or gone.
    ///
    /// # Errors
    /// Those of `begin`.
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

    /// Has this done when it is the turn of this place: after all that is started later has
    /// stopped, and before all that was started earlier.
    pub fn on_stop<F>(&mut self, name: &'static str, stop: impl FnOnce() -> F + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        self.layers.push(Layer::Stop(name, Box::new(move || Box::pin(stop()))));
    }

    /// How every part stands, now and later.
    pub fn board(&self) -> Board {
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
