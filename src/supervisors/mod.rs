//! Parts that look after what the calls leave behind.
//!
//! Owns: persistence of events, the eye on the database and on parts that fail, interviews that
//! nobody came to, the quality of calls, the end of events' time. Never does: take part in a call.

pub mod appointments;
pub mod components;
pub mod database;
mod incidents;
pub mod persistence;
pub mod quality;
pub mod retention;
mod spool;

pub use appointments::{Appointments, Rooms};
pub use incidents::{Incident, Incidents};
pub use persistence::{AppendError, Committed, Patience, Persistence};
pub use quality::Quality;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use spool::fuzzing;
