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

/// Samples per chunk: 32 ms at 16 kHz.
pub const CHUNK: usize = 512;

#[derive(Debug, thiserror::Error)]
pub enum VadError {
    #[error("the model file {path} cannot be used: {reason}")]
    Model { path: PathBuf, reason: String },
    #[error("voice activity detection failed: {0}")]
    Failed(String),
    #[error("the voice activity thread has ended")]
    Stopped,
}

impl From<onnx::OrtError> for VadError {
    fn from(error: onnx::OrtError) -> Self {
        Self::Model { path: error.path().to_owned(), reason: error.reason().to_owned() }
    }
}

/// The detector of one call. It has a memory, so chunks must be passed in order and without gaps.
#[async_trait]
pub trait ActivityDetector: Send {
    /// Returns the probability, between 0 and 1, that this chunk contains speech. The chunk is 16
    /// kHz mono, with samples between -1 and 1.
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError>;
}

/// A factory of detectors, one for each call.
pub trait ActivityEngine: Send + Sync {
    fn detector(&self) -> Box<dyn ActivityDetector>;
    /// Returns the engine and the model for logs and health, such as `silero` or `scripted`.
    fn name(&self) -> &'static str;
}
