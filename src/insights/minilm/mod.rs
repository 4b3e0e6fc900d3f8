//! MiniLM: how alike two texts are, by what they mean.
//!
//! Owns: the session, mean pooling, and that a text is read once. Never does: judge what likeness is enough
//! (`interview::insight::likeness` does), take the processor from a call: its work is of the lowest priority.

mod wordpiece;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use parking_lot::Mutex;

use self::wordpiece::{VocabularyError, WordPiece};
use crate::models;
use voice::inference::ort::{OrtError, SessionKind, environment, session};
use voice::inference::{Inference, InferenceError, Priority};

/// Pieces of a text that are read: what this model was trained with.
const PIECES: usize = 256;
/// Items of the manifest.
const WEIGHTS: [&str; 3] = ["minilm", "minilm-vocab", "onnxruntime"];

#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    #[error("model weights are missing or damaged: {0}")]
    Weights(String),
    #[error(transparent)]
    Ort(#[from] OrtError),
    #[error("{file}: {reason}")]
    Vocabulary { file: String, reason: String },
    #[error("the model failed: {0}")]
    Run(String),
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// The model on the shared inference threads; cheap to clone.
#[derive(Clone)]
pub struct MiniLm {
    model: Arc<Model>,
    inference: Inference,
}

struct Model {
    session: Mutex<Session>,
    vocabulary: WordPiece,
}

/// Unit vectors by text.
#[derive(Debug, Default)]
pub struct Embeddings(HashMap<String, Vec<f32>>);

impl MiniLm {
    /// The verified weights of a folder. Blocking.
    ///
    /// # Errors
    /// Which file is missing or damaged.
    pub fn open(models_dir: &Path, inference: Inference) -> Result<Self, EmbeddingError> {
        let wanted: Vec<String> = WEIGHTS.iter().map(|name| (*name).to_owned()).collect();
        let weights = models::verify(&wanted, models_dir).map_err(|problems| {
            EmbeddingError::Weights(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        Self::load(environment(&weights.onnxruntime())?, &weights.minilm(), &weights.minilm_vocab(), inference)
    }

    fn load(
        environment: &Environment,
        model: &Path,
        vocabulary: &Path,
        inference: Inference,
    ) -> Result<Self, EmbeddingError> {
        let fault = |reason: String| EmbeddingError::Vocabulary { file: vocabulary.display().to_string(), reason };
        let json = std::fs::read(vocabulary).map_err(|error| fault(error.to_string()))?;
        let vocabulary = WordPiece::read(&json).map_err(|error: VocabularyError| fault(error.to_string()))?;
        let session = session(environment, model, 1, SessionKind::Variable)?;
        Ok(Self { model: Arc::new(Model { session: Mutex::new(session), vocabulary }), inference })
    }

    /// Every text's vector. A text at a time, so that whoever speaks meanwhile is not waited for.
    pub async fn embed(&self, texts: impl IntoIterator<Item = String>) -> Result<Embeddings, EmbeddingError> {
        let mut vectors = HashMap::new();
        for text in texts {
            if vectors.contains_key(&text) {
                continue;
            }
            let (model, read) = (Arc::clone(&self.model), text.clone());
            let vector = self.inference.run(Priority::Background, move || model.vector(&read)).await?;
            vectors.insert(text, vector.map_err(|error| EmbeddingError::Run(error.to_string()))?);
        }
        Ok(Embeddings(vectors))
    }
}

impl Model {
    /// `last_hidden_state` [1, n, 384], its mean over the pieces, at length 1.
    fn vector(&self, text: &str) -> ort::Result<Vec<f32>> {
        let ids = self.vocabulary.ids(text, PIECES);
        let shape = [1, ids.len()];
        let (mask, kinds) = (vec![1_i64; ids.len()], vec![0_i64; ids.len()]);
        let mut session = self.session.lock();
        let outputs = session.run(ort::inputs! {
            "input_ids" => TensorRef::from_array_view((shape, ids.as_slice()))?,
            "attention_mask" => TensorRef::from_array_view((shape, mask.as_slice()))?,
            "token_type_ids" => TensorRef::from_array_view((shape, kinds.as_slice()))?,
        })?;
        let (_, states) = outputs["last_hidden_state"].try_extract_tensor::<f32>()?;
        let width = states.len() / ids.len();
        let mut vector = vec![0.0_f32; width];
        for state in states.chunks_exact(width.max(1)) {
            vector.iter_mut().zip(state).for_each(|(sum, value)| *sum += value);
        }
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for value in &mut vector {
            *value /= length;
        }
        Ok(vector)
    }
}

impl Embeddings {
    /// −1…1; none where one of them was not read.
    pub fn cosine(&self, one: &str, other: &str) -> Option<f32> {
        let (one, other) = (self.0.get(one)?, self.0.get(other)?);
        Some(one.iter().zip(other).map(|(a, b)| a * b).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_means_the_same_is_alike() {
        let dir = std::env::var("MODELS_DIR").unwrap_or_else(|_| models::DEFAULT_DIR.to_owned());
        let model = MiniLm::open(Path::new(&dir), Inference::start(2)).unwrap();
        let texts = ["price", "cost", "software", "bakery", "I don't like Café-noise, naïve 123!"];
        let embeddings = model.embed(texts.map(str::to_owned)).await.unwrap();
        let cosine = |one, other| embeddings.cosine(one, other).unwrap();
        // As the reference tokenizer and ONNX Runtime have it: 0.731 and 0.153.
        assert!((cosine("price", "cost") - 0.731).abs() < 0.02, "{}", cosine("price", "cost"));
        assert!((cosine("software", "bakery") - 0.153).abs() < 0.02, "{}", cosine("software", "bakery"));
        assert_eq!(embeddings.cosine("price", "never read"), None);
        let ids = model.model.vocabulary.ids("I don't like Café-noise, naïve 123!", 64);
        assert_eq!(ids, [101, 1045, 2123, 1005, 1056, 2066, 7668, 1011, 5005, 1010, 15743, 13138, 999, 102]);
    }
}
