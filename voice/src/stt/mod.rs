//! Speech to text.
//!
//! Owns: turning a stretch of speech into words with confidences, and the guards against invented
//! text. Never does: decide whether a turn is over.

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

/// A stretch of a call's audio at 16 kHz mono, with samples between -1 and 1.
#[derive(Debug, Clone)]
pub struct Speech {
    pub samples: Arc<[f32]>,
    /// The time of the first sample on the call clock.
    pub start_ms: Ms,
    /// A language tag (BCP 47).
    pub language: String,
    /// The share of the samples in which the VAD detected speech, between 0 and 1.
    pub voiced: f32,
}

#[derive(Debug, thiserror::Error)]
pub enum SttError {
    #[error("the model file {path} cannot be used: {reason}")]
    Model { path: String, reason: String },
    #[error("transcription failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Inference(#[from] crate::inference::InferenceError),
}

#[async_trait]
pub trait Transcriber: Send + Sync {
    /// Returns words with their times on the call clock. Rejected text is reported in
    /// `Transcript::rejected`, and is not an error.
    async fn transcribe(&self, speech: Speech) -> Result<Transcript, SttError>;
    /// Returns the engine and the model for logs and health, such as `whisper base-q8_0` or
    /// `scripted`.
    fn name(&self) -> &str;
}
