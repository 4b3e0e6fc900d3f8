//! A time that a respondent named.
//!
//! Owns: the form of such a time. Never does: read one in a text, or know the calendar.

use serde::{Deserialize, Serialize};

/// A time that a respondent named, relative to the moment of naming. Whoever stores it knows the
/// calendar.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// This many minutes later.
    In { minutes: u32 },
    /// This many days later, at this time of day if one was named.
    Day { days: u32, minute_of_day: Option<u16> },
    /// The next such day of the week, where 0 is Monday.
    Weekday { weekday: u8, minute_of_day: Option<u16> },
}
