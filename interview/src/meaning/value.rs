//! The value that an answer names.
//!
//! Owns: the form in which it is stored. Never does: read one in a text.

use serde::{Deserialize, Serialize};

/// The value that an answer names, as it is stored in `interview_responses.value`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = AnswerValue))]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    #[serde(serialize_with = "number")]
    Number(f64),
    #[serde(serialize_with = "range")]
    Range([f64; 2]),
    /// The ids of the options, in the order of the guide.
    Options(Vec<String>),
    Yes(bool),
    /// A date in ISO 8601, as far as it was said: `2024-05-03`, `2024-05`, `2024`, `--05-03`,
    /// `--05`, `---03`.
    Date(String),
    /// An e-mail address, a phone number, a name.
    Text(String),
}

/// Whole numbers without a fraction.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn number<S: serde::Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    json(*value).serialize(serializer)
}

fn range<S: serde::Serializer>(value: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
    value.map(json).serialize(serializer)
}

fn json(value: f64) -> serde_json::Value {
    // Beyond this, doubles are whole numbers that no i64 need hold.
    if value.fract() == 0.0 && value.abs() < 1e15 { (value as i64).into() } else { value.into() }
}
