//! Whether an answer to an open question is about what was asked.
//!
//! Owns: the text that this is judged by, and the judgement. Never does: ask again (`dialogue/naming.rs` does).

use serde::Deserialize;

use super::thresholds::{JUDGED, OFF_TOPIC};
use crate::guide::{Question, QuestionType};

/// Numbers in an utterance's vector.
pub const VECTOR: usize = 384;

/// A logistic regression over the vector of a question and its answer, trained with the other layers and the encoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relevance {
    /// [`VECTOR`] numbers.
    weights: Vec<f32>,
    bias: f32,
}

impl Relevance {
    /// The probability that it is about something else; none for a vector of another length.
    pub fn off_topic(&self, vector: &[f32]) -> Option<f32> {
        let both = self.weights.iter().zip(vector);
        let score = self.bias + both.map(|(weight, number)| weight * number).sum::<f32>();
        (vector.len() == VECTOR && self.weights.len() == VECTOR).then(|| 1.0 / (1.0 + score.exp()))
    }
}

/// The text whose vector tells it; none where whatever is said is judged by what it names, or too short to be judged.
pub fn text(question: &Question, answer: &str) -> Option<String> {
    let open = question.kind == QuestionType::Open && question.expects.is_none();
    (open && answer.split_whitespace().count() >= JUDGED).then(|| format!("{} {answer}", question.text))
}

/// Whether a probability is enough to ask the question again.
pub fn is_off(probability: f32) -> bool {
    probability >= OFF_TOPIC
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_along_the_weights_is_about_the_question() {
        let mut weights = vec![0.0; VECTOR];
        weights[0] = 2.0;
        let relevance = Relevance { weights, bias: -1.0 };
        let mut vector = vec![0.0; VECTOR];
        // 1 / (1 + e⁻¹), and 1 / (1 + e¹).
        assert!((relevance.off_topic(&vector).unwrap() - 0.731).abs() < 0.001);
        vector[0] = 1.0;
        assert!((relevance.off_topic(&vector).unwrap() - 0.269).abs() < 0.001);
        assert_eq!(relevance.off_topic(&[]), None);
    }
}
