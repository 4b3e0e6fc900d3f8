//! The classifier: softmax regression over a sentence's vector and its words.
//!
//! Owns: features, weights, probabilities. Never does: learn ([`super::training`] does), or decide.
//!
//! Features of a text: the 512 numbers of its vector; its words and pairs of words, hashed into [`BUCKETS`] places (so
//! that "not" and "rather not" count by themselves, which vectors of meaning blur); what was asked; a constant.

use super::meaning::Kind;
use crate::lexicon as lex;

/// Numbers in a sentence's vector.
pub const VECTOR: usize = 512;
/// Places of hashed words.
pub const BUCKETS: usize = 4096;
/// What was asked, a constant, and whether it ends in a question mark.
const MARKS: usize = 4;
pub const WIDTH: usize = VECTOR + BUCKETS + MARKS;
/// Words against vector, so that neither drowns the other.
const WORDS_SCALE: f32 = 0.6;

/// What an utterance is read in the light of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    Participation,
    Recording,
    /// A yes or no of another kind ("Shall I end the call?").
    Confirmation,
    Question,
}

impl Asked {
    pub fn is_question(self) -> bool {
        self == Self::Question
    }
}

/// The features that are not zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    pub dense: Vec<f32>,
    pub sparse: Vec<(u16, f32)>,
}

impl Features {
    /// `vector` of any other length than [`VECTOR`] counts as unknown.
    pub fn of(asked: Asked, text: &str, vector: &[f32]) -> Self {
        let tokens = lex::tokens(text);
        let mut counts = std::collections::BTreeMap::<u16, f32>::new();
        let mut add = |feature: &str| {
            let place = (hash(feature) % BUCKETS as u64) as u16;
            counts.entry(place).or_insert(1.0);
        };
        for (at, word) in tokens.iter().enumerate() {
            add(word);
            let next = tokens.get(at + 1).map_or("$", String::as_str);
            add(&format!("{word} {next}"));
            if at == 0 {
                add(&format!("^ {word}"));
            }
            if let Some(third) = tokens.get(at + 2) {
                add(&format!("{word} {next} {third}"));
            }
        }
        let length = (counts.len() as f32).sqrt().max(1.0);
        let mut sparse: Vec<(u16, f32)> =
            counts.into_iter().map(|(place, count)| (place, WORDS_SCALE * count / length)).collect();
        let mark = |at: usize| (BUCKETS + at) as u16;
        sparse.push((mark(0), 1.0));
        match asked {
            Asked::Recording => sparse.push((mark(1), 0.5)),
            Asked::Confirmation => sparse.push((mark(2), 0.5)),
            Asked::Participation | Asked::Question => {}
        }
        if text.trim_end().ends_with('?') {
            sparse.push((mark(3), 0.5));
        }
        let dense = if vector.len() == VECTOR { vector.to_vec() } else { vec![0.0; VECTOR] };
        Self { dense, sparse }
    }

    pub(super) fn product(&self, weights: &[f32]) -> f32 {
        let (dense, rest) = weights.split_at(VECTOR);
        let sum: f32 = dense.iter().zip(&self.dense).map(|(weight, value)| weight * value).sum();
        sum + self.sparse.iter().map(|(at, value)| rest[usize::from(*at)] * value).sum::<f32>()
    }
}

/// FNV-1a, which is the same on every machine and in every release.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The weights of the kinds that one sort of question can meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub kinds: Vec<Kind>,
    /// A row of [`WIDTH`] a kind.
    pub weights: Vec<Vec<f32>>,
}

impl Model {
    /// The kinds that an answer to a question can be, or an answer to a question of consent.
    pub fn kinds_of(question: bool) -> Vec<Kind> {
        use super::meaning::Request as R;
        let fits = |kind: &Kind| match kind {
            Kind::Consent(_) => !question,
            // At consent these are a refusal, or unclear.
            Kind::Answer
            | Kind::BackChannel
            | Kind::Request(R::Decline | R::DontKnow | R::Stop | R::NothingToAdd | R::Delete) => question,
            _ => true,
        };
        Kind::ALL.into_iter().filter(fits).collect()
    }

    /// Kinds with their probabilities, in the order of `kinds`.
    pub fn probabilities(&self, features: &Features) -> Vec<f32> {
        softmax(&self.weights.iter().map(|row| features.product(row)).collect::<Vec<_>>())
    }
}

pub(super) fn softmax(scores: &[f32]) -> Vec<f32> {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f32 = powers.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    powers.into_iter().map(|power| power / sum).collect()
}

/// Both models of a language.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    pub consent: Model,
    pub question: Model,
}

const MAGIC: &[u8] = b"meaning1";

impl Classifier {
    pub fn model(&self, asked: Asked) -> &Model {
        if asked.is_question() { &self.question } else { &self.consent }
    }

    /// As a file: a row a kind, each a scale (f32) and [`WIDTH`] bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for model in [&self.consent, &self.question] {
            for row in &model.weights {
                let most = row.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
                let scale = most.max(f32::MIN_POSITIVE) / 127.0;
                bytes.extend(scale.to_le_bytes());
                bytes.extend(row.iter().map(|weight| (weight / scale).round() as i8 as u8));
            }
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; none when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut model = |question: bool| {
            let kinds = Model::kinds_of(question);
            let mut weights = Vec::with_capacity(kinds.len());
            for _ in &kinds {
                let (row, tail) = rest.split_at_checked(4 + WIDTH)?;
                rest = tail;
                let (scale, row) = row.split_first_chunk::<4>()?;
                let scale = f32::from_le_bytes(*scale);
                weights.push(row.iter().map(|byte| f32::from(*byte as i8) * scale).collect());
            }
            Some(Model { kinds, weights })
        };
        let (consent, question) = (model(false)?, model(true)?);
        rest.is_empty().then_some(Self { consent, question })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_survive_the_file() {
        let model = |question| {
            let kinds = Model::kinds_of(question);
            let weights = (0..kinds.len())
                .map(|k| (0..WIDTH).map(|at| ((at * 7 + k) % 19) as f32 / 9.0 - 1.0).collect())
                .collect();
            Model { kinds, weights }
        };
        let classifier = Classifier { consent: model(false), question: model(true) };
        let read = Classifier::from_bytes(&classifier.to_bytes()).unwrap();
        for (one, other) in classifier.question.weights.iter().flatten().zip(read.question.weights.iter().flatten()) {
            assert!((one - other).abs() < 0.01);
        }
        assert_eq!(Classifier::from_bytes(b"meaning1"), None);
        assert_eq!(Classifier::from_bytes(&classifier.to_bytes()[1..]), None);
    }

    #[test]
    fn probabilities_add_up() {
        let sum: f32 = softmax(&[1.0, 3.0, -1e9, 0.0]).iter().sum();
        assert!((sum - 1.0).abs() < 1e-6);
        let one = Features::of(Asked::Question, "not by post", &[]);
        let other = Features::of(Asked::Question, "by post", &[]);
        assert_ne!(one, other);
    }
}
