//! Starts the quality supervisor, and restarts it when it is lost.
//!
//! Owns: its subscription to committed events. Never does: judge anything.

use std::io;
use std::time::Duration;

use actix::Addr;
use tokio::sync::oneshot;

use super::{Parts, Settle, Supervisor};
use crate::supervised::{Part, Run, Stack, Supervised, acting};
use crate::supervisors::persistence::Persistence;
use crate::telemetry::metrics::Failure;

const PART: Part = Part::new("quality").failing_as(Failure::Supervisor);
/// How long the supervisor may take when the engine stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A handle to the supervisor. Cloning it is cheap.
#[derive(Clone)]
pub struct Quality(Supervised<Addr<Supervisor>>);

impl Quality {
    /// Starts the supervisor. It receives everything that is committed from now on, and catches up
    /// with earlier events. It requires a running actix system. When the stack is stopped, the
    /// remaining events are judged first.
    ///
    /// # Errors
    /// The error of the operating system if a thread cannot be started.
    pub fn start(stack: &mut Stack, parts: Parts, persistence: Persistence) -> io::Result<Self> {
        let mut begin = acting(move |run| Supervisor::new(parts.clone(), run));
        let begin_and_subscribe = move |run: Run| {
            let supervisor = begin(run)?;
            persistence.subscribe(supervisor.clone().recipient());
            Ok(supervisor)
        };
        let quality = Self(stack.supervise(PART, begin_and_subscribe)?);
        let last = quality.clone();
        stack.on_stop(PART.name, move || async move {
            if !last.settle().await {
                tracing::warn!("some events were not judged. The next start does that");
            }
        });
        Ok(quality)
    }

    /// Waits until everything committed before is judged and stored. Returns false if that takes
    /// too long.
    pub async fn settle(&self) -> bool {
        let Some(supervisor) = self.0.current() else { return false };
        let (settled, done) = oneshot::channel();
        supervisor.do_send(Settle(settled));
        matches!(tokio::time::timeout(LAST_WORDS, done).await, Ok(Ok(())))
    }
}
