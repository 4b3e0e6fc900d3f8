//! When a person has to look at an interview (product contract, section 4).
//!
//! Owns: the rules. Never does: notify anybody.

use serde::{Deserialize, Serialize};

use super::metric::Severity;
use crate::io::Ms;

/// How far back alerts count: five minutes of the call clock, in milliseconds.
pub const WINDOW_MS: Ms = 300_000;
/// The number of error alerts within the window that leads to an escalation.
pub const ERRORS: usize = 3;
/// A completion rate or a data quality score below this value leads to an escalation.
pub const LEAST: f64 = 0.30;

/// Why an interview is escalated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    CriticalAlert,
    ErrorAlerts,
    CompletionRate,
    DataQualityScore,
    PersonRequested,
    Distress,
    Child,
}

impl Reason {
    /// The value of `escalations_total{reason}`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CriticalAlert => "critical_alert",
            Self::ErrorAlerts => "error_alerts",
            Self::CompletionRate => "completion_rate",
            Self::DataQualityScore => "data_quality_score",
            Self::PersonRequested => "person_requested",
            Self::Distress => "distress",
            Self::Child => "child",
        }
    }

    /// The words with which every text about this reason begins. No other text begins with them.
    pub const fn words(self) -> &'static str {
        match self {
            Self::CriticalAlert => "a critical alert",
            Self::ErrorAlerts => "several error alerts within five minutes",
            Self::CompletionRate => "too few required questions are answered",
            Self::DataQualityScore => "the data are of too little use",
            Self::PersonRequested => "the respondent asked for a person",
            Self::Distress => "the respondent was in distress",
            Self::Child => "a child was on the line",
        }
    }
}

/// The handing over of an interview to a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    pub reason: Reason,
    /// The text for the review queue. It begins with [`Reason::words`].
    pub text: String,
}

impl Escalation {
    pub(super) fn of_value(reason: Reason, value: f64) -> Self {
        Self { reason, text: format!("{}: {} {value:.2} is below {LEAST:.2}", reason.words(), reason.name()) }
    }
}

/// Returns the escalation that the alerts raised so far lead to at `now`. `raised` holds when each
/// was raised, and its severity.
pub(super) fn by_alerts(raised: &[(Ms, Severity)], now: Ms) -> Option<Escalation> {
    let recent = || raised.iter().filter(|(at, _)| now.saturating_sub(*at) <= WINDOW_MS).map(|(_, severity)| *severity);
    if recent().any(|severity| severity == Severity::Critical) {
        let reason = Reason::CriticalAlert;
        return Some(Escalation { reason, text: reason.words().to_owned() });
    }
    let errors = recent().filter(|severity| *severity == Severity::Error).count();
    (errors >= ERRORS).then(|| {
        let reason = Reason::ErrorAlerts;
        Escalation { reason, text: format!("{}: {errors}", reason.words()) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(raised: &[(Ms, Severity)], now: Ms) -> Option<Reason> {
        by_alerts(raised, now).map(|escalation| escalation.reason)
    }

    #[test]
    fn three_errors_within_five_minutes_or_one_critical_alert() {
        use Severity::{Critical, Error, Warning};
        assert_eq!(reason(&[(0, Error), (1, Error), (2, Warning)], 2), None);
        assert_eq!(reason(&[(0, Error), (150_000, Error), (300_000, Error)], 300_000), Some(Reason::ErrorAlerts));
        assert_eq!(reason(&[(0, Error), (150_000, Error), (300_001, Error)], 300_001), None, "the first is too old");
        assert_eq!(reason(&[(7, Critical)], 300_007), Some(Reason::CriticalAlert));
        assert_eq!(reason(&[(7, Critical)], 300_008), None);
    }
}
