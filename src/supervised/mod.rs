//! The supervision of everything that runs for as long as the process.
//!
//! - `heartbeat`: the heartbeat of one run of a part, and the signal that it has been superseded
//! - `part`: what a part is, and its current state
//! - `runs`: the two forms of a part, a loop and an actor
//! - `supervisor`: the thread that replaces runs which are over or frozen
//! - `stack`: starting, and stopping in reverse order
//!
//! A part stores what must not be lost outside of its run, such as in a queue or in a table, so
//! that the next run can continue from there. The actors of calls are not parts, because they come
//! and go. They beat in the same way, and `session::watcher`, which is a part, replaces them.
//!
//! Owns: detecting that a run is lost, replacing it after a growing pause, counting that, and the
//! line in health. Never does: know what a part does, or save the memory of a run.

mod heartbeat;
mod part;
mod runs;
mod stack;
mod supervisor;
#[cfg(all(test, debug_assertions))]
mod tests;

#[cfg(debug_assertions)]
pub use heartbeat::InjectedFault;
pub use heartbeat::{End, HEARTBEAT_INTERVAL, Heartbeat, Run};
pub use part::{Part, PartStatus, StatusBoard};
pub use runs::{acting, looping, runtime};
pub use stack::{Stack, Supervised};
