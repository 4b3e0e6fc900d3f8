//! The paths of the weights, once [`verify`](super::verify) has found them intact.

use std::path::{Path, PathBuf};

use super::{Manifest, WeightsError};

/// The folder of verified weights.
#[derive(Debug, Clone)]
pub struct Weights {
    dir: PathBuf,
}

impl Weights {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the path of a ggml file. `base` and `tiny.en` are the names of fetched models.
    /// Anything else is the path of a file.
    pub fn whisper(&self, model: &str) -> Result<PathBuf, WeightsError> {
        let manifest = Manifest::built_in()?;
        if let Some(file) = manifest.item(&format!("whisper-{model}")).and_then(|i| i.files.first()) {
            return Ok(self.dir.join(&file.path));
        }
        let own = PathBuf::from(model);
        if own.is_file() {
            return Ok(own);
        }
        let known =
            manifest.items.iter().filter_map(|i| i.name.strip_prefix("whisper-")).collect::<Vec<_>>().join(", ");
        Err(WeightsError::NoWhisper { name: model.to_owned(), known })
    }

    pub fn kokoro(&self) -> PathBuf {
        self.dir.join("kokoro-82m-int8.onnx")
    }

    pub fn kokoro_vocab(&self) -> PathBuf {
        self.dir.join("kokoro-vocab.json")
    }

    /// Returns the folder of `<voice>.bin` files.
    pub fn voices(&self) -> PathBuf {
        self.dir.join("voices")
    }

    pub fn g2p(&self) -> PathBuf {
        self.dir.join("g2p-en.npz")
    }

    pub fn silero(&self) -> PathBuf {
        self.dir.join("silero_vad.onnx")
    }

    pub fn smart_turn(&self) -> PathBuf {
        self.dir.join("smart-turn-v3.2.onnx")
    }

    pub fn minilm(&self) -> PathBuf {
        self.dir.join("minilm-l6-int8.onnx")
    }

    pub fn minilm_vocab(&self) -> PathBuf {
        self.dir.join("minilm-vocab.json")
    }

    pub fn onnxruntime(&self) -> PathBuf {
        self.dir.join("libonnxruntime.so")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_typed_path_is_a_file_of_the_manifest() {
        let weights = Weights::new(Path::new("w"));
        let manifest = Manifest::built_in().unwrap();
        let known: Vec<_> =
            manifest.items.iter().flat_map(|i| &i.files).map(|f| Path::new("w").join(&f.path)).collect();
        for path in [
            weights.kokoro(),
            weights.kokoro_vocab(),
            weights.voices().join("af_heart.bin"),
            weights.g2p(),
            weights.silero(),
            weights.smart_turn(),
            weights.onnxruntime(),
            weights.minilm(),
            weights.minilm_vocab(),
            weights.whisper("base").unwrap(),
            weights.whisper("tiny.en").unwrap(),
        ] {
            assert!(known.contains(&path), "{}", path.display());
        }
    }

    #[test]
    fn whisper_takes_a_path_and_refuses_what_is_not_there() {
        let own = tempfile::NamedTempFile::new().unwrap();
        let weights = Weights::new(Path::new("w"));
        assert_eq!(weights.whisper(own.path().to_str().unwrap()).unwrap(), own.path());
        assert!(weights.whisper("huge").unwrap_err().to_string().contains("base, tiny.en"));
    }
}
