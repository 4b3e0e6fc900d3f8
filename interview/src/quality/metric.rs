//! The metrics that are watched.
//!
//! Owns: the table of section 4 of the product contract. Never does: compute a metric, or know what
//! an operator has set.

use serde::{Deserialize, Serialize};

/// How severe an alert is, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Error,
    Critical,
}

/// On which side of its threshold a value is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Above,
    Below,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = QualityMetric))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    CompletionRate,
    EngagementScore,
    InformationDensity,
    DataQualityScore,
    SttConfidence,
    ResponseLatency,
    ClarificationRate,
    SttErrorRate,
    FollowUpValue,
}

impl Metric {
    pub const ALL: [Self; 9] = [
        Self::CompletionRate,
        Self::EngagementScore,
        Self::InformationDensity,
        Self::DataQualityScore,
        Self::SttConfidence,
        Self::ResponseLatency,
        Self::ClarificationRate,
        Self::SttErrorRate,
        Self::FollowUpValue,
    ];

    /// Returns the name, the good side of the threshold, the threshold, and the severity when it is
    /// crossed.
    const fn row(self) -> (&'static str, Side, f64, Severity) {
        use Severity::{Error, Info, Warning};
        use Side::{Above, Below};
        match self {
            Self::CompletionRate => ("completion_rate", Above, 0.70, Warning),
            Self::EngagementScore => ("engagement_score", Above, 0.50, Warning),
            Self::InformationDensity => ("information_density", Above, 0.30, Info),
            Self::DataQualityScore => ("data_quality_score", Above, 0.60, Error),
            Self::SttConfidence => ("stt_confidence", Above, 0.80, Warning),
            // In seconds.
            Self::ResponseLatency => ("response_latency", Below, 3.0, Warning),
            Self::ClarificationRate => ("clarification_rate", Below, 0.40, Warning),
            Self::SttErrorRate => ("stt_error_rate", Below, 0.05, Error),
            Self::FollowUpValue => ("follow_up_value", Above, 0.50, Info),
        }
    }

    /// The name, which is public API.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The side of the threshold on which a value is good.
    pub const fn good(self) -> Side {
        self.row().1
    }

    pub const fn default_threshold(self) -> f64 {
        self.row().2
    }

    pub const fn default_severity(self) -> Severity {
        self.row().3
    }

    /// The lowest and the highest value. A threshold lies between them. A share is 0 to 1, and the
    /// latency 0 s to 60 s.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::ResponseLatency => (0.0, 60.0),
            _ => (0.0, 1.0),
        }
    }

    /// Checks that a value can be on the good side of this threshold. The error says which
    /// thresholds are allowed.
    ///
    /// ```
    /// use interview::quality::Metric;
    /// assert!(Metric::CompletionRate.check(0.9).is_ok());
    /// assert!(Metric::CompletionRate.check(1.0).is_err(), "nothing is above 1");
    /// assert!(Metric::SttErrorRate.check(0.0).is_err(), "nothing is below 0");
    /// ```
    pub fn check(self, threshold: f64) -> Result<(), String> {
        let (least, most) = self.range();
        let (reachable, wanted) = match self.good() {
            Side::Above => ((least..most).contains(&threshold), format!("from {least} to less than {most}")),
            Side::Below => (threshold > least && threshold <= most, format!("more than {least}, up to {most}")),
        };
        if reachable { Ok(()) } else { Err(format!("must be a number {wanted}")) }
    }

    /// How many judgements in a row must be bad. The contract requires two for the projection of
    /// the completion rate.
    pub(super) const fn in_a_row(self) -> usize {
        match self {
            Self::CompletionRate => 2,
            _ => 1,
        }
    }

    /// The title and the description of an alert, for the person who deals with it.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::CompletionRate => {
                ("Questions stay unanswered", "Fewer of the required questions are answered than should be by now.")
            }
            Self::EngagementScore => (
                "The respondent is hardly engaged",
                "Answers are short, hesitant, or say little to the open questions.",
            ),
            Self::InformationDensity => ("Answers say little", "On average few content words are in an answer."),
            Self::DataQualityScore => {
                ("The data may be of little use", "Completion, density, recognition and clarity together are poor.")
            }
            Self::SttConfidence => {
                ("Speech is recognised with little confidence", "Words may be wrong: listen to the recording.")
            }
            Self::ResponseLatency => ("The respondent waits for us", "The engine takes long to answer."),
            Self::ClarificationRate => {
                ("Many answers need clarification", "Questions may be unclear, or their options may not fit.")
            }
            Self::SttErrorRate => {
                ("Speech is not understood", "Many stretches of speech were rejected or not understood.")
            }
            Self::FollowUpValue => {
                ("Follow-ups bring little that is new", "Answers to follow-ups repeat what was said before.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_contracts() {
        let table: Vec<String> = Metric::ALL
            .into_iter()
            .map(|metric| {
                let side = if metric.good() == Side::Above { '>' } else { '<' };
                let severity = format!("{:?}", metric.default_severity()).to_lowercase();
                format!("{} {side} {:.2} {severity}", metric.name(), metric.default_threshold())
            })
            .collect();
        assert_eq!(
            table,
            [
                "completion_rate > 0.70 warning",
                "engagement_score > 0.50 warning",
                "information_density > 0.30 info",
                "data_quality_score > 0.60 error",
                "stt_confidence > 0.80 warning",
                "response_latency < 3.00 warning",
                "clarification_rate < 0.40 warning",
                "stt_error_rate < 0.05 error",
                "follow_up_value > 0.50 info",
            ]
        );
        for metric in Metric::ALL {
            assert_eq!(Metric::named(metric.name()), Some(metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
        assert_eq!(Metric::named("speed"), None);
    }
}
