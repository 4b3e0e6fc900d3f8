//! A time that a respondent named.
//!
//! Owns: the form of such a time. Never does: read one in a text, or know the calendar.

use serde::{Deserialize, Serialize};

/// A time that somebody named, seen from when they named it; whoever stores it knows the calendar.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// So many minutes from now.
    In { minutes: u32 },
    /// So many days from today, at this time of day if one was named.
    Day { days: u32, minute_of_day: Option<u16> },
    /// The next such day: 0 is Monday.
    Weekday { weekday: u8, minute_of_day: Option<u16> },
}
