//! The scripted engine's voice activity: loudness instead of a model.
//!
//! Owns: a threshold. Never does: tell speech from noise; tests of logic and load use it, calls never do.

use async_trait::async_trait;

use super::{ActivityDetector, ActivityEngine, CHUNK, VadError};

/// "Speech" is whatever is louder than the threshold.
#[derive(Debug, Clone, Copy)]
pub struct Energy {
    /// Root mean square of a chunk, 0…1.
    pub threshold: f32,
}

impl Default for Energy {
    /// −40 dBFS.
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
