//! Actors that look after what the calls leave behind.
//!
//! Owns: persistence of events, the eye on the database. Never does: take part in a call.

pub mod database;
pub mod persistence;
mod spool;

pub use persistence::{Append, AppendError, Flush, Persistence};
