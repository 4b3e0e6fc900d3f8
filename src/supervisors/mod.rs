//! The parts that process what calls produce.
//!
//! Owns: persistence of events, monitoring of the database and of failing parts, missed interviews,
//! the quality of calls, and retention. Never does: take part in a call.

pub mod appointments;
pub mod components;
pub mod database;
mod incidents;
pub mod persistence;
pub mod quality;
pub mod retention;
mod spool;

pub use appointments::{Appointments, LiveCalls};
pub use incidents::{Incident, Incidents};
pub use persistence::{AppendError, Committed, Patience, Persistence};
pub use quality::Quality;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use spool::fuzzing;
