//! The sentence encoder, opened from the verified weights.
//!
//! Owns: which weights it needs. Never does: choose a thread. Opening blocks for about half a
//! second.

use std::path::Path;

use encoder::{Encoder, EncoderError};

/// The items of the manifest.
const WEIGHTS: [&str; 3] = ["minilm", "minilm-vocab", "onnxruntime"];

#[derive(Debug, thiserror::Error)]
pub enum SentencesError {
    #[error("model weights are missing or damaged:\n{0}")]
    Weights(String),
    #[error(transparent)]
    Ort(#[from] onnx::OrtError),
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

/// Opens MiniLM, either in its original form or as adapted by a language's training.
///
/// # Errors
/// Names the file that is missing or damaged.
pub fn encoder(models_dir: &Path, adaptation: Option<&[u8]>) -> Result<Encoder, SentencesError> {
    let weights =
        weights::verify(&WEIGHTS, models_dir).map_err(|problems| SentencesError::Weights(weights::lines(&problems)))?;
    let environment = onnx::environment(&weights.onnxruntime())?;
    Ok(Encoder::open(environment, &weights.minilm(), &weights.minilm_vocab(), adaptation)?)
}
