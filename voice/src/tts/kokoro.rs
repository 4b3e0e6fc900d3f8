//! Kokoro: 24 kHz speech from phonemes, on this machine.
//!
//! Owns: the model's sessions and the path of a text through them. Never does: store what it made,
//! or decide when to speak.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use crossbeam_channel::{Receiver, Sender};
use interview::guide::VoiceProfile;
use ort::session::Session;
use ort::value::Tensor;
use tokio::sync::watch;

use super::phonemes::{Accent, Phonemizer};
use super::sentences::sentences;
use super::voices::{ROWS, STYLE, Voices, accent};
use super::{Synthesizer, TtsError, Voice, waveform};
use crate::inference::{Inference, Priority};

/// Files below the models' folder.
const MODEL: &str = "kokoro-82m-int8.onnx";
const VOCABULARY: &str = "kokoro-vocab.json";
const UNKNOWN_WORDS: &str = "g2p-en.npz";
const VOICES: &str = "voices";
const LIBRARY: &str = "libonnxruntime.so";

/// The maximum number of tokens per run, which is about 15 s of speech. The model accepts 510, but
/// the runtime's arena permanently keeps the memory of the longest run.
const LONGEST: usize = 250;
const _: () = assert!(LONGEST < ROWS, "the voices have a style for each length below ROWS");
/// Silence between two sentences of one text, in addition to the margins of the sentences.
const SENTENCE_PAUSE_MS: usize = 180;

#[derive(Debug, Clone, Copy)]
pub struct KokoroSettings {
    /// Threads per run. One thread disturbs the other models least on two cores.
    pub threads: usize,
    /// Simultaneous runs. There should be as many as inference threads, so that clips made in
    /// advance never delay the next sentence. Each run has its own copy of the weights (about 250
    /// MB).
    pub sessions: usize,
}

impl Default for KokoroSettings {
    fn default() -> Self {
        Self { threads: 1, sessions: 2 }
    }
}

/// The engine. Its work runs on the shared inference threads.
pub struct Kokoro {
    engine: Arc<Engine>,
    inference: Inference,
}

struct Engine {
    phonemizer: Phonemizer,
    voices: Voices,
    take: Receiver<Session>,
    give: Sender<Session>,
}

impl Kokoro {
    /// Loads the engine from the models' folder and warms it, which blocks for 1 s to 2 s. Returns
    /// an error that names the file if one is missing or damaged.
    pub fn load(models: &Path, inference: Inference, settings: KokoroSettings) -> Result<Self, TtsError> {
        let began = Instant::now();
        let phonemizer = Phonemizer::load(&models.join(UNKNOWN_WORDS), &models.join(VOCABULARY))?;
        let voices = Voices::load(&models.join(VOICES))?;
        let environment = onnx::environment(&models.join(LIBRARY))?;
        let model = existing(models.join(MODEL))?;
        let count = settings.sessions.max(1);
        let (give, take) = crossbeam_channel::bounded(count);
        for _ in 0..count {
            let session = onnx::session(environment, &model, settings.threads, onnx::SessionKind::Variable)?;
            give.send(session).map_err(|error| TtsError::Failed(error.to_string()))?;
        }
        let engine = Engine { phonemizer, voices, take, give };
        // The first run of a session and the first use of the lexicon are slow, so they happen
        // before any call.
        if let Some(voice) = engine.voices.names().next().map(str::to_owned) {
            for _ in 0..count {
                engine.speak("Hello.", &Voice::new(voice.clone(), 1.0))?;
            }
        }
        tracing::info!(
            engine = "kokoro",
            sessions = count,
            threads = settings.threads,
            took_ms = began.elapsed().as_millis() as u64,
            "text to speech is ready"
        );
        Ok(Self { engine: Arc::new(engine), inference })
    }
}

#[async_trait]
impl Synthesizer for Kokoro {
    async fn synthesize(&self, text: &str, voice: &Voice, priority: Priority) -> Result<Vec<i16>, TtsError> {
        let (_fixed, priority) = watch::channel(priority);
        self.synthesize_rising(text, voice, priority).await
    }

    async fn synthesize_rising(
        &self,
        text: &str,
        voice: &Voice,
        mut priority: watch::Receiver<Priority>,
    ) -> Result<Vec<i16>, TtsError> {
        let mut pcm: Vec<i16> = Vec::new();
        for sentence in sentences(text) {
            let work = {
                let (engine, sentence, voice) = (self.engine.clone(), sentence.to_owned(), voice.clone());
                move || engine.speak(&sentence, &voice)
            };
            let piece = run_rising(&self.inference, &mut priority, work).await??;
            if !pcm.is_empty() && !piece.is_empty() {
                waveform::pause(&mut pcm, SENTENCE_PAUSE_MS);
            }
            pcm.extend(piece);
        }
        if pcm.is_empty() {
            return Err(TtsError::Failed("the text has nothing that can be spoken".to_owned()));
        }
        Ok(pcm)
    }

    fn resolve(&self, profile: &VoiceProfile, language: &str) -> Result<(Voice, Vec<String>), TtsError> {
        self.engine.voices.resolve(profile, language)
    }

    fn name(&self) -> &'static str {
        "kokoro 82m-int8"
    }
}

impl Engine {
    /// Synthesises one sentence on this thread. Returns nothing if nothing in it can be spoken.
    fn speak(&self, sentence: &str, voice: &Voice) -> Result<Vec<i16>, TtsError> {
        let began = Instant::now();
        let styles = self.voices.styles(&voice.name)?;
        let accent: Accent = accent(&voice.name);
        let said = self.phonemizer.phonemes(sentence, accent, voice.locale)?;
        if !said.unspoken.is_empty() {
            tracing::warn!(
                count = said.unspoken.len(),
                "some characters of a text have no pronunciation and are not spoken"
            );
        }
        let mut pcm = Vec::new();
        for clause in split(&said.symbols, LONGEST) {
            let tokens = self.phonemizer.vocabulary().tokens(clause);
            if !clause.chars().any(char::is_alphabetic) {
                continue;
            }
            let row = tokens.len().min(LONGEST) * STYLE;
            let samples = self.run(&tokens, &styles[row..row + STYLE], voice.speed)?;
            waveform::append(&mut pcm, waveform::trim(&samples));
        }
        tracing::debug!(
            took_ms = began.elapsed().as_millis() as u64,
            audio_ms = (pcm.len() / waveform::samples(1)) as u64,
            guessed = said.guessed.len(),
            "sentence synthesised"
        );
        Ok(pcm)
    }

    /// Runs the model. The input is token ids (framed by padding here), a style and a speed. The
    /// output is a waveform.
    fn run(&self, tokens: &[i64], style: &[f32], speed: f32) -> Result<Vec<f32>, TtsError> {
        let mut session = self.take.recv().map_err(|error| TtsError::Failed(error.to_string()))?;
        let mut infer = || -> ort::Result<Vec<f32>> {
            let framed: Vec<i64> = std::iter::once(0).chain(tokens.iter().copied()).chain([0]).collect();
            let outputs = session.run(ort::inputs![
                "tokens" => Tensor::from_array(([1, framed.len()], framed))?,
                "style" => Tensor::from_array(([1, STYLE], style.to_vec()))?,
                "speed" => Tensor::from_array(([1], vec![speed]))?,
            ])?;
            let (_, samples) = outputs[0].try_extract_tensor::<f32>()?;
            Ok(samples.to_vec())
        };
        let samples = infer().map_err(|error| TtsError::Failed(error.to_string()));
        self.give.send(session).map_err(|error| TtsError::Failed(error.to_string()))?;
        samples
    }
}

/// Runs `work` at a priority that may rise. Work that has not begun when its priority rises is
/// queued again.
async fn run_rising<T: Send + 'static>(
    inference: &Inference,
    priority: &mut watch::Receiver<Priority>,
    work: impl Fn() -> T + Clone + Send + 'static,
) -> Result<T, TtsError> {
    loop {
        let queued_at = *priority.borrow_and_update();
        let begun = Arc::new(AtomicBool::new(false));
        let job = inference.run(queued_at, {
            let (begun, work) = (begun.clone(), work.clone());
            move || {
                begun.store(true, Ordering::Release);
                work()
            }
        });
        tokio::pin!(job);
        loop {
            tokio::select! {
                biased;
                done = &mut job => return Ok(done?),
                changed = priority.changed() => {
                    if changed.is_err() || begun.load(Ordering::Acquire) {
                        return Ok(job.await?);
                    }
                    // A smaller priority is more urgent.
                    if *priority.borrow() < queued_at {
                        break;
                    }
                }
            }
        }
    }
}

/// Cuts symbols into stretches of at most `longest`, at the last pause before the limit, or
/// otherwise at the last space.
fn split(symbols: &str, longest: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = symbols.trim();
    while rest.chars().count() > longest {
        let limit = rest.char_indices().nth(longest).map_or(rest.len(), |(at, _)| at);
        let head = &rest[..limit];
        let pause = head
            .rfind([',', ';', ':', '—', '…', '.', '!', '?'])
            .map(|at| at + head[at..].chars().next().map_or(1, char::len_utf8));
        let cut = pause.or_else(|| head.rfind(' ')).filter(|cut| *cut > 0).unwrap_or(limit);
        parts.push(rest[..cut].trim());
        rest = rest[cut..].trim();
    }
    parts.push(rest);
    parts
}

fn existing(path: PathBuf) -> Result<PathBuf, TtsError> {
    if path.is_file() {
        Ok(path)
    } else {
        Err(TtsError::Model { path: path.display().to_string(), reason: "the file is missing".to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_symbols_are_cut_at_pauses_then_spaces() {
        assert_eq!(split("abc, def ghi", 8), ["abc,", "def ghi"]);
        assert_eq!(split("abc def ghi", 8), ["abc def", "ghi"]);
        assert_eq!(split("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(split("ˈaˈbˈc", 6), ["ˈaˈbˈc"]);
    }

    #[test]
    fn a_missing_model_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = Kokoro::load(folder.path(), Inference::start(2), KokoroSettings::default()).err().unwrap();
        assert!(error.to_string().contains(UNKNOWN_WORDS), "{error}");
    }
}
