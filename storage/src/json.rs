//! Serialization to JSON.
//!
//! Owns: serializing values. Never does: parse them.

use super::error::StorageError;

/// Serializes a value for a column.
pub(crate) fn to_json(what: &'static str, value: impl serde::Serialize) -> Result<serde_json::Value, StorageError> {
    serde_json::to_value(value).map_err(|error| StorageError::Corrupt { what, reason: error.to_string() })
}
