//! Actors that look after what the calls leave behind.
//!
//! Owns: persistence of events, the eye on the database, interviews that nobody came to, the quality of calls, the end of events' time.
//! Never does: take part in a call.

pub mod appointments;
pub mod database;
pub mod persistence;
pub mod quality;
pub mod retention;
mod spool;

pub use appointments::{Appointments, Rooms};
pub use persistence::{Append, AppendError, Committed, Flush, Forget, Persistence, Subscribe};
pub use quality::Quality;
