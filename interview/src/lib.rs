//! The interview itself, as a pure state machine.
//!
//! Owns: the guide and its checks, what is asked next, when a turn of the respondent is over, what
//! an answer is worth, when its quality calls for somebody's attention, and consent. Never does:
//! I/O, read a clock, draw random numbers, or wait.
//!
//! Callers give it [`Input`]s with the time of the call clock, and carry out the [`Output`]s. The
//! [`Event`]s among those are its persistence: replaying them rebuilds the state. A panic is always
//! a bug, and never caused by bad input.

pub mod analysis;
pub mod call;
pub mod condition;
pub mod dialogue;
pub mod followup;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod guide;
pub mod insight;
pub mod io;
pub mod language;
mod lexicon;
pub mod lint;
pub mod meaning;
pub mod quality;
pub mod score;
pub mod spans;
pub mod turn;
pub mod understanding;
pub mod webhook;
mod wording;

pub use dialogue::{Interview, Settings};
pub use guide::Guide;
pub use io::{Event, Input, Ms, Output, ProposalRequest};
