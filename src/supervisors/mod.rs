//! Actors that look after what the calls leave behind.
//!
//! Owns: persistence of events; ending interviews that nobody came to. Never does: take part in a call.

pub mod appointments;
pub mod persistence;
mod spool;

pub use appointments::Appointments;
pub use persistence::{Append, AppendError, Flush, Persistence};
