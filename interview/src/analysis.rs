//! What one answer is worth, by its words alone.
//!
//! Owns: density, sentiment, hesitation, key phrases of one response. Never does: look at other interviews, call a model.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sentiment {
    VeryPositive,
    Positive,
    #[default]
    Neutral,
    Negative,
    VeryNegative,
}

/// Lexical analysis of one response; all shares 0…1.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Analysis {
    pub sentiment: Sentiment,
    /// Product contract, section 4: d = 1 − exp(−u / 15).
    pub information_density: f32,
    /// Share of the words that are fillers or hedges.
    pub hesitation: f32,
    /// Mean token probability over the words.
    pub confidence: f32,
    pub key_phrases: Vec<String>,
    pub themes: Vec<String>,
    pub signals: Vec<crate::guide::InterestSignal>,
    /// Words, fillers included.
    pub words: u32,
}
