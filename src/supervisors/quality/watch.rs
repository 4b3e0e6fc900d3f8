//! Has the quality supervisor started, and started anew when it is lost.
//!
//! Owns: its subscription to what is committed. Never does: judge anything.

use std::io;
use std::time::Duration;

use actix::Addr;
use tokio::sync::oneshot;

use super::{Parts, Settle, Supervisor};
use crate::supervised::{Part, Run, Stack, Supervised, acting};
use crate::supervisors::persistence::Persistence;
use crate::telemetry::metrics::Failure;

const PART: Part = Part::new("quality").failing_as(Failure::Supervisor);
/// What is written when the engine stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A handle on the supervisor; cheap to clone.
#[derive(Clone)]
pub struct Quality(Supervised<Addr<Supervisor>>);

impl Quality {
    /// Sees everything that is committed from now on, and catches up with what was before. Needs a
    /// running actix system. When the stack is stopped, what is left is judged before it ends.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
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
                tracing::warn!("not everything was judged; the next start does it");
            }
        });
        Ok(quality)
    }

    /// Returns when everything that was committed before is judged and written: false when that
    /// takes too long.
    pub async fn settle(&self) -> bool {
        let Some(supervisor) = self.0.current() else { return false };
        let (settled, done) = oneshot::channel();
        supervisor.do_send(Settle(settled));
        matches!(tokio::time::timeout(LAST_WORDS, done).await, Ok(Ok(())))
    }
}
