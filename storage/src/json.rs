//! Values of ours as JSON.
//!
//! Owns: turning them into it. Never does: read it back.

use super::error::StorageError;

/// Turns a value of ours into JSON for a column.
pub(crate) fn to_json(what: &'static str, value: impl serde::Serialize) -> Result<serde_json::Value, StorageError> {
    serde_json::to_value(value).map_err(|error| StorageError::Corrupt { what, reason: error.to_string() })
}
