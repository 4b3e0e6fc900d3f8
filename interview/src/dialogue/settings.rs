//! What the operator fixes for every interview.
//!
//! Owns: the values and their defaults. Never does: read them from anywhere.

use crate::io::Ms;

/// What the operator's settings fix for every interview.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Upper bound on follow-ups per question, whatever the guide says (MAX_FOLLOW_UPS_PER_QUESTION).
    pub max_follow_ups: u32,
    /// Silence after which a turn ends whatever the models say, in ms (SILENCE_DETECTION_SECONDS).
    pub silence_ms: Ms,
    /// The interview ends politely after this, whatever the guide says (DEFAULT_INTERVIEW_TIMEOUT_MINUTES).
    pub timeout_ms: Ms,
    /// Whether the operator allows recording at all (ENABLE_CALL_RECORDING); if not, it isn't asked for.
    pub recording: bool,
    /// How long a proposal may take after the end of the turn before the template serves.
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
