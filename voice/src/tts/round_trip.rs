//! Tests with the real models: Whisper must recognise what Kokoro says.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Instant;

use interview::guide::VoiceProfile;
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

use super::phonemes::Phonemizer;
use super::{Kokoro, KokoroSettings, Synthesizer, Voice};
use crate::audio::SPEAK_RATE;
use crate::inference::{Inference, Priority};

/// Returns the models' folder. A test that needs it fails if it is missing.
pub fn models() -> PathBuf {
    let folder = std::env::var_os("MODELS_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/weights"), PathBuf::from);
    assert!(
        folder.join("kokoro-82m-int8.onnx").is_file(),
        "no model weights in {}: run `interviewer models fetch`, or set MODELS_DIR",
        folder.display()
    );
    folder
}

/// Returns one phonemizer for all tests of this process.
pub fn phonemizer() -> &'static Phonemizer {
    static ONE: OnceLock<Phonemizer> = OnceLock::new();
    ONE.get_or_init(|| Phonemizer::load(&models().join("g2p-en.npz"), &models().join("kokoro-vocab.json")).unwrap())
}

fn kokoro() -> Kokoro {
    Kokoro::load(&models(), Inference::start(2), KokoroSettings { threads: 1, sessions: 1 }).unwrap()
}

/// The sentences that are spoken.
const SENTENCES: &[&str] = &[
    "Thank you for taking the time to talk with us today.",
    "How long have you been doing this kind of work?",
    "We had 1,250 customers in 2019, and 37% of them came back.",
    "Could you tell me about the last time you moved from Postgres to Kubernetes?",
    "It costs $3.50 per month, doesn't it?",
    "The meeting with Dr. Smith begins at 5:45 p.m. on March 3rd.",
    "What is your biggest frustration with the API, e.g. slow answers?",
    "The trip was 12 km long & took about 20 minutes.",
];

#[tokio::test]
async fn whisper_hears_what_kokoro_says() {
    let kokoro = kokoro();
    let (voice, _) = kokoro.resolve(&VoiceProfile::default(), "en").unwrap();
    let whisper = WhisperContext::new_with_params(
        models().join("whisper-base-q8_0.bin").to_str().unwrap(),
        WhisperContextParameters::default(),
    )
    .unwrap();
    let (mut errors, mut words) = (0, 0);
    for text in SENTENCES {
        let began = Instant::now();
        let pcm = kokoro.synthesize(text, &voice, Priority::FirstSentence).await.unwrap();
        let took = began.elapsed().as_secs_f32();
        let length = pcm.len() as f32 / SPEAK_RATE as f32;
        let heard = transcribe(&whisper, &pcm);
        let (expected, got) = (spoken_words(text), spoken_words(&heard));
        let distance = edits(&expected, &got);
        println!("{took:.2} s for {length:.2} s of speech, {distance} of {} words wrong: {heard}", expected.len());
        // The first audible sample must come at once, and the last must not be cut.
        let loud = |s: &i16| s.unsigned_abs() > 300;
        let lead = pcm.iter().position(loud).unwrap() * 1000 / SPEAK_RATE as usize;
        assert!(lead <= 80, "{lead} ms of silence before {text}");
        errors += distance;
        words += expected.len();
    }
    let rate = errors as f32 / words as f32;
    println!("word error rate {:.1} % over {words} words", rate * 100.0);
    assert!(rate <= 0.08, "{rate}");
}

#[tokio::test]
async fn pace_follows_the_speed_and_long_texts_are_whole() {
    let kokoro = kokoro();
    let text = "Let me ask you about your work. What do you enjoy most about it, and what would you change?";
    let mut lengths = Vec::new();
    for speed in [0.8, 1.0, 1.25] {
        let voice = Voice::new("bm_george", speed);
        lengths.push(kokoro.synthesize(text, &voice, Priority::Background).await.unwrap().len());
    }
    assert!(lengths[0] > lengths[1] && lengths[1] > lengths[2], "{lengths:?}");
    // The sentence has more tokens than one run may have.
    let long = "we walked over the hill and down to the river, ".repeat(8) + "and home.";
    let voice = Voice::new("am_michael", 1.0);
    let seconds = kokoro.synthesize(&long, &voice, Priority::Background).await.unwrap().len() / SPEAK_RATE as usize;
    assert!((12..40).contains(&seconds), "{seconds} s");
}

/// Converts 24 kHz to 16 kHz by linear interpolation, which is accurate enough for recognition.
fn transcribe(whisper: &WhisperContext, pcm: &[i16]) -> String {
    let sample = |at: usize| f32::from(pcm.get(at).copied().unwrap_or(0)) / 32_768.0;
    let mut at_16k = vec![0.0; 4_800];
    at_16k.extend((0..pcm.len() * 2 / 3).map(|i| {
        let at = i as f32 * 1.5;
        let (whole, part) = (at as usize, at.fract());
        (1.0 - part) * sample(whole) + part * sample(whole + 1)
    }));
    at_16k.resize(at_16k.len() + 8_000, 0.0);
    let mut state = whisper.create_state().unwrap();
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(2);
    params.set_language(Some("en"));
    params.set_no_context(true);
    // Whisper processes 30 s unless it is told the length of the sound, at 50 positions per second.
    params.set_audio_ctx((at_16k.len() as i32 / 320 + 128).min(1_500));
    params.set_print_progress(false);
    params.set_print_special(false);
    params.set_print_realtime(false);
    state.full(params, &at_16k).unwrap();
    state.as_iter().map(|segment| segment.to_str_lossy().unwrap().into_owned()).collect()
}

/// Returns the words as the normaliser reads them, so that "37%" and "thirty-seven percent" are
/// equal.
fn spoken_words(text: &str) -> Vec<String> {
    let said = super::normalise::Normaliser::new().unwrap().spoken(text, super::Locale::default()).text.to_lowercase();
    said.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty() && *word != "and")
        .map(str::to_owned)
        .collect()
}

/// Returns the Levenshtein distance in words.
fn edits(a: &[String], b: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
