//! Sentence embeddings: MiniLM (Wang et al. 2020, arXiv:2002.10957) as trained for sentences, with
//! six layers, and the same network adapted to a task. Texts with similar meanings have vectors
//! that are close to each other.
//!
//! Owns: splitting text into word pieces ([`wordpiece`]), the adaptation of the weights
//! ([`adaptation`]), and the mean over the pieces. Never does: decide what a vector means, or
//! choose the thread on which it is computed. [`Encoder::encode`] blocks until the result is ready.

mod adaptation;
mod wordpiece;

use std::path::{Path, PathBuf};

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use parking_lot::Mutex;

use onnx::{OrtError, SessionKind};
use wordpiece::WordPiece;

/// The number of values in a vector.
pub const WIDTH: usize = 384;

/// The maximum number of word pieces of a text, as in the network's training. The rest of a longer
/// text is ignored.
const LONGEST: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error(transparent)]
    Ort(#[from] OrtError),
    #[error("the adaptation of the encoder cannot be used: {0}")]
    Adaptation(String),
    #[error("the encoder failed: {0}")]
    Run(String),
}

impl EncoderError {
    fn file(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), reason: format!("{reason}") }
    }
}

/// The loaded model, which takes about 100 MB of memory.
pub struct Encoder {
    pieces: WordPiece,
    session: Mutex<Session>,
}

impl Encoder {
    /// Loads `model` (ONNX) and `vocabulary` (a JSON list of word pieces). `adaptation` contains
    /// the changes of the model's weights, as described in [`adaptation`]. Blocks for about 0.5 s.
    ///
    /// # Errors
    /// Returns an error that names the file if one is missing, damaged or of another form.
    pub fn open(
        environment: &Environment,
        model: &Path,
        vocabulary: &Path,
        adaptation: Option<&[u8]>,
    ) -> Result<Self, EncoderError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| EncoderError::file(path, error));
        let pieces = WordPiece::read(&read(vocabulary)?).map_err(|error| EncoderError::file(vocabulary, error))?;
        let session = match adaptation {
            None => onnx::session(environment, model, 1, SessionKind::Variable)?,
            Some(adaptation) => {
                let mut weights = read(model)?;
                adaptation::apply(&mut weights, adaptation).map_err(EncoderError::Adaptation)?;
                onnx::session_of_bytes(environment, model, &weights, 1, SessionKind::Variable)?
            }
        };
        Ok(Self { pieces, session: Mutex::new(session) })
    }

    /// Returns the vector of a text: [`WIDTH`] values, which are the mean of its pieces' states.
    ///
    /// # Errors
    /// Returns the error of ONNX Runtime.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>, EncoderError> {
        self.mean(&self.pieces.ids(text, LONGEST)).map_err(|error| EncoderError::Run(error.to_string()))
    }

    /// Like [`encode`](Self::encode), normalised to length 1. The scalar product of two such
    /// vectors is their cosine similarity, between -1 and 1.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn direction(&self, text: &str) -> Result<Vec<f32>, EncoderError> {
        let mut vector = self.encode(text)?;
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for value in &mut vector {
            *value /= length;
        }
        Ok(vector)
    }

    /// Returns the mean of `last_hidden_state` [1, n, 384] over its pieces.
    fn mean(&self, ids: &[i64]) -> ort::Result<Vec<f32>> {
        let shape = [1, ids.len()];
        let (mask, kinds) = (vec![1_i64; ids.len()], vec![0_i64; ids.len()]);
        let mut session = self.session.lock();
        let outputs = session.run(ort::inputs! {
            "input_ids" => TensorRef::from_array_view((shape, ids))?,
            "attention_mask" => TensorRef::from_array_view((shape, mask.as_slice()))?,
            "token_type_ids" => TensorRef::from_array_view((shape, kinds.as_slice()))?,
        })?;
        let (_, states) = outputs["last_hidden_state"].try_extract_tensor::<f32>()?;
        let mut mean = vec![0.0_f32; WIDTH];
        for state in states.chunks_exact(WIDTH) {
            mean.iter_mut().zip(state).for_each(|(sum, value)| *sum += value / ids.len() as f32);
        }
        Ok(mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(name: &str) -> PathBuf {
        let dir = std::env::var("MODELS_DIR")
            .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/weights"), PathBuf::from);
        dir.join(name)
    }

    fn encoder(adaptation: Option<&[u8]>) -> Result<Encoder, EncoderError> {
        let environment = onnx::environment(&weights("libonnxruntime.so")).unwrap();
        Encoder::open(environment, &weights("minilm-l6-int8.onnx"), &weights("minilm-vocab.json"), adaptation)
    }

    /// The expected values 0.731 and 0.153 are those of the reference tokenizer with ONNX Runtime.
    #[test]
    fn what_means_the_same_is_alike() {
        let encoder = encoder(None).unwrap();
        let alike = |one: &str, other: &str| -> f32 {
            let (one, other) = (encoder.direction(one).unwrap(), encoder.direction(other).unwrap());
            one.iter().zip(&other).map(|(a, b)| a * b).sum()
        };
        assert!((alike("price", "cost") - 0.731).abs() < 0.02, "{}", alike("price", "cost"));
        assert!((alike("software", "bakery") - 0.153).abs() < 0.02, "{}", alike("software", "bakery"));
        assert_eq!(encoder.encode("").unwrap().len(), WIDTH);
        let ids = encoder.pieces.ids("I don't like Café-noise, naïve 123!", 64);
        assert_eq!(ids, [101, 1045, 2123, 1005, 1056, 2066, 7668, 1011, 5005, 1010, 15743, 13138, 999, 102]);
    }

    #[test]
    fn what_adapts_nothing_is_refused() {
        let error = encoder(Some(b"no archive")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("the adaptation of the encoder cannot be used: "), "{error}");
    }
}
