//! Text to speech.
//!
//! Owns: turning text into sound, every token of it spoken, and the store of clips made before.
//! Never does: decide what is said or when.
//!
//! The way of a text: [`sentences`] cut it, [`normalise`] writes its numbers and signs as words, [`phonemes`] turns the
//! words into Kokoro's alphabet, [`kokoro`] into samples, [`store`] keeps the clip.

pub mod kokoro;
pub mod normalise;
pub mod pace;
pub mod phonemes;
pub mod scripted;
pub mod sentences;
pub mod store;
pub mod voices;
mod disk;
mod unknown;
mod waveform;
#[cfg(test)]
mod round_trip;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::inference::Priority;

pub use kokoro::{Kokoro, KokoroSettings};
pub use normalise::Locale;
pub use scripted::Scripted;
pub use store::{ClipStore, Preparation, StoreSettings, Wanted};

/// A voice as the guide wishes it, resolved to what the engine has.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// Engine's voice name, e.g. `af_heart`.
    pub name: String,
    /// 1.0 is the engine's natural speed; made from words per minute.
    pub speed: f32,
    /// How it reads dates and numbers.
    pub locale: Locale,
}

impl Voice {
    /// A voice that reads as in the language's first region.
    pub fn new(name: impl Into<String>, speed: f32) -> Self {
        Self { name: name.into(), speed, locale: Locale::default() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    #[error("model file {path}: {reason}")]
    Model { path: String, reason: String },
    #[error("there is no voice {0}")]
    Voice(String),
    #[error("there is no voice for the language {0}; this engine speaks English (en, en-US, en-GB)")]
    Language(String),
    #[error("synthesis failed: {0}")]
    Failed(String),
    #[error("clip cache {path}: {reason}")]
    Cache { path: String, reason: String },
    #[error(transparent)]
    Inference(#[from] crate::inference::InferenceError),
}

impl From<onnx::OrtError> for TtsError {
    fn from(error: onnx::OrtError) -> Self {
        Self::Model { path: error.path().display().to_string(), reason: error.reason().to_owned() }
    }
}

#[async_trait]
pub trait Synthesizer: Send + Sync {
    /// 24 kHz mono PCM of the whole text.
    async fn synthesize(&self, text: &str, voice: &Voice, priority: Priority) -> Result<Vec<i16>, TtsError>;

    /// As [`Synthesizer::synthesize`], for work whose priority may rise while it waits for its turn: what has not begun
    /// when it rises is queued anew, what has begun goes on. Engines that don't queue need not care.
    async fn synthesize_rising(
        &self,
        text: &str,
        voice: &Voice,
        priority: watch::Receiver<Priority>,
    ) -> Result<Vec<i16>, TtsError> {
        let now = *priority.borrow();
        self.synthesize(text, voice, now).await
    }

    /// The best voice for the guide's wish; notes say what the engine could not follow.
    fn resolve(
        &self,
        profile: &interview::guide::VoiceProfile,
        language: &str,
    ) -> Result<(Voice, Vec<String>), TtsError>;

    /// Engine and model, for logs, health and the cache's key.
    fn name(&self) -> &str;
}
