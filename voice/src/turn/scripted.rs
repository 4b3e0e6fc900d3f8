//! The scripted turn detector: one answer, after a while.
//!
//! Owns: a number and a delay. Never does: listen; tests of logic and load use it, calls never do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{TurnDetector, TurnError};

#[derive(Debug, Clone, Copy)]
pub struct ScriptedTurn {
    /// What is answered, 0…1.
    pub probability: f32,
    /// How long it takes, on tokio's clock.
    pub delay: Duration,
}

#[async_trait]
impl TurnDetector for ScriptedTurn {
    async fn probability(&self, _samples: Arc<[f32]>) -> Result<f32, TurnError> {
        tokio::time::sleep(self.delay).await;
        Ok(self.probability)
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}
