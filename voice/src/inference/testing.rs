//! Helpers for tests with real models: the folder of weights, and clips.

use std::path::PathBuf;

/// Returns the folder of weights: `MODELS_DIR`, or `models/weights` of the repository.
pub(crate) fn models_dir() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/weights");
    std::env::var_os("MODELS_DIR").map_or_else(default, PathBuf::from)
}

/// Returns the path of a weight file. Panics with instructions if it does not exist.
pub(crate) fn weights(name: &str) -> PathBuf {
    let path = models_dir().join(name);
    assert!(
        path.is_file(),
        "{} is missing: run `scripts/run models fetch --set test`, or set MODELS_DIR",
        path.display()
    );
    path
}

/// Returns the samples of a 16 kHz mono clip of the test folder, between -1 and 1.
pub(crate) fn clip(name: &str) -> Vec<f32> {
    let mut reader = hound::WavReader::open(weights(&format!("test/{name}.wav"))).expect("a WAV file");
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1), "{name}");
    reader.samples::<i16>().map(|sample| f32::from(sample.expect("a sample")) / 32_768.0).collect()
}

/// Returns the clips of the LibriVox recordings with their reference texts.
pub(crate) fn librivox() -> Vec<(Vec<f32>, String)> {
    let transcription = std::fs::read_to_string(weights("test/librivox-transcription")).expect("transcription");
    let parse = |line: &str| {
        let (text, name) = line.rsplit_once('(').expect("text and name");
        let text = text.replace("<s>", "").replace("</s>", "").trim().to_owned();
        (clip(name.trim().trim_end_matches(')')), text)
    };
    transcription.lines().filter(|line| !line.trim().is_empty()).map(parse).collect()
}

/// Returns a generator of xorshift noise between -1 and 1. The same seed gives the same noise
/// everywhere.
pub(crate) fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.max(1);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    }
}
