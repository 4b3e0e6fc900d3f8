//! An interview that goes on another time: why, and when.

use serde::{Deserialize, Serialize};

/// Why an interview goes on another time.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Postponement {
    CallbackRequested,
    /// Twice nothing that was a yes or a no.
    ConsentUnclear,
    /// A child answered, and no grown-up was there.
    ChildOnTheLine,
}

impl Postponement {
    /// As in `interviews.status_reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CallbackRequested => "callback_requested",
            Self::ConsentUnclear => "consent_unclear",
            Self::ChildOnTheLine => "child_on_the_line",
        }
    }
}
