//! Text to speech.
//!
//! Owns: turning text into sound, every token of it spoken, and the store of clips made before.
//! Never does: decide what is said or when.

use async_trait::async_trait;

/// A voice as the guide wishes it, resolved to what the engine has.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// Engine's voice name, e.g. `af_heart`.
    pub name: String,
    /// 1.0 is the engine's natural speed; made from words per minute.
    pub speed: f32,
}

#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    #[error("model file {path}: {reason}")]
    Model { path: String, reason: String },
    #[error("there is no voice {0}")]
    Voice(String),
    #[error("synthesis failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Inference(#[from] crate::inference::InferenceError),
}

#[async_trait]
pub trait Synthesizer: Send + Sync {
    /// 24 kHz mono PCM of the whole text.
    async fn synthesize(
        &self,
        text: &str,
        voice: &Voice,
        priority: crate::inference::Priority,
    ) -> Result<Vec<i16>, TtsError>;
    /// The best voice for the guide's wish; notes say what the engine could not follow.
    fn resolve(
        &self,
        profile: &interview::guide::VoiceProfile,
        language: &str,
    ) -> Result<(Voice, Vec<String>), TtsError>;
    /// Engine and model, for logs, health and the cache's key.
    fn name(&self) -> &str;
}
