//! Speech to text.
//!
//! Owns: turning one stretch of speech into words with confidences, and the guards against invented text.
//! Never does: decide whether a turn is over.

mod guards;
mod incremental;
mod scripted;
mod split;
#[cfg(test)]
mod tests;
pub mod wer;
mod whisper;
mod words;

use std::sync::Arc;

use async_trait::async_trait;
use interview::io::{Ms, Transcript};

pub use incremental::Incremental;
pub use scripted::{Heard, Scripted};
pub use whisper::{Whisper, WhisperSettings};

/// A stretch of call audio: 16 kHz mono, −1…1.
#[derive(Debug, Clone)]
pub struct Speech {
    pub samples: Arc<[f32]>,
    /// Call clock of the first sample.
    pub start_ms: Ms,
    /// BCP 47.
    pub language: String,
    /// Share of the samples in which the VAD heard speech, 0…1.
    pub voiced: f32,
}

#[derive(Debug, thiserror::Error)]
pub enum SttError {
    #[error("model file {path}: {reason}")]
    Model { path: String, reason: String },
    #[error("transcription failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Inference(#[from] crate::inference::InferenceError),
}

#[async_trait]
pub trait Transcriber: Send + Sync {
    /// Words on the call clock. Rejected text comes back as `Transcript::rejected`, not as an error.
    async fn transcribe(&self, speech: Speech) -> Result<Transcript, SttError>;
    /// Engine and model, for logs and health: `whisper base-q8_0`, `scripted`.
    fn name(&self) -> &str;
}
