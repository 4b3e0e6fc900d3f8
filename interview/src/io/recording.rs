//! What happens to a recording, as events tell it.
//!
//! Owns: where the wish to stop it came from, and why part of it is missing. Never does: record.

use serde::{Deserialize, Serialize};

/// By which means a request was made.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    Voice,
    Page,
    Api,
}

/// Why a recording is incomplete.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFault {
    /// It could not be written: nothing more of it is kept.
    WriteFailed,
    /// The disk was too slow: packets are missing.
    TooSlow,
    /// What writes recordings has died: what was not on disk is missing.
    WriterLost,
}
