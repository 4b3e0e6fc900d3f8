//! The classifier: what an utterance means, judged by its vector.
//!
//! Owns: two softmax layers over the vectors of the language's adapted encoder
//! (`languages/<code>/encoder.npz`), one for replies to consent questions and one for all others,
//! and [`Relevance`]. Never does: compute vectors, decide, or learn. `scripts/train` trains all
//! three layers and the encoder together.

use serde::Deserialize;

use crate::meaning::Kind;

/// The length of an utterance's vector.
pub const VECTOR: usize = 384;

/// What an utterance replies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Participation,
    Recording,
    /// Another question that asks for a yes or a no ("Shall I end the call?").
    Confirmation,
    Question,
}

impl Asked {
    pub fn is_question(self) -> bool {
        self == Self::Question
    }
}

/// The layer for one sort of question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Layer {
    /// The meanings that it tells apart.
    pub kinds: Vec<Kind>,
    /// A row for each kind: [`VECTOR`] weights, and one that counts where recording was asked
    /// about.
    weights: Vec<Vec<f32>>,
    /// One number for each kind.
    bias: Vec<f32>,
}

/// The form in which `scripts/train` writes it.
#[derive(Deserialize)]
struct Written {
    kinds: Vec<String>,
    weights: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

impl TryFrom<Written> for Layer {
    type Error = String;

    fn try_from(Written { kinds, weights, bias }: Written) -> Result<Self, String> {
        let kind = |name: &String| {
            let (kind, name) = name.split_once(' ').map_or((name.as_str(), None), |(kind, name)| (kind, Some(name)));
            Kind::of_names(kind, name).ok_or_else(|| format!("there is no meaning {kind} {name:?}"))
        };
        let kinds = kinds.iter().map(kind).collect::<Result<Vec<_>, _>>()?;
        if weights.len() != kinds.len()
            || bias.len() != kinds.len()
            || weights.iter().any(|row| row.len() != VECTOR + 1)
        {
            return Err(format!("{} kinds need as many rows of {} numbers", kinds.len(), VECTOR + 1));
        }
        Ok(Self { kinds, weights, bias })
    }
}

impl Layer {
    /// The probabilities in the order of `kinds`, or none for a vector of another length.
    pub fn probabilities(&self, asked: Asked, vector: &[f32]) -> Option<Vec<f32>> {
        if vector.len() != VECTOR {
            return None;
        }
        let recording = if asked == Asked::Recording { 1.0 } else { 0.0 };
        let score = |(row, bias): (&Vec<f32>, &f32)| {
            let (numbers, mark) = row.split_at(VECTOR);
            bias + mark[0] * recording + numbers.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>()
        };
        Some(softmax(&self.weights.iter().zip(&self.bias).map(score).collect::<Vec<_>>()))
    }
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = powers.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    powers.into_iter().map(|power| power / sum).collect()
}

/// A logistic regression over the vector of a question and its answer. It is trained together with
/// the other layers and the encoder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relevance {
    /// [`VECTOR`] weights.
    weights: Vec<f32>,
    bias: f32,
}

impl Relevance {
    /// The probability that the answer is about something else, 0…1, or none for a vector of
    /// another length.
    pub fn off_topic(&self, vector: &[f32]) -> Option<f32> {
        let both = self.weights.iter().zip(vector);
        let score = self.bias + both.map(|(weight, number)| weight * number).sum::<f32>();
        (vector.len() == VECTOR && self.weights.len() == VECTOR).then(|| 1.0 / (1.0 + score.exp()))
    }
}

/// The result of training for one language.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Classifier {
    consent: Layer,
    question: Layer,
    relevance: Relevance,
}

impl Classifier {
    /// Reads `languages/<code>/understanding.json`.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// The layer for replies to such a question.
    pub fn layer(&self, asked: Asked) -> &Layer {
        if asked.is_question() { &self.question } else { &self.consent }
    }

    /// What tells whether an answer is about the question.
    pub fn relevance(&self) -> &Relevance {
        &self.relevance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meaning::Consent;

    fn layer(bias: &[f32]) -> Result<Layer, String> {
        let mut rows = vec![vec![0.0; VECTOR + 1]; 2];
        rows[0][3] = 2.0;
        rows[1][VECTOR] = 5.0;
        let written = serde_json::json!({ "kinds": ["consent yes", "consent no"], "weights": rows, "bias": bias });
        serde_json::from_value(written).map_err(|error| error.to_string())
    }

    #[test]
    fn probabilities_follow_the_vector_and_what_was_asked() {
        let layer = layer(&[0.0, 1.0]).unwrap();
        assert_eq!(layer.kinds, [Kind::Consent(Consent::Yes), Kind::Consent(Consent::No)]);
        let mut vector = vec![0.0; VECTOR];
        vector[3] = 1.0;
        let yes = |asked| layer.probabilities(asked, &vector).unwrap()[0];
        // 1 / (1 + e⁻¹), and 1 / (1 + e⁴).
        assert!((yes(Asked::Participation) - 0.731).abs() < 0.001 && (yes(Asked::Recording) - 0.018).abs() < 0.001);
        assert_eq!(layer.probabilities(Asked::Participation, &vector[1..]), None);
    }

    #[test]
    fn what_has_another_shape_is_refused() {
        assert!(layer(&[0.0]).unwrap_err().contains("2 kinds need as many rows of 385 numbers"));
        assert!(Classifier::parse("{}").is_err());
    }

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
