//! Days and times of day, as `languages/<code>/times.toml` lists them.
//!
//! Owns: the form of that file. Never does: read a time by it (`understanding::when` does).

use std::collections::HashMap;

use serde::Deserialize;

/// A language's words for times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Words for days, each with its distance from today in days.
    pub(crate) days: HashMap<String, u32>,
    /// The days of the week, from Monday.
    pub(crate) weekdays: Vec<String>,
    /// Parts of the day, each with its minute of the day.
    pub(crate) parts: HashMap<String, u16>,
    /// Units of time, each with its length in minutes.
    pub(crate) units: HashMap<String, u32>,
    pub(crate) numbers: HashMap<String, u32>,
    /// Words before a number and a unit: "in two hours".
    pub(crate) within: Vec<String>,
    /// Words before a time of day: "after six".
    pub(crate) at: Vec<String>,
    pub(crate) afternoon: Vec<String>,
    pub(crate) morning: Vec<String>,
}
