//! The classifier: a small network over a sentence's vector and its words.
//!
//! Owns: features, weights, probabilities. Never does: learn ([`super::fit`] does), or decide.
//!
//! Features of a text: the 512 numbers of its vector; its words, pairs and triples of words, hashed into [`BUCKETS`]
//! places (so that "not" and "rather not" count by themselves, which vectors of meaning blur); what was asked; a
//! constant. One hidden layer of [`HIDDEN`] rectified sums lets a word count differently in different company.

use super::meaning::Kind;
use crate::lexicon as lex;

/// Numbers in a sentence's vector.
pub const VECTOR: usize = 512;
/// Places of hashed words.
pub const BUCKETS: usize = 4096;
/// What was asked, a constant, and whether it ends in a question mark.
const MARKS: usize = 4;
pub const WIDTH: usize = VECTOR + BUCKETS + MARKS;
/// Rectified sums between features and kinds.
pub const HIDDEN: usize = 256;
/// Length that the vector gets: the root of [`VECTOR`], so that its numbers vary by about 1.
const VECTOR_SCALE: f32 = 22.6;
/// Length that the counts of words get.
const WORDS_SCALE: f32 = 2.0;

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
        let tokens: Vec<String> =
            ["^".to_owned()].into_iter().chain(lex::tokens(text)).chain(["$".to_owned()]).collect();
        let mut counts = std::collections::BTreeMap::<u16, f32>::new();
        for length in 1..=3 {
            for words in tokens.windows(length) {
                let place = (hash(&words.join(" ")) % BUCKETS as u64) as u16;
                *counts.entry(place).or_insert(0.0) += 1.0;
            }
        }
        let length = counts.values().map(|count| count * count).sum::<f32>().sqrt().max(1.0);
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
        let known = vector.len() == VECTOR;
        let dense = if known { vector.iter().map(|v| v * VECTOR_SCALE).collect() } else { vec![0.0; VECTOR] };
        Self { dense, sparse }
    }

    /// Every feature with its place among the rows of weights.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        let words = self.sparse.iter().map(|(place, value)| (VECTOR + usize::from(*place), *value));
        self.dense.iter().copied().enumerate().chain(words)
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
    /// [`WIDTH`] rows of [`HIDDEN`].
    pub first: Vec<f32>,
    /// [`HIDDEN`] + 1 rows of a number a kind; the last is added to every text's.
    pub second: Vec<f32>,
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

    /// Probabilities in the order of `kinds`.
    pub fn probabilities(&self, features: &Features) -> Vec<f32> {
        let mut hidden = vec![0.0_f32; HIDDEN];
        for (place, value) in features.places() {
            add(&mut hidden, &self.first[place * HIDDEN..(place + 1) * HIDDEN], value);
        }
        softmax(&self.scores(&hidden))
    }

    /// Of the sums before they are rectified.
    pub(super) fn scores(&self, hidden: &[f32]) -> Vec<f32> {
        let kinds = self.kinds.len();
        let mut scores = self.second[HIDDEN * kinds..].to_vec();
        for (at, sum) in hidden.iter().enumerate().filter(|(_, sum)| **sum > 0.0) {
            add(&mut scores, &self.second[at * kinds..(at + 1) * kinds], *sum);
        }
        scores
    }
}

/// `sums` += `row` * `by`.
pub(super) fn add(sums: &mut [f32], row: &[f32], by: f32) {
    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * by);
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

const MAGIC: &[u8] = b"meaning2";

impl Classifier {
    pub fn model(&self, asked: Asked) -> &Model {
        if asked.is_question() { &self.question } else { &self.consent }
    }

    /// As a file: row by row of both layers of both models, each row a scale (f32) and a byte a number.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for model in [&self.consent, &self.question] {
            for row in model.first.chunks_exact(HIDDEN).chain(model.second.chunks_exact(model.kinds.len())) {
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
        let mut rows = |count: usize, length: usize| {
            let mut weights = Vec::with_capacity(count * length);
            for _ in 0..count {
                let (row, tail) = rest.split_at_checked(4 + length)?;
                rest = tail;
                let (scale, row) = row.split_first_chunk::<4>()?;
                let scale = f32::from_le_bytes(*scale);
                weights.extend(row.iter().map(|byte| f32::from(*byte as i8) * scale));
            }
            Some(weights)
        };
        let mut model = |question: bool| {
            let kinds = Model::kinds_of(question);
            let (first, second) = (rows(WIDTH, HIDDEN)?, rows(HIDDEN + 1, kinds.len())?);
            Some(Model { kinds, first, second })
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
        let numbers = |count: usize| (0..count).map(|at| ((at * 7) % 19) as f32 / 9.0 - 1.0).collect::<Vec<_>>();
        let model = |question| {
            let kinds = Model::kinds_of(question);
            let second = numbers((HIDDEN + 1) * kinds.len());
            Model { kinds, first: numbers(WIDTH * HIDDEN), second }
        };
        let classifier = Classifier { consent: model(false), question: model(true) };
        let read = Classifier::from_bytes(&classifier.to_bytes()).unwrap();
        let pairs =
            [(&classifier.question.first, &read.question.first), (&classifier.consent.second, &read.consent.second)];
        for (one, other) in pairs.into_iter().flat_map(|(a, b)| a.iter().zip(b)) {
            assert!((one - other).abs() < 0.01);
        }
        assert_eq!(Classifier::from_bytes(b"meaning2"), None);
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
