//! Voice activity detection by loudness, without a model.
//!
//! Owns: a threshold. Never does: tell speech from noise; only tests of logic and load use it.

use async_trait::async_trait;

use super::{ActivityDetector, ActivityEngine, CHUNK, VadError};

/// A detector that takes everything above a threshold for speech.
#[derive(Debug, Clone, Copy)]
pub struct Energy {
    /// The root mean square of a chunk, between 0 and 1.
    pub threshold: f32,
}

impl Default for Energy {
    /// Returns a threshold of -40 dBFS.
    fn default() -> Self {
        Self { threshold: 0.01 }
    }
}

#[async_trait]
impl ActivityDetector for Energy {
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError> {
        let power = chunk.iter().map(|sample| sample * sample).sum::<f32>() / CHUNK as f32;
        Ok(if power.sqrt() >= self.threshold { 1.0 } else { 0.0 })
    }
}

impl ActivityEngine for Energy {
    fn detector(&self) -> Box<dyn ActivityDetector> {
        Box::new(*self)
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}
