//! Table rows as Rust types. What the columns mean stands in the product contract; how rows come about, in
//! the engine's `storage`.
//!
//! Owns: the shape of a row. Never does: queries.

pub mod call_guide_versions;
pub mod call_guides;
pub mod event_logs;
pub mod interview_responses;
pub mod interviews;
pub mod join_tokens;
pub mod person_keys;

pub use interviews::{Channel, Status};
