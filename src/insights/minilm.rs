//! MiniLM: how alike two texts are, by what they mean.
//!
//! Owns: that a text is read once. Never does: judge what likeness is enough (`interview::insight::likeness` does), take
//! the processor from a call: its work is of the lowest priority.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use encoder::Encoder;
use voice::inference::{Inference, InferenceError, Priority};

use crate::sentences::{self, SentencesError};

#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    #[error(transparent)]
    Open(#[from] SentencesError),
    #[error(transparent)]
    Encoder(#[from] encoder::EncoderError),
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// The model on the shared inference threads; cheap to clone.
#[derive(Clone)]
pub struct MiniLm {
    encoder: Arc<Encoder>,
    inference: Inference,
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
        Ok(Self { encoder: Arc::new(sentences::encoder(models_dir, None)?), inference })
    }

    /// Every text's vector. A text at a time, so that whoever speaks meanwhile is not waited for.
    pub async fn embed(&self, texts: impl IntoIterator<Item = String>) -> Result<Embeddings, EmbeddingError> {
        let mut vectors = HashMap::new();
        for text in texts {
            if vectors.contains_key(&text) {
                continue;
            }
            let (encoder, read) = (Arc::clone(&self.encoder), text.clone());
            let vector = self.inference.run(Priority::Background, move || encoder.direction(&read)).await?;
            vectors.insert(text, vector?);
        }
        Ok(Embeddings(vectors))
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
    async fn what_was_not_read_is_like_nothing() {
        let dir = std::env::var("MODELS_DIR").unwrap_or_else(|_| weights::DEFAULT_DIR.to_owned());
        let model = MiniLm::open(Path::new(&dir), Inference::start(2)).unwrap();
        let embeddings = model.embed(["price", "cost", "price"].map(str::to_owned)).await.unwrap();
        assert!(embeddings.cosine("price", "cost").unwrap() > 0.6);
        assert_eq!(embeddings.cosine("price", "never read"), None);
    }
}
