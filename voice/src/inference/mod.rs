//! The threads that all models share.
//!
//! Owns: a fixed number of inference threads and the order in which work gets them.
//! Never does: know what the work is, touch the media path.

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

/// How many there are.
const PRIORITIES: usize = 4;

/// Who goes first. End-of-turn work is what a respondent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Transcription and turn judgement at a pause.
    EndOfTurn,
    /// The next sentence to be spoken: somebody waits for it.
    FirstSentence,
    /// What a live call says next. Never takes the last free thread.
    Ahead,
    /// Everything else that is made before it is needed. Never takes the last free thread either.
    Background,
}

impl Priority {
    /// All of them, most urgent first; `priority as usize` is the place in here.
    pub const ALL: [Self; PRIORITIES] = [Self::EndOfTurn, Self::FirstSentence, Self::Ahead, Self::Background];

    /// Name for metrics and logs.
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
    #[error("the inference threads are gone")]
    Stopped,
    #[error("inference panicked: {0}")]
    Panicked(String),
}

/// A handle on the threads; cheap to clone. The threads end when the last handle is dropped: work that is running
/// finishes, work that is waiting ends in [`InferenceError::Stopped`].
#[derive(Clone)]
pub struct Inference {
    threads: Arc<Owner>,
}

impl Inference {
    /// Starts `threads` threads (at least 2, so that background work never blocks a turn).
    pub fn start(threads: usize) -> Self {
        Self { threads: Arc::new(Owner::start(threads.max(2))) }
    }

    /// Runs `work` on one of the threads, in order of priority, then of arrival. Dropping the future before the work
    /// has begun takes it out of the queue; after that the work runs to its end and its result is thrown away.
    ///
    /// # Errors
    /// [`InferenceError::Panicked`] with the message when the work panics; the thread lives on.
    pub async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, InferenceError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.threads.queue();
        let job = Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(panic.as_ref()));
            // Nobody listens any more when the future was dropped meanwhile: nothing to do then.
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

    /// Somebody is speaking, or expected to, and will wait for an answer: background work does not begin while this is kept
    /// (unless it has waited for ten seconds), since what has begun cannot be taken off its core when the turn ends.
    #[must_use = "the hold ends when it is dropped"]
    pub fn hold_background(&self) -> Hold {
        let queue = self.threads.queue();
        queue.hold();
        Hold { queue }
    }

    /// Ends the threads: waiting work ends in [`InferenceError::Stopped`], as does what is asked for later; returns when
    /// the work that runs is done (a few seconds at most for a long sentence). Blocking.
    ///
    /// To be called before the process ends: a model that computes while the C++ libraries are torn down around it fails
    /// loudly, or crashes.
    pub fn close(&self) {
        self.threads.queue().close();
    }

    /// Queue depth, waits and outcomes up to now, for metrics.
    pub fn stats(&self) -> Stats {
        self.threads.queue().stats()
    }
}

/// Keeps background work from beginning; see [`Inference::hold_background`].
pub struct Hold {
    queue: Arc<Queue>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.queue.release();
    }
}

/// Takes the job out of the queue when its future is dropped; harmless once it has begun.
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
