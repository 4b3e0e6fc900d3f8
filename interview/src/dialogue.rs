//! Placeholder replaced by the dialogue state machine.

use std::sync::Arc;

use crate::guide::Guide;
use crate::io::{Event, Input, Ms, Output, Phase};

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

/// One interview: the guide, where it stands, and what it waits for.
#[derive(Debug, Clone)]
pub struct Interview {
    guide: Arc<Guide>,
    settings: Settings,
}

impl Interview {
    pub fn new(guide: Arc<Guide>, settings: Settings) -> Self {
        Self { guide, settings }
    }

    /// Rebuilds the interview from its log; give it `Input::Connected` to take up the same asking.
    pub fn replay<'a>(
        guide: Arc<Guide>,
        settings: Settings,
        events: impl IntoIterator<Item = (Ms, &'a Event)>,
    ) -> Self {
        let _ = events.into_iter().count();
        Self::new(guide, settings)
    }

    /// Something happened at `now`; what is to be done about it, in order. Never panics, whatever comes.
    pub fn handle(&mut self, now: Ms, input: Input) -> Vec<Output> {
        let _ = (now, input, &self.settings);
        Vec::new()
    }

    /// Every text that will or may be spoken and is known beforehand, in the order of need.
    pub fn scripted_texts(&self) -> Vec<String> {
        Vec::new()
    }

    pub fn phase(&self) -> Phase {
        Phase::Consent
    }

    pub fn is_over(&self) -> bool {
        false
    }

    pub fn guide(&self) -> &Arc<Guide> {
        &self.guide
    }
}
