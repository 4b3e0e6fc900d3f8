//! The units of a call: its clock, its numbers, and the words that were recognised in it.
//!
//! Owns: the types that every other module counts and quotes with. Never does: know what the words
//! mean.

use serde::{Deserialize, Serialize};

/// Milliseconds on the call clock, which is monotonic: it starts at 0 when the call begins, and
/// continues over legs and restarts.
pub type Ms = u64;

/// Number of a pause of the respondent. The interview counts it up, and ignores an answer that
/// names an earlier pause.
pub type PauseId = u32;

/// Number of an utterance of the interviewer. The interview counts it up.
pub type UtteranceId = u32;

/// Number of an asking: one question or follow-up that is put to the respondent, up to the end of
/// its answer.
pub type AskingId = u32;

/// One recognised word on the call clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Word {
    pub text: String,
    pub start_ms: Ms,
    pub end_ms: Ms,
    /// Mean token probability, 0…1.
    pub confidence: f32,
}

/// Why the guards against invented text rejected what was recognised.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// Too little speech energy, or too little voice activity, in the audio.
    NoSpeech,
    /// The model's own no-speech or log probability says that nothing was said.
    Improbable,
    /// The text repeats itself as invented text does.
    Repetition,
    /// The engine failed, so that nothing is known of what was said.
    Failed,
}

/// Everything that the respondent has said in this turn, as of one pause.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Transcript {
    /// Words in order. The text is their texts joined with single spaces.
    pub words: Vec<Word>,
    /// Set when the guards rejected what was recognised. Then `words` is empty.
    pub rejected: Option<Rejection>,
}

impl Transcript {
    /// The texts of the words, joined with single spaces.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for word in &self.words {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word.text.trim());
        }
        text
    }
}
