//! Converts a CTranslate2 Whisper model to whisper.cpp's ggml format with q8_0 quantisation.
//!
//! Owns: reading the one format ([`ct2`]), naming and splitting its tensors ([`tensors`]), and
//! writing the other ([`ggml`]). Never does: hold a whole model in memory; tensors are converted in
//! pieces.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use crate::digest::Hashing;

mod ct2;
mod ggml;
mod tensors;
mod vocabulary;

#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the file is not a CTranslate2 Whisper model: {0}")]
    NotWhisper(String),
    #[error("the model has no array named {0}")]
    Missing(String),
    #[error("{name} has the unexpected shape {shape:?}: {reason}")]
    Shape { name: String, shape: Vec<usize>, reason: &'static str },
    #[error("{name} is stored as {stored}; only f32 and f16 are supported")]
    Stored { name: String, stored: &'static str },
    #[error("{0} has a bias on its keys, which whisper.cpp does not support")]
    KeyBias(String),
    #[error("line {line} of the vocabulary has a character outside GPT-2's alphabet: {token:?}")]
    Token { line: usize, token: String },
}

/// The number of values that are converted at a time: 1 MiB of f32.
const PIECE: usize = 1 << 18;

/// Converts a model file. `progress` is called with the number of bytes written so far. Returns the
/// SHA-256 of the new file in lower-case hex.
pub fn file(model: &Path, vocabulary: &Path, to: &Path, progress: impl Fn(u64)) -> Result<String, ConvertError> {
    let model = BufReader::new(File::open(model)?);
    let vocabulary = std::fs::read_to_string(vocabulary)?;
    let mut out = Hashing::new(BufWriter::with_capacity(1 << 20, File::create(to)?));
    convert(model, &vocabulary, &mut out, progress)?;
    let (writer, _, sha256) = out.finish();
    writer.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
    Ok(sha256)
}

fn convert(
    model: impl Read + Seek,
    vocabulary: &str,
    out: &mut impl Write,
    progress: impl Fn(u64),
) -> Result<(), ConvertError> {
    let mut model = ct2::Model::open(model)?;
    let layout = tensors::Layout::of(&model)?;
    let mut writer = ggml::Writer::new(&mut *out);
    writer.header(&layout.hyperparameters)?;
    writer.mel_filters(&mel::Filterbank::new(layout.hyperparameters.n_mels))?;
    writer.tokens(&vocabulary::tokens(vocabulary)?)?;
    for name in &layout.keys_without_bias {
        if tensors::key_bias(&mut model, name)?.iter().any(|b| *b != 0.0) {
            return Err(ConvertError::KeyBias(name.clone()));
        }
    }
    for tensor in &layout.tensors {
        let encoding = writer.tensor(&tensor.name, &tensor.shape)?;
        let count: usize = tensor.shape.iter().product();
        for from in (0..count).step_by(PIECE) {
            let to = count.min(from + PIECE);
            let values = model.values(&tensor.source, tensor.offset + from..tensor.offset + to)?;
            writer.values(encoding, &values)?;
            progress(writer.written());
        }
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests;
