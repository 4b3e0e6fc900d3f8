//! The events that webhooks are told of (product contract, section 6).
//!
//! Owns: their names, which are public API. Never does: decide when one occurs.

use serde::{Deserialize, Serialize};

/// An event that a webhook can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WebhookEvent {
    /// An interview was scheduled.
    #[serde(rename = "interview.scheduled")]
    InterviewScheduled,
    /// The respondent's media connected for the first time.
    #[serde(rename = "interview.started")]
    InterviewStarted,
    /// An interview was held to its end.
    #[serde(rename = "interview.completed")]
    InterviewCompleted,
    /// An interview broke off. One that was cancelled, or to which nobody came, did not fail.
    #[serde(rename = "interview.failed")]
    InterviewFailed,
    /// A report was made.
    #[serde(rename = "insights.extracted")]
    InsightsExtracted,
    /// A quality alert was raised, or an interview was handed to a person.
    #[serde(rename = "quality.alert")]
    QualityAlert,
}

impl WebhookEvent {
    pub const ALL: [Self; 6] = [
        Self::InterviewScheduled,
        Self::InterviewStarted,
        Self::InterviewCompleted,
        Self::InterviewFailed,
        Self::InsightsExtracted,
        Self::QualityAlert,
    ];

    /// The name on the wire and in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InterviewScheduled => "interview.scheduled",
            Self::InterviewStarted => "interview.started",
            Self::InterviewCompleted => "interview.completed",
            Self::InterviewFailed => "interview.failed",
            Self::InsightsExtracted => "insights.extracted",
            Self::QualityAlert => "quality.alert",
        }
    }

    /// Returns the event with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_everywhere() {
        for event in WebhookEvent::ALL {
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
            assert_eq!(WebhookEvent::named(event.as_str()), Some(event));
        }
        assert_eq!(WebhookEvent::named("interview.cancelled"), None);
    }
}
