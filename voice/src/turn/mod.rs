//! The endpointer of a call: it turns frames into "speech started", "speech paused", and the audio
//! of the turn.
//!
//! Owns: onset and offset with hysteresis, the turn's audio, and the turn detector, which judges by
//! sound whether a turn is complete. Never does: end a turn, which the interview's policy does.

mod audio;
mod chunker;
mod endpointer;
mod segmenter;
mod mel;
mod scripted;
mod smart_turn;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;

pub use audio::TurnAudio;
pub use endpointer::{Endpointer, EndpointerHandle};
pub use scripted::ScriptedTurn;
pub use segmenter::{EndpointerEvent, EndpointerSettings};
pub use smart_turn::SmartTurn;

#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    #[error("the model file {path} cannot be used: {reason}")]
    Model { path: String, reason: String },
    #[error("turn detection failed: {0}")]
    Failed(String),
    #[error(transparent)]
    Inference(#[from] crate::inference::InferenceError),
}

impl From<onnx::OrtError> for TurnError {
    fn from(error: onnx::OrtError) -> Self {
        Self::Model { path: error.path().display().to_string(), reason: error.reason().to_owned() }
    }
}

#[async_trait]
pub trait TurnDetector: Send + Sync {
    /// Returns the probability, between 0 and 1, that the turn is complete, from its last 8 s at 16
    /// kHz.
    async fn probability(&self, samples: Arc<[f32]>) -> Result<f32, TurnError>;
    fn name(&self) -> &str;
}
