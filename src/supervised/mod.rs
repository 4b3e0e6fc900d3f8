//! The one way in which everything that runs for as long as the process is supervised.
//!
//! - `heartbeat`: the sign of life of one run of a part, and the word that it has been replaced
//! - `part`: what a part is, and how it stands
//! - `runs`: the two forms of a part, a loop and an actor
//! - `supervisor`: the thread that replaces runs which are over or frozen
//! - `stack`: starting, and stopping in reverse order
//!
//! A part keeps what must not be lost outside of its run (a queue that it shares with whoever fills
//! it, rows of a table), so that the next run goes on where the last one ended. The actors of calls
//! are not parts, because they come and go: they beat in the same way, and `session::watcher`,
//! which is a part, replaces them.
//!
//! Owns: noticing that a run is lost, replacing it after a growing pause, counting that, and the
//! line in health. Never does: know what a part does, or save a run's memory.

mod heartbeat;
mod part;
mod runs;
mod stack;
mod supervisor;
#[cfg(all(test, debug_assertions))]
mod tests;

#[cfg(debug_assertions)]
pub use heartbeat::Sabotage;
pub use heartbeat::{End, HEARTBEAT_INTERVAL, Heartbeat, Run};
pub use part::{Board, Part, Standing};
pub use runs::{acting, looping, runtime};
pub use stack::{Stack, Supervised};
