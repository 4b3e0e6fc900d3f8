//! Whisper through whisper.cpp, on the shared inference threads.
//!
//! Owns: the model, a pool of its states, and one way of decoding: greedy, temperature 0, no
//! previous text, and the audio context trimmed to the clip. Never does: print, fall back to
//! another model, or carry words from one transcription to the next.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use interview::io::{Ms, Rejection, Transcript, Word};
use parking_lot::Mutex;
use whisper_rs::{
    FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters, WhisperError, WhisperState, get_lang_id,
};

use super::words::Token;
use super::{Speech, SttError, Transcriber, guards, split, words};
use crate::inference::{Inference, Priority, cores};

/// Positions of the audio context (20 ms each) beyond the clip's end. With fewer, last words are
/// lost. With more, decoding takes longer.
const MARGIN: usize = 64;
/// The margin of the second attempt after a repetition.
const LONG_MARGIN: usize = 320;
/// Positions of the model's full 30 s.
const WHOLE: usize = 1500;
/// Shorter clips are padded with silence to 1 s, in samples, because the model was not trained on
/// less.
const SHORTEST: usize = 16_000;

#[derive(Debug, Clone, Copy)]
pub struct WhisperSettings {
    /// Threads of one transcription.
    pub threads: usize,
}

impl Default for WhisperSettings {
    fn default() -> Self {
        Self { threads: 2 }
    }
}

/// A loaded model. It is shared in an `Arc`.
pub struct Whisper {
    inference: Inference,
    model: Arc<Model>,
    name: String,
}

struct Model {
    context: WhisperContext,
    /// States that are not in use. There are never more than inference threads.
    states: Mutex<Vec<WhisperState>>,
    threads: usize,
}

/// The result of one run of the model.
struct Decoded {
    tokens: Vec<Token>,
    ids: Vec<i32>,
    mean_log_probability: f32,
    no_speech: f32,
}

impl Whisper {
    /// Loads a ggml model file and runs it once, so that the first turn is not delayed.
    ///
    /// # Errors
    /// Returns [`SttError::Model`] with the file's path if the file is missing or cannot be used.
    pub fn load(path: &Path, inference: Inference, settings: WhisperSettings) -> Result<Self, SttError> {
        whisper_rs::install_logging_hooks();
        let fault = |reason: String| SttError::Model { path: path.display().to_string(), reason };
        if !path.is_file() {
            return Err(fault("the file is missing".to_owned()));
        }
        let context = WhisperContext::new_with_params(path, WhisperContextParameters::default())
            .map_err(|error| fault(error.to_string()))?;
        let model = Model { context, states: Mutex::new(Vec::new()), threads: settings.threads.max(1) };
        model.decode(&vec![0.0; SHORTEST], "en", MARGIN, model.threads).map_err(|error| fault(error.to_string()))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("whisper {}", stem.trim_start_matches("whisper-").trim_start_matches("ggml-"));
        Ok(Self { inference, model: Arc::new(model), name })
    }
}

#[async_trait]
impl Transcriber for Whisper {
    async fn transcribe(&self, speech: Speech) -> Result<Transcript, SttError> {
        let language = self.model.language(&speech.language)?;
        if let Some(rejection) = guards::audio(&speech.samples, speech.voiced) {
            return Ok(Transcript { words: Vec::new(), rejected: Some(rejection) });
        }
        let (model, inference) = (Arc::clone(&self.model), self.inference.clone());
        let work = move || {
            // whisper.cpp's threads wait for each other at every layer, so a thread that shares its
            // core delays all of them. That is slower than a single thread. On two busy cores, one
            // thread took 1.1 s, and two took 4.5 s to more than 10 s.
            let threads = if inference.stats().busy > 1 { 1 } else { cores::free(model.threads) };
            let began = Instant::now();
            let transcript = model.transcribe(&speech, &language, threads);
            let (took_ms, audio_ms) = (began.elapsed().as_millis() as u64, speech.samples.len() as u64 / 16);
            tracing::debug!(took_ms, audio_ms, threads, "speech transcribed");
            transcript
        };
        let run = self.inference.run(Priority::EndOfTurn, work);
        run.await?.map_err(|error| SttError::Failed(error.to_string()))
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl Model {
    /// Returns the model's name of the language, which is the primary subtag of the BCP 47 tag.
    fn language(&self, tag: &str) -> Result<String, SttError> {
        let primary: String = tag.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        let known = !primary.is_empty() && get_lang_id(&primary).is_some();
        if known && (primary == "en" || self.context.is_multilingual()) {
            return Ok(primary);
        }
        Err(SttError::Failed(format!("the model does not know the language {tag:?}")))
    }

    /// Transcribes all pieces one after the other. A rejected piece adds nothing. If all are
    /// rejected, the reason is the first one's.
    fn transcribe(&self, speech: &Speech, language: &str, threads: usize) -> Result<Transcript, WhisperError> {
        let mut words = Vec::new();
        let mut rejected = None;
        for range in split::pieces(&speech.samples) {
            let start_ms = speech.start_ms + range.start as Ms / 16;
            match self.piece(&speech.samples[range], start_ms, language, threads)? {
                Ok(more) => words.extend(more),
                Err(rejection) => rejected = rejected.or(Some(rejection)),
            }
        }
        let rejected = if words.is_empty() { rejected.or(Some(Rejection::NoSpeech)) } else { None };
        Ok(Transcript { words, rejected })
    }

    fn piece(
        &self,
        samples: &[f32],
        start_ms: Ms,
        language: &str,
        threads: usize,
    ) -> Result<Result<Vec<Word>, Rejection>, WhisperError> {
        if let Some(rejection) = guards::audio(samples, 1.0) {
            return Ok(Err(rejection));
        }
        let mut decoded = self.decode(samples, language, MARGIN, threads)?;
        if decoded.is_stuck(samples.len()) || guards::says_it_twice(&decoded.ids) {
            // A trimmed context can start a loop that a longer one does not. If the longer context
            // gives the repetition again, the respondent did repeat it.
            tracing::debug!(
                tokens = decoded.ids.len(),
                "a transcript repeats itself, so the speech is transcribed again"
            );
            decoded = self.decode(samples, language, LONG_MARGIN, threads)?;
            if decoded.is_stuck(samples.len()) {
                return Ok(Err(Rejection::Repetition));
            }
        }
        if let Some(rejection) = guards::probability(decoded.mean_log_probability, decoded.no_speech) {
            return Ok(Err(rejection));
        }
        let words = words::join(&decoded.tokens);
        // Without words, the model wrote only tags of sounds or nothing at all.
        if words.is_empty() { Ok(Err(Rejection::NoSpeech)) } else { Ok(Ok(words::align(words, samples, start_ms))) }
    }

    /// Decodes on a thread of its own. On processors with AMX, ggml sets up a thread's tile
    /// registers once and assumes that they stay so (`ggml_tile_config_init`), but ONNX Runtime
    /// sets them up differently for its 8-bit models. On a thread that ran both, Whisper multiplied
    /// wrong values from then on and recognised nothing.
    fn decode(&self, samples: &[f32], language: &str, margin: usize, threads: usize) -> Result<Decoded, WhisperError> {
        std::thread::scope(|scope| {
            let decoding = scope.spawn(|| self.decode_here(samples, language, margin, threads));
            decoding.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn decode_here(
        &self,
        samples: &[f32],
        language: &str,
        margin: usize,
        threads: usize,
    ) -> Result<Decoded, WhisperError> {
        let pooled = self.states.lock().pop();
        let mut state = pooled.map_or_else(|| self.context.create_state(), Ok)?;
        let mut padded;
        let audio = if samples.len() < SHORTEST {
            padded = samples.to_vec();
            padded.resize(SHORTEST, 0.0);
            padded.as_slice()
        } else {
            samples
        };
        let mut params = Self::params(samples.len(), audio.len(), language, margin);
        params.set_n_threads(threads as i32);
        state.full(params, audio)?;
        let decoded = self.read(&state);
        self.states.lock().push(state);
        decoded
    }

    fn params(spoken: usize, padded: usize, language: &str, margin: usize) -> FullParams<'_, '_> {
        let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
        params.set_language(Some(language));
        params.set_translate(false);
        params.set_no_context(true);
        params.set_single_segment(true);
        // The timestamps are not read, but they tell the model that the clip is over. Without them,
        // the model repeated 24 of 50 short answers in the trimmed context, so that these were
        // decoded twice. With them, it repeated none.
        params.set_no_timestamps(false);
        params.set_temperature(0.0);
        params.set_temperature_inc(0.0);
        params.set_suppress_blank(true);
        params.set_suppress_nst(true);
        // The guards judge the model's probability of silence by their own threshold.
        params.set_no_speech_thold(1.0);
        params.set_logprob_thold(f32::MIN);
        params.set_max_tokens(guards::most_tokens(spoken) as i32);
        params.set_audio_ctx((padded.div_ceil(320) + margin).min(WHOLE) as i32);
        params.set_print_special(false);
        params.set_print_progress(false);
        params.set_print_realtime(false);
        params.set_print_timestamps(false);
        params
    }

    fn read(&self, state: &WhisperState) -> Result<Decoded, WhisperError> {
        let mut decoded = Decoded { tokens: Vec::new(), ids: Vec::new(), mean_log_probability: 0.0, no_speech: 0.0 };
        for segment in state.as_iter() {
            decoded.no_speech = decoded.no_speech.max(segment.no_speech_probability());
            for token in (0..segment.n_tokens()).filter_map(|index| segment.get_token(index)) {
                if token.token_id() < self.context.token_eot() {
                    decoded.ids.push(token.token_id());
                    let (bytes, probability) = (token.to_bytes()?.to_vec(), token.token_probability());
                    decoded.tokens.push(Token { bytes, probability });
                }
            }
        }
        let sum: f32 = decoded.tokens.iter().map(|token| token.probability.max(1e-10).ln()).sum();
        decoded.mean_log_probability = sum / decoded.tokens.len().max(1) as f32;
        Ok(decoded)
    }
}

impl Decoded {
    /// Returns true if the tokens repeat themselves, or if there are more than anyone could have
    /// said in the time.
    fn is_stuck(&self, samples: usize) -> bool {
        self.ids.len() >= guards::most_tokens(samples) || guards::repeats(&self.ids)
    }
}
