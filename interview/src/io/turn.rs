//! When and why a turn ended, and what the respondent then waited for.
//!
//! Owns: the form in which answers and events keep it. Never does: measure, or end a turn.

use serde::{Deserialize, Serialize};

use crate::call::Ms;

/// When and why a turn of the respondent ended.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Endpointing {
    /// Last sample of speech, in milliseconds on the call clock.
    pub speech_end_ms: Ms,
    /// When the turn was judged to be over, in milliseconds on the call clock.
    pub decided_ms: Ms,
    /// The rule that ended the turn.
    pub rule: EndRule,
    /// Silences within the answer after which the respondent continued, in milliseconds and in
    /// order. They show how this respondent pauses.
    #[serde(default)]
    pub pauses: Vec<Ms>,
}

/// The time from the respondent's last sample of speech to the interviewer's answer, and its parts,
/// in milliseconds.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TurnTiming {
    /// Last sample of speech, on the call clock.
    pub speech_end_ms: Ms,
    /// From the last sample until the pause was noticed and its transcription requested.
    pub endpoint: Ms,
    /// From that request until the words were there.
    pub stt: Ms,
    /// From the words to the decision to speak: the judgement by sound, the silence that the policy
    /// requires, and a proposal under way.
    pub decide: Ms,
    /// From the decision until the first packet was sent. The four steps add up to `first_audio`.
    pub tts: Ms,
    /// From the last sample to the first packet of anything audible.
    pub first_audio: Ms,
    /// From the last sample to the first packet of the question itself, which may follow an
    /// acknowledgement.
    pub question_start: Ms,
}

/// Which rule ended the respondent's turn.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndRule {
    /// Text and sound both say that the turn is complete.
    #[default]
    Complete,
    /// It was a short, full answer to a closed, scale or multiple-choice question, or a request.
    Closed,
    /// The silence was long enough, whatever the models say.
    Silence,
    /// The respondent said nothing.
    NoAnswer,
    /// The question's or the interview's time was up.
    TimeUp,
}
