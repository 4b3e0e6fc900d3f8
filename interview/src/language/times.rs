//! Days and times of day, as `languages/<code>/times.toml` lists them.
//!
//! Owns: the form of that file. Never does: read a time by it (`understanding::when` does).

use std::collections::HashMap;

use serde::Deserialize;

/// A language's words for times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Days from today.
    pub(crate) days: HashMap<String, u32>,
    /// From Monday.
    pub(crate) weekdays: Vec<String>,
    /// Minutes of the day.
    pub(crate) parts: HashMap<String, u16>,
    /// Minutes in a unit.
    pub(crate) units: HashMap<String, u32>,
    pub(crate) numbers: HashMap<String, u32>,
    /// Words between which and a unit a number stands: "in two hours".
    pub(crate) within: Vec<String>,
    /// Before a time of day: "after six".
    pub(crate) at: Vec<String>,
    pub(crate) afternoon: Vec<String>,
    pub(crate) morning: Vec<String>,
}
