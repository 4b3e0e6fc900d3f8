//! What the operator decides for every interview.
//!
//! Owns: the values and their defaults. Never does: read them from anywhere.

use crate::io::Ms;

/// The operator's settings for every interview.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The largest number of follow-ups to a question, whatever the guide says
    /// (`MAX_FOLLOW_UPS_PER_QUESTION`).
    pub max_follow_ups: u32,
    /// The silence after which a turn ends whatever the models say, in milliseconds
    /// (`SILENCE_DETECTION_SECONDS`).
    pub silence_ms: Ms,
    /// The time after which the interview ends politely, whatever the guide says, in milliseconds
    /// (`DEFAULT_INTERVIEW_TIMEOUT_MINUTES`).
    pub timeout_ms: Ms,
    /// Whether the operator allows recording (`ENABLE_CALL_RECORDING`). If not, respondents are not
    /// asked about it.
    pub recording: bool,
    /// How long a proposal may take after the end of the turn before the template is used, in
    /// milliseconds.
    pub proposal_deadline_ms: Ms,
    /// The respondent's name, for the greeting.
    pub respondent_name: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_follow_ups: 3,
            silence_ms: 3_000,
            timeout_ms: 3_600_000,
            recording: true,
            proposal_deadline_ms: 2_500,
            respondent_name: None,
        }
    }
}
