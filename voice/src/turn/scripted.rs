//! A scripted turn detector with one answer after a delay.
//!
//! Owns: a number and a delay. Never does: process sound; only tests of logic and load use it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{TurnDetector, TurnError};

#[derive(Debug, Clone, Copy)]
pub struct ScriptedTurn {
    /// The probability that is returned, between 0 and 1.
    pub probability: f32,
    /// The delay on tokio's clock.
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
