//! Tests of transcripts of real speech, of sound without speech, and of turns with pauses.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use interview::io::{Rejection, Transcript, Word};
use parking_lot::Mutex;
use tokio::sync::mpsc;

use super::wer::wer;
use super::{Incremental, Scripted, Speech, SttError, Transcriber, Whisper, WhisperSettings};
use crate::audio::Frame;
use crate::inference::Inference;
use crate::inference::testing::{clip, librivox, noise, weights};
use crate::turn::{Endpointer, EndpointerEvent, EndpointerSettings, TurnAudio};
use crate::vad::Vad;
use onnx::environment;

const RATE: usize = 16_000;

fn whisper(file: &str) -> Whisper {
    // One thread is used, because tests share the machine and whisper.cpp's threads spin while they
    // wait for each other.
    Whisper::load(&weights(file), Inference::start(2), WhisperSettings { threads: 1 }).expect("the model loads")
}

fn speech(samples: Vec<f32>) -> Speech {
    Speech { samples: samples.into(), start_ms: 0, language: "en".to_owned(), voiced: 0.8 }
}

/// Returns the word error rate over all LibriVox clips together.
async fn librivox_wer(file: &str) -> f32 {
    let whisper = whisper(file);
    let (mut references, mut found) = (String::new(), String::new());
    for (samples, text) in librivox() {
        let transcript = whisper.transcribe(speech(samples)).await.expect("works");
        assert_eq!(transcript.rejected, None, "{text}");
        println!("{:.2} {}", wer(&text, &transcript.text()), transcript.text());
        references.extend([" ", &text]);
        found.extend([" ", &transcript.text()]);
    }
    wer(&references, &found)
}

#[tokio::test]
async fn base_hears_recordings_with_at_most_one_word_in_ten_wrong() {
    let rate = librivox_wer("whisper-base-q8_0.bin").await;
    assert!(rate <= 0.10, "{rate}");
}

#[tokio::test]
async fn tiny_hears_recordings_nearly_as_well() {
    let rate = librivox_wer("whisper-tiny.en-q8_0.bin").await;
    assert!(rate <= 0.15, "{rate}");
}

#[tokio::test]
async fn words_lie_on_the_call_clock_and_quiet_speech_is_heard() {
    let whisper = whisper("whisper-tiny.en-q8_0.bin");
    let mut samples = vec![0.0; 2 * RATE];
    // The clip is 26 dB quieter than the recording.
    samples.extend(clip("jfk").iter().map(|sample| sample * 0.05));
    let length = samples.len() as u64 / 16;
    let all = Speech { start_ms: 60_000, voiced: 0.6, ..speech(samples) };
    let transcript = whisper.transcribe(all).await.expect("works");
    let said =
        "and so my fellow americans ask not what your country can do for you ask what you can do for your country";
    assert!(wer(said, &transcript.text()) < 0.1, "{}", transcript.text());
    let (first, last) = (&transcript.words[0], &transcript.words[transcript.words.len() - 1]);
    assert!((62_000..62_800).contains(&first.start_ms), "{first:?}");
    assert!((60_000 + length - 1200..=60_020 + length).contains(&last.end_ms), "{last:?}");
    // The speaker says "ask" for the first time at 3.3 s, after a pause.
    let ask = transcript.words.iter().find(|word| word.text.to_lowercase().starts_with("ask")).expect("ask");
    assert!(ask.start_ms.abs_diff(65_300) < 400, "{ask:?}");
    assert!(transcript.words.windows(2).all(|pair| pair[0].start_ms <= pair[1].start_ms));
    assert!(transcript.words.iter().all(|word| (0.0..=1.0).contains(&word.confidence)));
}

#[tokio::test]
async fn speech_of_more_than_half_a_minute_is_heard_to_its_end() {
    let whisper = whisper("whisper-tiny.en-q8_0.bin");
    let (mut samples, mut said) = (Vec::new(), String::new());
    for (clip, text) in librivox().into_iter().cycle().take(10) {
        samples.extend(clip);
        samples.extend(vec![0.0; RATE / 2]);
        said.extend([&text, " "]);
    }
    assert!(samples.len() > 45 * RATE);
    let transcript = whisper.transcribe(speech(samples)).await.expect("works");
    let rate = wer(&said, &transcript.text());
    assert!(rate <= 0.2, "{rate}: {}", transcript.text());
}

#[tokio::test]
async fn a_missing_or_damaged_model_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let damaged = folder.path().join("damaged.bin");
    std::fs::write(&damaged, [7_u8; 4096]).expect("written");
    for path in [folder.path().join("missing.bin"), damaged] {
        let error = Whisper::load(&path, Inference::start(2), WhisperSettings::default()).err().expect("an error");
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    }
}

#[tokio::test]
async fn a_language_the_model_does_not_know_is_an_error() {
    let whisper = whisper("whisper-tiny.en-q8_0.bin");
    let german = Speech { language: "de-AT".to_owned(), ..speech(clip("jfk")) };
    let error = whisper.transcribe(german).await.expect_err("it knows English only");
    assert!(matches!(&error, SttError::Failed(reason) if reason.contains("de-AT")), "{error}");
}

/// Returns one minute without speech from a seed: silence, hiss, hum, clicks, chords and beats.
fn a_minute_of_no_speech() -> Vec<f32> {
    let mut random = noise(2);
    let tone = |n: usize, hz: f32| (n as f32 * hz * std::f32::consts::TAU / RATE as f32).sin();
    let sound = |n: usize, random: &mut dyn FnMut() -> f32| match n / (10 * RATE) {
        0 => 0.0,
        1 => random() * 0.05,
        2 => tone(n, 50.0) * 0.1 + tone(n, 150.0) * 0.05 + random() * 0.01,
        3 if n % RATE < 80 => random() * 0.8,
        3 => random() * 0.002,
        4 => {
            let root = [220.0, 174.6, 261.6, 196.0][n / RATE % 4];
            let fade = 1.0 - (n % RATE) as f32 / RATE as f32;
            (tone(n, root) + tone(n, root * 1.26) + tone(n, root * 1.5)) * 0.15 * fade
        }
        _ => {
            let beat = (-((n % (RATE / 2)) as f32) / 1500.0).exp();
            tone(n, 60.0) * beat * 0.6 + random() * beat * 0.2
        }
    };
    (0..60 * RATE).map(|n| sound(n, &mut random)).collect()
}

#[tokio::test]
async fn a_minute_of_silence_noise_and_music_gives_no_text() {
    let environment = environment(&weights("libonnxruntime.so")).expect("ONNX Runtime");
    let vad = Vad::start(environment, &weights("silero_vad.onnx")).expect("Silero");
    let whisper = Arc::new(whisper("whisper-tiny.en-q8_0.bin"));
    let sound = a_minute_of_no_speech();
    let incremental = Incremental::new(whisper.clone());
    let (endpointer, handle) = Endpointer::new(EndpointerSettings::default(), Box::new(vad.stream()));
    let (frames, inbox) = mpsc::channel(8);
    let (outbox, mut events) = mpsc::channel(8);
    let endpointer = tokio::spawn(endpointer.run(inbox, outbox));
    let of_ear = sound.clone();
    tokio::spawn(async move {
        for (index, samples) in of_ear.as_chunks::<320>().0.iter().enumerate() {
            let frame = Frame { at_ms: index as u64 * 20, samples: *samples, concealed: false };
            frames.send(frame).await.expect("the endpointer listens");
        }
    });
    let mut pauses = 0;
    while let Some(event) = events.recv().await {
        let EndpointerEvent::SpeechPaused { .. } = event else { continue };
        pauses += 1;
        let Some(audio) = handle.snapshot() else { continue };
        let transcript = incremental.transcribe(&audio, "en").await.expect("works");
        assert_eq!(transcript.text(), "", "at pause {pauses}, {} ms", audio.start_ms);
        handle.turn_taken();
    }
    endpointer.await.expect("no panic").expect("no error");
    // The guards must reject each sound by themselves, in case the VAD takes it for speech.
    for (index, kind) in sound.chunks(10 * RATE).enumerate() {
        let transcript = whisper.transcribe(speech(kind[..4 * RATE].to_vec())).await.expect("works");
        assert_eq!(transcript.text(), "", "kind {index}");
        assert!(transcript.rejected.is_some(), "kind {index}");
    }
}

/// A transcriber that records the start of its input and returns one word for each loud second.
struct Recorder {
    asked: Mutex<Vec<(u64, u64)>>,
}

#[async_trait]
impl Transcriber for Recorder {
    async fn transcribe(&self, speech: Speech) -> Result<Transcript, SttError> {
        let end = speech.start_ms + speech.samples.len() as u64 / 16;
        self.asked.lock().push((speech.start_ms, end));
        let loud = |n: usize| speech.samples.get(n * 16).is_some_and(|sample| *sample > 0.0);
        // One word is returned for each second of the call clock that is loud.
        let seconds = (speech.start_ms.div_ceil(1000)..end.div_ceil(1000))
            .filter(|second| loud((second * 1000 - speech.start_ms) as usize + 500));
        let word = |second: u64| Word {
            text: format!("s{second}"),
            start_ms: second * 1000,
            end_ms: second * 1000 + 900,
            confidence: 1.0,
        };
        let words: Vec<Word> = seconds.map(word).collect();
        let rejected = words.is_empty().then_some(Rejection::NoSpeech);
        Ok(Transcript { words, rejected })
    }

    fn name(&self) -> &'static str {
        "recorder"
    }
}

/// Returns a turn from 0 s, in which 1 is a loud second and 0 a silent one. The snapshot is taken
/// at a pause after the last loud second.
fn turn(number: u32, seconds: &[u8]) -> TurnAudio {
    let end = seconds.iter().rposition(|loud| *loud == 1).map_or(0, |last| last + 1);
    let mut samples: Vec<f32> = Vec::new();
    for second in &seconds[..end] {
        samples.extend(vec![f32::from(*second) * 0.5; RATE]);
    }
    samples.extend(vec![0.0; RATE / 5]);
    let activity: Vec<bool> = samples.chunks(512).map(|chunk| chunk[0] > 0.0).collect();
    TurnAudio {
        samples: samples.into(),
        start_ms: 0,
        speech_end_ms: end as u64 * 1000,
        voiced: 0.8,
        activity: activity.into(),
        paused: true,
        turn: number,
    }
}

#[tokio::test]
async fn a_long_turn_is_transcribed_piece_by_piece_and_joined() {
    let recorder = Arc::new(Recorder { asked: Mutex::new(Vec::new()) });
    let incremental = Incremental::new(recorder.clone());
    let ask = async |audio: TurnAudio| incremental.transcribe(&audio, "en").await.expect("works").text();
    let mut seconds = vec![1, 1, 1];
    assert_eq!(ask(turn(0, &seconds)).await, "s0 s1 s2");
    seconds.extend([0, 1, 1, 1, 1, 1]);
    // After 1 s of silence, what was said before is settled and only the rest is transcribed.
    assert_eq!(ask(turn(0, &seconds)).await, "s0 s1 s2 s4 s5 s6 s7 s8");
    // Asking for the same pause again needs no further transcription.
    assert_eq!(ask(turn(0, &seconds)).await, "s0 s1 s2 s4 s5 s6 s7 s8");
    seconds.extend([0, 0, 1, 1]);
    assert_eq!(ask(turn(0, &seconds)).await, "s0 s1 s2 s4 s5 s6 s7 s8 s11 s12");
    let asked = recorder.asked.lock().clone();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(asked[0].0, 0);
    // The transcription begins shortly before the speech after the settled stretch, without the
    // silent seconds.
    assert!((3_500..4_000).contains(&asked[1].0) && (10_500..11_000).contains(&asked[2].0), "{asked:?}");
    // A turn that is first transcribed after several silences is also transcribed stretch by
    // stretch.
    assert_eq!(ask(turn(2, &seconds)).await, "s0 s1 s2 s4 s5 s6 s7 s8 s11 s12");
    assert_eq!(recorder.asked.lock().len(), 6);
    // Another turn begins without settled words.
    assert_eq!(ask(turn(1, &[1])).await, "s0");
    incremental.reset();
    assert_eq!(ask(turn(1, &[1])).await, "s0");
}

#[tokio::test]
async fn a_cut_word_is_never_settled() {
    let recorder = Arc::new(Recorder { asked: Mutex::new(Vec::new()) });
    let incremental = Incremental::new(recorder.clone());
    let speaking = TurnAudio { paused: false, ..turn(0, &[1; 10]) };
    incremental.transcribe(&speaking, "en").await.expect("works");
    incremental.transcribe(&turn(0, &[1; 12]), "en").await.expect("works");
    assert_eq!(recorder.asked.lock()[1].0, 0);
}

#[tokio::test]
async fn the_scripted_transcriber_says_its_lines() {
    let scripted = Scripted::sequence(Duration::from_millis(1), vec!["yes".to_owned(), "four years".to_owned()]);
    let said = async || scripted.transcribe(speech(vec![0.1; RATE])).await.expect("works");
    assert_eq!(said().await.text(), "yes");
    let last = said().await;
    assert_eq!((last.text().as_str(), last.words[1].start_ms, last.words[1].end_ms), ("four years", 500, 1000));
    assert_eq!((said().await.text().as_str(), scripted.name()), ("four years", "scripted"));
}
