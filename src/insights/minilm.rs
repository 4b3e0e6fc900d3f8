//! MiniLM: the similarity of texts by their meaning.
//!
//! Owns: that each text is embedded once. Never does: decide which similarity is enough
//! (`interview::insight::likeness` does), or delay a call. Its work has the lowest priority.

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

/// The model on the shared inference threads. Cloning it is cheap.
#[derive(Clone)]
pub struct MiniLm {
    encoder: Arc<Encoder>,
    inference: Inference,
}

/// Unit vectors by text.
#[derive(Debug, Default)]
pub struct Embeddings(HashMap<String, Vec<f32>>);

impl MiniLm {
    /// Opens the verified weights of a folder. Blocks.
    ///
    /// # Errors
    /// Names the file that is missing or damaged.
    pub fn open(models_dir: &Path, inference: Inference) -> Result<Self, EmbeddingError> {
        Ok(Self { encoder: Arc::new(sentences::encoder(models_dir, None)?), inference })
    }

    /// Embeds every text, one at a time, so that the work of live calls can be done in between.
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
    /// Returns the cosine similarity, −1 to 1, or `None` if one of the texts was not embedded.
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
