//! Actors that look after what the calls leave behind.
//!
//! Owns: persistence of events, the end of their time. Never does: take part in a call.

pub mod persistence;
pub mod retention;
mod spool;

pub use persistence::{Append, AppendError, Flush, Forget, Persistence};
