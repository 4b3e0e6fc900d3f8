//! Voice activity detection.
//!
//! Owns: speech probabilities of 32 ms chunks, batched across calls. Never does: decide about turns.

mod energy;
mod silero;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use async_trait::async_trait;

pub use energy::Energy;
pub use silero::{Vad, VadStream};

/// Samples of a chunk: 32 ms at 16 kHz.
pub const CHUNK: usize = 512;

#[derive(Debug, thiserror::Error)]
pub enum VadError {
    #[error("model file {path}: {reason}")]
    Model { path: PathBuf, reason: String },
    #[error("voice activity detection failed: {0}")]
    Failed(String),
    #[error("the voice activity thread is gone")]
    Stopped,
}

impl From<onnx::OrtError> for VadError {
    fn from(error: onnx::OrtError) -> Self {
        Self::Model { path: error.path().to_owned(), reason: error.reason().to_owned() }
    }
}

/// One call's detector: it remembers what it heard, so chunks must come in order and without holes.
#[async_trait]
pub trait ActivityDetector: Send {
    /// Probability 0…1 that there is speech in this chunk of 16 kHz mono, −1…1.
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError>;
}

/// What makes a detector for every call.
pub trait ActivityEngine: Send + Sync {
    fn detector(&self) -> Box<dyn ActivityDetector>;
    /// Engine and model, for logs and health: `silero`, `scripted`.
    fn name(&self) -> &'static str;
}
