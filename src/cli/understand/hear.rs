//! A set of utterances as the recogniser hears it: each said by synthetic voices, sent through Opus as in a call, and
//! transcribed.
//!
//! Owns: that round trip and its file. Never does: read what an utterance means.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use voice::audio::codec::{Decoder, encode_clip};
use voice::audio::{LISTEN_RATE, SPEAK_RATE};
use voice::inference::{Inference, Priority};
use voice::stt::{Speech, Transcriber as _, Whisper, WhisperSettings};
use voice::tts::{Kokoro, KokoroSettings, Synthesizer as _, Voice};

use super::sets;
use crate::config::Settings;
use crate::models;

/// A woman's American and a man's British voice.
const VOICES: [&str; 2] = ["af_heart", "bm_george"];
/// Of silence before and after an utterance, as a call's turns have it.
const MARGIN_MS: u32 = 300;

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Heard {
    voice: String,
    text: String,
    heard: String,
}

fn path(folder: &Path, model: &str) -> PathBuf {
    folder.join("heard").join(format!("{model}.jsonl"))
}

/// What was heard of each text, by [`run`].
pub(super) fn heard(folder: &Path, model: &str) -> anyhow::Result<HashMap<String, Vec<String>>> {
    let path = path(folder, model);
    let mut heard: HashMap<String, Vec<String>> = HashMap::new();
    for line in lines(&path).with_context(|| format!("{}: understand --hear writes it", path.display()))? {
        heard.entry(line.text).or_default().push(line.heard);
    }
    Ok(heard)
}

fn lines(path: &Path) -> anyhow::Result<Vec<Heard>> {
    let file = BufReader::new(std::fs::File::open(path)?);
    file.lines().map(|line| Ok(serde_json::from_str(&line?)?)).collect()
}

/// Goes on where an earlier run was interrupted.
pub(super) fn run(folder: &Path, model: &str, settings: &Settings) -> anyhow::Result<ExitCode> {
    let path = path(folder, model);
    let known = if path.exists() { lines(&path).with_context(|| path.display().to_string())? } else { Vec::new() };
    let known: HashSet<(String, String)> = known.into_iter().map(|line| (line.voice, line.text)).collect();
    let mut wanted = Vec::new();
    for block in sets(folder)?.into_iter().flat_map(|set| set.blocks) {
        for text in block.texts.into_iter().chain(block.cases.into_iter().map(|case| case.text)) {
            wanted.extend(VOICES.map(|voice| (voice.to_owned(), text.clone())));
        }
    }
    let mut seen = known;
    wanted.retain(|line| seen.insert(line.clone()));
    std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
    let mut file = std::fs::File::options().create(true).append(true).open(&path)?;
    let progress = indicatif::ProgressBar::new(wanted.len() as u64);
    actix::System::new().block_on(async {
        let models_dir = &settings.storage.models_dir;
        let weights = models::verify(&models::required(model), models_dir)
            .map_err(|them| anyhow::anyhow!(them.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
        let inference = Inference::start(settings.speech.inference_threads);
        let kokoro = Kokoro::load(models_dir, inference.clone(), KokoroSettings::default())?;
        let whisper = Whisper::load(&weights.whisper(model)?, inference, WhisperSettings::default())?;
        for (voice, text) in wanted {
            let speaker = Voice { name: voice.clone(), speed: 1.0 };
            let pcm = kokoro.synthesize(&text, &speaker, Priority::Background).await?;
            let speech = Speech { samples: received(pcm)?.into(), start_ms: 0, language: "en".to_owned(), voiced: 1.0 };
            let transcript = whisper.transcribe(speech).await?;
            let words: Vec<&str> = transcript.words.iter().map(|word| word.text.trim()).collect();
            let line = Heard { voice, text, heard: words.join(" ") };
            writeln!(file, "{}", serde_json::to_string(&line)?)?;
            progress.inc(1);
        }
        anyhow::Ok(())
    })?;
    progress.finish_and_clear();
    println!("{} holds what {model} heard", path.display());
    Ok(ExitCode::SUCCESS)
}

/// As it arrives: 16 kHz, encoded and decoded, with silence around it.
fn received(mut pcm: Vec<i16>) -> anyhow::Result<Vec<f32>> {
    pcm.extend(std::iter::repeat_n(0, (SPEAK_RATE * MARGIN_MS / 1000) as usize));
    let mut samples = vec![0.0; (LISTEN_RATE * MARGIN_MS / 1000) as usize];
    let mut decoder = Decoder::new()?;
    for packet in encode_clip(String::new(), pcm)?.packets {
        samples.extend_from_slice(decoder.decode(&packet)?);
    }
    Ok(samples)
}
