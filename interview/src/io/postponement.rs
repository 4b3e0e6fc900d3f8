//! Why an interview is continued another time.
//!
//! Owns: the reasons and their names. Never does: know the time (`meaning::When` does).

use serde::{Deserialize, Serialize};

/// Why an interview is continued another time.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Postponement {
    CallbackRequested,
    /// The consent question got two answers that were neither a yes nor a no.
    ConsentUnclear,
    /// A child answered, and no adult was there.
    ChildOnTheLine,
}

impl Postponement {
    /// The name in `interviews.status_reason`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CallbackRequested => "callback_requested",
            Self::ConsentUnclear => "consent_unclear",
            Self::ChildOnTheLine => "child_on_the_line",
        }
    }
}
