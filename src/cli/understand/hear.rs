//! A set of utterances as the recognizers hear it. The utterances are spoken by alternating
//! synthetic voices, sent through Opus as in a call, and transcribed.
//!
//! Owns: this round trip and its file. Never does: interpret an utterance.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use voice::audio::codec::{Codec as _, Decoder, encode_clip};
use voice::audio::{LISTEN_RATE, SPEAK_RATE};
use voice::inference::{Inference, Priority};
use voice::stt::{Speech, Transcriber as _, Whisper, WhisperSettings};
use voice::tts::{Kokoro, KokoroSettings, Synthesizer as _, Voice};

use super::sets;
use crate::config::Settings;

/// An American woman's and a British man's voice.
const VOICES: [&str; 2] = ["af_heart", "bm_george"];
/// The silence before and after an utterance in milliseconds, as in the turns of a call.
const MARGIN_MS: u32 = 300;

/// The recognizers, by the names of their weights.
const MODELS: [&str; 2] = ["base", "tiny.en"];

/// A line of the file: an utterance, and what each recognizer heard.
#[derive(Serialize, Deserialize)]
struct Line {
    voice: String,
    text: String,
    heard: BTreeMap<String, String>,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("heard.jsonl")
}

/// Returns what `model` heard of each text, as [`run`] stored it.
pub(super) fn heard(folder: &Path, model: &str) -> anyhow::Result<HashMap<String, String>> {
    if !MODELS.contains(&model) {
        bail!("--as-heard {model}: the recognizers are {}", MODELS.join(", "));
    }
    let path = path(folder);
    let lines = lines(&path).with_context(|| format!("{}: understand --hear writes it", path.display()))?;
    Ok(lines.into_iter().filter_map(|mut line| Some((line.text, line.heard.remove(model)?))).collect())
}

fn lines(path: &Path) -> anyhow::Result<Vec<Line>> {
    let file = BufReader::new(std::fs::File::open(path)?);
    file.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// Continues where an earlier run was interrupted.
pub(super) fn run(folder: &Path, settings: &Settings) -> anyhow::Result<ExitCode> {
    let path = path(folder);
    let known = if path.exists() { lines(&path).with_context(|| path.display().to_string())? } else { Vec::new() };
    let mut seen: HashSet<String> = known.into_iter().map(|line| line.text).collect();
    let blocks = sets(folder)?.into_iter().flat_map(|set| set.blocks);
    let texts = blocks.flat_map(|block| block.texts.into_iter().chain(block.cases.into_iter().map(|case| case.text)));
    // The voice depends on the position among all texts, so that it does not depend on what is
    // already transcribed.
    let wanted: Vec<(String, &str)> =
        texts.zip(VOICES.into_iter().cycle()).filter(|(text, _)| seen.insert(text.clone())).collect();
    let mut file = std::fs::File::options().create(true).append(true).open(&path)?;
    let progress = indicatif::ProgressBar::new(wanted.len() as u64);
    actix::System::new().block_on(async {
        let models_dir = &settings.storage.models_dir;
        let inference = Inference::start(settings.speech.inference_threads);
        let kokoro = Kokoro::load(models_dir, inference.clone(), KokoroSettings::default())?;
        let mut recognisers = Vec::new();
        for model in MODELS {
            let weights = weights::verify(&weights::required(model), models_dir)
                .map_err(|them| anyhow::anyhow!(them.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
            let whisper = Whisper::load(&weights.whisper(model)?, inference.clone(), WhisperSettings::default())?;
            recognisers.push((model, whisper));
        }
        for (text, voice) in wanted {
            let speaker = Voice::new(voice, 1.0);
            let pcm = kokoro.synthesize(&text, &speaker, Priority::Background).await?;
            let samples: Arc<[f32]> = received(pcm)?.into();
            let mut heard = BTreeMap::new();
            for (model, whisper) in &recognisers {
                let samples = Arc::clone(&samples);
                let speech = Speech { samples, start_ms: 0, language: "en".to_owned(), voiced: 1.0 };
                let words = whisper.transcribe(speech).await?.words;
                let words: Vec<&str> = words.iter().map(|word| word.text.trim()).collect();
                heard.insert((*model).to_owned(), words.join(" "));
            }
            let line = Line { voice: voice.to_owned(), text, heard };
            writeln!(file, "{}", serde_json::to_string(&line)?)?;
            progress.inc(1);
        }
        anyhow::Ok(())
    })?;
    progress.finish_and_clear();
    say!("{} holds the transcriptions", path.display())?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the audio as the engine receives it: 16 kHz, encoded and decoded, with silence around
/// it.
fn received(mut pcm: Vec<i16>) -> anyhow::Result<Vec<f32>> {
    pcm.extend(std::iter::repeat_n(0, (SPEAK_RATE * MARGIN_MS / 1000) as usize));
    let mut samples = vec![0.0; (LISTEN_RATE * MARGIN_MS / 1000) as usize];
    let mut decoder = Decoder::new()?;
    for packet in encode_clip(String::new(), pcm)?.packets {
        samples.extend_from_slice(decoder.decode(&packet)?);
    }
    Ok(samples)
}
