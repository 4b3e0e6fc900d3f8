//! Sentences to vectors: the Universal Sentence Encoder, multilingual v3 (Yang et al. 2019, arXiv:1907.04307), whose
//! convolutional variant reads sixteen languages and costs about a millisecond a sentence.
//!
//! Owns: reading the weights, cutting text into pieces ([`pieces`]), the network ([`network`]). Never does: decide what
//! a vector means, or choose where it is computed: [`Encoder::encode`] blocks for as long as it takes.

mod network;
mod pieces;

use std::path::{Path, PathBuf};

use network::Network;
use pieces::Pieces;

/// Numbers in a vector.
pub const WIDTH: usize = 512;

/// Tokens of a text that are read; the rest of a longer one is ignored.
const LONGEST: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
}

impl EncoderError {
    fn file(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), reason: format!("{reason}") }
    }
}

/// The model, ready to read. Holds about 70 MB.
pub struct Encoder {
    pieces: Pieces,
    network: Network,
}

impl Encoder {
    /// Reads `weights` (a NumPy archive) and `vocabulary` (a SentencePiece model). Blocks for about half a second.
    ///
    /// # Errors
    /// Which file is missing, damaged or of another shape.
    pub fn open(weights: &Path, vocabulary: &Path) -> Result<Self, EncoderError> {
        Ok(Self { pieces: Pieces::open(vocabulary)?, network: Network::open(weights)? })
    }

    /// The vector of a text: [`WIDTH`] numbers, of length 1. Texts that mean the same have a large scalar product.
    pub fn encode(&self, text: &str) -> Vec<f32> {
        let mut ids = self.pieces.ids(text);
        ids.truncate(LONGEST);
        self.network.vector(&ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoder() -> Encoder {
        let dir = std::env::var("MODELS_DIR")
            .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/weights"), PathBuf::from);
        Encoder::open(&dir.join("sentence-encoder.npz"), &dir.join("sentence-encoder.model")).unwrap()
    }

    /// Scalar products as the package's own NumPy code has them.
    #[test]
    fn vectors_are_those_of_the_reference() {
        let encoder = encoder();
        let product = |one: &str, other: &str| -> f32 {
            let (one, other) = (encoder.encode(one), encoder.encode(other));
            assert!((one.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-4);
            one.iter().zip(&other).map(|(a, b)| a * b).sum()
        };
        for (one, other, reference) in [
            ("Could you say that again, please?", "Please repeat the question.", REFERENCE[0]),
            ("I usually have to google it.", "I would like to stop now.", REFERENCE[1]),
            ("Das ist mir zu teuer.", "It's too expensive for me.", REFERENCE[2]),
            ("Ünïcödé  – “quotes” & 123!", "I sell shoes in a small shop.", REFERENCE[3]),
        ] {
            let is = product(one, other);
            assert!((is - reference).abs() < 0.002, "{one} / {other}: {is}, not {reference}");
        }
        assert_eq!(encoder.encode("").len(), WIDTH);
    }

    const REFERENCE: [f32; 4] = [0.4506, 0.1881, 0.7947, -0.0243];
}
