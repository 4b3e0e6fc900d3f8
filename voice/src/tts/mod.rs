//! Text to speech.
//!
//! Owns: turning text into sound, so that every token of it is spoken, and the store of clips.
//! Never does: decide what is said or when.
//!
//! A text passes through [`sentences`], which cuts it, [`normalise`], which writes numbers and
//! signs as words, [`phonemes`], which turns words into Kokoro's alphabet, [`kokoro`], which turns
//! them into samples, and [`store`], which keeps the clip.

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

/// A voice that the engine has, chosen for a guide's profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// The engine's name of the voice, such as `af_heart`.
    pub name: String,
    /// The speed as a factor of the engine's natural speed, computed from words per minute.
    pub speed: f32,
    /// How dates and numbers are read.
    pub locale: Locale,
}

impl Voice {
    /// Returns a voice that reads as in the language's first region.
    pub fn new(name: impl Into<String>, speed: f32) -> Self {
        Self { name: name.into(), speed, locale: Locale::default() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum TtsError {
    #[error("the model file {path} cannot be used: {reason}")]
    Model { path: String, reason: String },
    #[error("there is no voice named {0}")]
    Voice(String),
    #[error("there is no voice for the language {0}; this engine speaks English (en, en-US, en-GB)")]
    Language(String),
    #[error("synthesis failed: {0}")]
    Failed(String),
    #[error("the clip cache {path} cannot be used: {reason}")]
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
    /// Returns the whole text as 24 kHz mono PCM.
    async fn synthesize(&self, text: &str, voice: &Voice, priority: Priority) -> Result<Vec<i16>, TtsError>;

    /// Like [`Synthesizer::synthesize`], for work whose priority may rise while it waits. Work that
    /// has not begun when the priority rises is queued again. Work that has begun continues.
    /// Engines that do not queue may ignore the changes.
    async fn synthesize_rising(
        &self,
        text: &str,
        voice: &Voice,
        priority: watch::Receiver<Priority>,
    ) -> Result<Vec<i16>, TtsError> {
        let now = *priority.borrow();
        self.synthesize(text, voice, now).await
    }

    /// Returns the best voice for the guide's profile, and notes on what the engine cannot follow.
    fn resolve(
        &self,
        profile: &interview::guide::VoiceProfile,
        language: &str,
    ) -> Result<(Voice, Vec<String>), TtsError>;

    /// Returns the engine and the model, for logs, health and the key of cached clips.
    fn name(&self) -> &str;
}
