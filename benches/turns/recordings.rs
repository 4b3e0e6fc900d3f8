//! Recorded human speech with its words: what the test set of the weights holds.
//!
//! Owns: reading the clips, and their way to the rate that is spoken at. Never does: cut or judge them.
//! Shared by `benches/turns` and `tests/it`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

/// Kennedy's sentence, in the clip that every Whisper build is tried with.
const JFK: &str =
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country";

/// A clip of 16 kHz mono, −1…1, and what is said in it.
#[derive(Debug, Clone)]
pub struct Recording {
    pub name: String,
    pub samples: Vec<f32>,
    #[allow(dead_code, reason = "the benchmark needs only the sound")]
    pub text: String,
}

/// The folder of weights: `MODELS_DIR`, or `models/weights` of the repository.
pub fn models_dir() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models/weights");
    std::env::var_os("MODELS_DIR").map_or_else(default, PathBuf::from)
}

/// Every recording of the test set: the librivox clips with their transcription as it was published, then `jfk`.
///
/// # Errors
/// Names the file that is missing, and how to get it.
pub fn all(models: &Path) -> anyhow::Result<Vec<Recording>> {
    let folder = models.join("test");
    let path = folder.join("librivox-transcription");
    let hint = || format!("{}: run `interviewer models fetch --set test`, or set MODELS_DIR", path.display());
    let transcription = std::fs::read_to_string(&path).with_context(hint)?;
    let mut recordings = Vec::new();
    for line in transcription.lines().filter(|line| !line.trim().is_empty()) {
        let (text, name) = line.rsplit_once('(').with_context(|| format!("not text and (name): {line}"))?;
        let text = text.replace("<s>", "").replace("</s>", "").trim().to_owned();
        let file = name.trim().trim_end_matches(')');
        let name = file.rsplit('-').next().unwrap_or(file).to_owned();
        recordings.push(Recording { name, samples: samples(&folder, file)?, text });
    }
    recordings.push(Recording { name: "jfk".to_owned(), samples: samples(&folder, "jfk")?, text: JFK.to_owned() });
    Ok(recordings)
}

fn samples(folder: &Path, name: &str) -> anyhow::Result<Vec<f32>> {
    let path = folder.join(format!("{name}.wav"));
    let mut reader = hound::WavReader::open(&path).with_context(|| path.display().to_string())?;
    let spec = reader.spec();
    ensure!((spec.sample_rate, spec.channels) == (16_000, 1), "{} is not 16 kHz mono", path.display());
    let scaled = reader.samples::<i16>().map(|sample| Ok(f32::from(sample?) / 32_768.0));
    scaled.collect::<Result<_, hound::Error>>().with_context(|| path.display().to_string())
}

/// 16 kHz to the 24 kHz that callers of ours encode, by cubic interpolation (Catmull and Rom): what it leaves above
/// 8 kHz the listening side never decodes.
pub fn at_24k(samples: &[f32]) -> Vec<i16> {
    let at = |index: isize| samples[index.clamp(0, samples.len() as isize - 1) as usize];
    let value = |n: usize| {
        let (whole, part) = ((n * 2 / 3) as isize, (n * 2 % 3) as f32 / 3.0);
        let [a, b, c, d] = [-1, 0, 1, 2].map(|step| at(whole + step));
        let curve = [2.0 * b, c - a, 2.0 * a - 5.0 * b + 4.0 * c - d, 3.0 * (b - c) + d - a];
        0.5 * (curve[0] + part * (curve[1] + part * (curve[2] + part * curve[3])))
    };
    let count = if samples.is_empty() { 0 } else { samples.len() * 3 / 2 };
    (0..count).map(|n| (value(n).clamp(-1.0, 1.0) * 32_767.0) as i16).collect()
}
