//! The threads that all models share.
//!
//! Owns: a fixed number of inference threads, and the order in which work is run on them. Never
//! does: know what the work is, or touch the media path.

pub mod cores;
mod queue;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod testing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::oneshot;

pub use queue::Stats;
use queue::{Done, Owner, Queue};

/// The number of priorities.
const PRIORITIES: usize = 4;

/// The priority of work. Work at the end of a turn comes first, because the respondent is waiting
/// for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Transcription and the turn detector, at a pause.
    EndOfTurn,
    /// The next sentence to be spoken, which somebody is waiting for.
    FirstSentence,
    /// What a live call will say later. It never takes the last free thread.
    Ahead,
    /// Everything else that is prepared in advance. It never takes the last free thread either.
    Background,
}

impl Priority {
    /// All priorities, the most urgent first. The index of each is `priority as usize`.
    pub const ALL: [Self; PRIORITIES] = [Self::EndOfTurn, Self::FirstSentence, Self::Ahead, Self::Background];

    /// Returns the name used in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::EndOfTurn => "end_of_turn",
            Self::FirstSentence => "first_sentence",
            Self::Ahead => "ahead",
            Self::Background => "background",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    #[error("the inference threads have ended")]
    Stopped,
    #[error("the model's work panicked: {0}")]
    Panicked(String),
}

/// A handle on the threads, cheap to clone. The threads end when the last handle is dropped.
/// Running work is completed, and waiting work ends with [`InferenceError::Stopped`].
#[derive(Clone)]
pub struct Inference {
    threads: Arc<Owner>,
}

impl Inference {
    /// Starts `threads` threads. There are at least 2, so that background work never blocks a turn.
    pub fn start(threads: usize) -> Self {
        Self { threads: Arc::new(Owner::start(threads.max(2))) }
    }

    /// Runs `work` on one of the threads, in order of priority and then of arrival. Dropping the
    /// future before the work has begun removes it from the queue. Afterwards, the work is
    /// completed and its result is discarded.
    ///
    /// # Errors
    /// Returns [`InferenceError::Panicked`] with the message if the work panics. The thread
    /// continues to run.
    pub async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, InferenceError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.threads.queue();
        let job = Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(panic.as_ref()));
            // The send fails if the future was dropped meanwhile, and then nothing has to be done.
            Done { panicked: result.is_err(), reply: Box::new(move || drop(reply.send(result))) }
        });
        let id = queue.push(priority, job).ok_or(InferenceError::Stopped)?;
        let _withdraw = Withdraw { queue, priority, id };
        match answer.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(message)) => Err(InferenceError::Panicked(message)),
            Err(_) => Err(InferenceError::Stopped),
        }
    }

    /// Keeps background work from beginning until the returned value is dropped, unless the work
    /// has waited for 10 s. It is held while somebody is speaking or expected to, and will wait for
    /// an answer, because work that has begun cannot be interrupted when the turn ends.
    #[must_use = "the hold ends when it is dropped"]
    pub fn hold_background(&self) -> Hold {
        let queue = self.threads.queue();
        queue.hold();
        Hold { queue }
    }

    /// Ends the threads. Waiting work and later requests end with [`InferenceError::Stopped`].
    /// Blocks until the running work is done, which takes a few seconds at most for a long
    /// sentence.
    ///
    /// The process must call this before it ends. A model that still computes while the C++
    /// libraries are unloaded prints errors or crashes.
    pub fn close(&self) {
        self.threads.queue().close();
    }

    /// Returns queue lengths, waiting times and outcomes since the start, for metrics.
    pub fn stats(&self) -> Stats {
        self.threads.queue().stats()
    }
}

/// Keeps background work from beginning. See [`Inference::hold_background`].
pub struct Hold {
    queue: Arc<Queue>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.queue.release();
    }
}

/// Removes the job from the queue when its future is dropped. It has no effect once the job has
/// begun.
struct Withdraw {
    queue: Arc<Queue>,
    priority: Priority,
    id: u64,
}

impl Drop for Withdraw {
    fn drop(&mut self) {
        self.queue.withdraw(self.priority, self.id);
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
