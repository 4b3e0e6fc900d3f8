//! Tests of the endpointer with scripted detectors on a clock of frames, and with real ones on real
//! speech.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Endpointer, EndpointerEvent, EndpointerHandle, EndpointerSettings, SmartTurn, TurnDetector};
use crate::audio::Frame;
use crate::inference::Inference;
use crate::inference::testing::{clip, librivox, weights};
use crate::vad::{ActivityDetector, CHUNK, Energy, Vad, VadError};
use onnx::environment;

/// Returns the loudest sample as the probability, so that tests write probabilities as samples.
struct Peak;

#[async_trait]
impl ActivityDetector for Peak {
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError> {
        Ok(chunk.iter().fold(0.0, |peak, sample| peak.max(sample.abs())))
    }
}

fn frame(at_ms: u64, level: f32) -> Frame {
    Frame { at_ms, samples: [level; 320], concealed: false }
}

/// Returns consecutive frames of these levels and durations in ms.
fn script(parts: &[(f32, u64)]) -> Vec<Frame> {
    let mut frames = Vec::new();
    for (level, ms) in parts {
        for _ in 0..ms / 20 {
            frames.push(frame(frames.len() as u64 * 20, *level));
        }
    }
    frames
}

async fn listen(
    frames: impl IntoIterator<Item = Frame>,
    settings: EndpointerSettings,
    detector: Box<dyn ActivityDetector>,
) -> (Vec<EndpointerEvent>, EndpointerHandle) {
    let (endpointer, handle) = Endpointer::new(settings, detector);
    let (to_endpointer, inbox) = mpsc::channel(16);
    let (outbox, mut events) = mpsc::channel(16);
    let endpointer = tokio::spawn(endpointer.run(inbox, outbox));
    let frames: Vec<Frame> = frames.into_iter().collect();
    tokio::spawn(async move {
        for frame in frames {
            to_endpointer.send(frame).await.expect("the endpointer listens");
        }
    });
    let mut heard = Vec::new();
    while let Some(event) = events.recv().await {
        heard.push(event);
    }
    endpointer.await.expect("no panic").expect("no error");
    (heard, handle)
}

async fn hear(parts: &[(f32, u64)]) -> (Vec<EndpointerEvent>, EndpointerHandle) {
    listen(script(parts), EndpointerSettings::default(), Box::new(Peak)).await
}

#[tokio::test]
async fn speech_starts_after_two_chunks_and_pauses_after_silence() {
    let (events, handle) = hear(&[(0.0, 640), (0.9, 640), (0.0, 640)]).await;
    assert_eq!(events, [EndpointerEvent::SpeechStarted { at: 640 }, EndpointerEvent::SpeechPaused { end: 1280 }]);
    let audio = handle.snapshot().expect("a turn");
    // The audio includes 300 ms of preroll in whole chunks, and exactly 200 ms of tail.
    assert_eq!((audio.start_ms, audio.end_ms(), audio.speech_end_ms), (320, 1480, 1280));
    assert_eq!(audio.activity.iter().filter(|voiced| **voiced).count(), 20);
    assert!((audio.voiced - 20.0 / audio.activity.len() as f32).abs() < 1e-6);
}

#[tokio::test]
async fn one_loud_chunk_is_no_speech_and_doubt_does_not_end_it() {
    let (events, handle) = hear(&[(0.0, 320), (0.9, 20), (0.0, 640)]).await;
    assert_eq!(events, []);
    assert!(handle.snapshot().is_none());
    // A probability of 0.4 is too low to begin speech, but high enough to continue it.
    let (events, _) = hear(&[(0.4, 640), (0.9, 320), (0.4, 640), (0.0, 320)]).await;
    assert_eq!(events, [EndpointerEvent::SpeechStarted { at: 640 }, EndpointerEvent::SpeechPaused { end: 1600 }]);
}

#[tokio::test]
async fn short_gaps_are_bridged_and_every_resumption_is_a_start() {
    let (events, handle) = hear(&[(0.9, 320), (0.0, 120), (0.9, 200), (0.0, 640), (0.9, 320), (0.0, 320)]).await;
    assert_eq!(
        events,
        [
            EndpointerEvent::SpeechStarted { at: 0 },
            EndpointerEvent::SpeechPaused { end: 640 },
            EndpointerEvent::SpeechStarted { at: 1280 },
            EndpointerEvent::SpeechPaused { end: 1600 },
        ]
    );
    let audio = handle.snapshot().expect("a turn");
    assert_eq!((audio.start_ms, audio.speech_end_ms), (0, 1600), "both stretches are one turn");
}

#[tokio::test]
async fn missing_frames_are_silence() {
    let mut frames = script(&[(0.9, 640), (0.0, 1280)]);
    // A loss of 40 ms in speech is bridged. If all of the silence is lost, the next frame brings
    // the pause.
    frames.drain(10..12);
    frames.drain(31..93);
    frames.push(frame(3000, 0.0));
    let (events, handle) = listen(frames, EndpointerSettings::default(), Box::new(Peak)).await;
    assert_eq!(events, [EndpointerEvent::SpeechStarted { at: 0 }, EndpointerEvent::SpeechPaused { end: 640 }]);
    let audio = handle.snapshot().expect("a turn");
    assert!(audio.samples[200 * 16..240 * 16].iter().all(|sample| *sample == 0.0), "the hole is where it was");
    assert!(audio.samples[240 * 16] > 0.5, "and what follows is in its place");
}

#[tokio::test]
async fn late_and_repeated_frames_change_nothing() {
    let clean = script(&[(0.0, 320), (0.9, 640), (0.0, 640)]);
    let mut noisy = clean.clone();
    noisy.insert(30, frame(20, 0.9));
    noisy.insert(40, clean[39].clone());
    let (expected, of_clean) = listen(clean, EndpointerSettings::default(), Box::new(Peak)).await;
    let (events, of_noisy) = listen(noisy, EndpointerSettings::default(), Box::new(Peak)).await;
    assert_eq!(events, expected);
    assert_eq!(of_noisy.snapshot().expect("audio").samples, of_clean.snapshot().expect("audio").samples);
}

#[tokio::test]
async fn a_peer_that_stops_sending_in_mid_speech_makes_a_pause() {
    let (endpointer, _handle) = Endpointer::new(EndpointerSettings::default(), Box::new(Peak));
    let (frames, inbox) = mpsc::channel(64);
    let (outbox, mut events) = mpsc::channel(16);
    tokio::spawn(endpointer.run(inbox, outbox));
    for frame in script(&[(0.9, 640)]) {
        frames.send(frame).await.expect("the endpointer listens");
    }
    assert_eq!(events.recv().await, Some(EndpointerEvent::SpeechStarted { at: 0 }));
    assert_eq!(events.recv().await, Some(EndpointerEvent::SpeechPaused { end: 640 }));
}

/// Feeds the endpointer step by step, so that it can be queried in between.
struct Lab {
    segmenter: super::segmenter::Segmenter,
    chunker: super::chunker::Chunker,
    at_ms: u64,
}

impl Lab {
    fn new(settings: EndpointerSettings) -> Self {
        Self {
            segmenter: super::segmenter::Segmenter::new(settings),
            chunker: super::chunker::Chunker::default(),
            at_ms: 0,
        }
    }

    fn feed(&mut self, level: f32, ms: u64) {
        for _ in 0..ms / 20 {
            let mut chunks = Vec::new();
            self.chunker.push(&frame(self.at_ms, level), &mut chunks);
            self.at_ms += 20;
            for chunk in chunks {
                self.segmenter.push(&chunk, chunk.samples.iter().fold(0.0, |peak, sample| peak.max(*sample)));
            }
        }
    }

    fn audio(&self) -> Option<super::TurnAudio> {
        self.segmenter.cut().map(super::segmenter::Cut::into_audio)
    }
}

#[test]
fn a_taken_turn_is_forgotten_and_its_words_are_not_the_next_ones_preroll() {
    let mut lab = Lab::new(EndpointerSettings::default());
    lab.feed(0.9, 640);
    lab.feed(0.0, 320);
    lab.segmenter.turn_taken();
    assert!(lab.audio().is_none());
    lab.feed(0.8, 320);
    let audio = lab.audio().expect("the next turn");
    assert!(audio.samples.iter().all(|sample| *sample < 0.85), "it holds the turn before");
    assert_eq!((audio.turn, audio.start_ms), (1, 640));
}

#[test]
fn speech_that_goes_on_when_the_turn_is_taken_stays_from_its_onset() {
    let mut lab = Lab::new(EndpointerSettings::default());
    lab.feed(0.9, 640);
    lab.feed(0.0, 640);
    lab.feed(0.8, 640);
    lab.segmenter.turn_taken();
    let audio = lab.audio().expect("speech goes on");
    assert_eq!(audio.start_ms, 960, "300 ms before the onset at 1280, in whole chunks");
    assert!(audio.samples.iter().all(|sample| *sample < 0.85));
    assert_eq!(audio.turn, 1);
}

#[test]
fn only_what_is_needed_is_kept() {
    let mut lab = Lab::new(EndpointerSettings { longest_ms: 2000, ..EndpointerSettings::default() });
    lab.feed(0.0, 60_000);
    assert!(lab.segmenter.kept_ms() <= 400, "{} ms of silence", lab.segmenter.kept_ms());
    lab.feed(0.9, 10_000);
    let audio = lab.audio().expect("a turn");
    assert!((1900..=2100).contains(&(audio.end_ms() - audio.start_ms)), "{}", audio.end_ms() - audio.start_ms);
    assert!((8000..=8600).contains(&lab.segmenter.dropped_ms()), "{}", lab.segmenter.dropped_ms());
}

#[test]
fn a_part_of_the_audio_keeps_time_and_activity() {
    let mut lab = Lab::new(EndpointerSettings::default());
    lab.feed(0.9, 640);
    lab.feed(0.0, 640);
    lab.feed(0.8, 640);
    let all = lab.audio().expect("a turn");
    let part = all.since(700);
    assert_eq!((part.start_ms, part.end_ms()), (672, all.end_ms()));
    assert!((part.voiced - share_of_last(&all, part.activity.len())).abs() < 1e-6);
    assert_eq!(all.since(0).samples.len(), all.samples.len());
}

fn share_of_last(audio: &super::TurnAudio, count: usize) -> f32 {
    super::audio::share(&audio.activity[audio.activity.len() - count..])
}

fn frames_of(samples: &[f32]) -> Vec<Frame> {
    let (frames, _) = samples.as_chunks::<320>();
    frames.iter().enumerate().map(|(i, s)| Frame { at_ms: i as u64 * 20, samples: *s, concealed: false }).collect()
}

#[tokio::test]
async fn real_speech_between_silences_is_found_where_it_is() {
    let environment = environment(&weights("libonnxruntime.so")).expect("ONNX Runtime");
    let vad = Vad::start(environment, &weights("silero_vad.onnx")).expect("Silero");
    let mut samples = vec![0.0; 2 * 16_000];
    samples.extend(clip("jfk"));
    samples.extend(vec![0.0; 2 * 16_000]);
    let (events, handle) = listen(frames_of(&samples), EndpointerSettings::default(), Box::new(vad.stream())).await;
    let Some(EndpointerEvent::SpeechStarted { at }) = events.first() else { panic!("{events:?}") };
    let Some(EndpointerEvent::SpeechPaused { end }) = events.last() else { panic!("{events:?}") };
    assert!((2000..2700).contains(at), "{events:?}");
    assert!((11_800..13_200).contains(end), "{events:?}");
    // The speaker makes clear pauses, and a start must follow every one.
    assert!(events.len() >= 6 && events.len() % 2 == 0, "{events:?}");
    let audio = handle.snapshot().expect("a turn");
    assert!(audio.voiced > 0.6 && audio.start_ms >= 1700, "{} from {}", audio.voiced, audio.start_ms);
}

#[tokio::test]
async fn smart_turn_tells_whole_sentences_from_cut_ones() {
    let environment = environment(&weights("libonnxruntime.so")).expect("ONNX Runtime");
    let smart =
        SmartTurn::load(environment, &weights("smart-turn-v3.2.onnx"), Inference::start(2)).expect("Smart Turn");
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    for (samples, text) in librivox() {
        let of_clip = judged(&smart, &samples).await;
        // The other two clips end at a comma and a semicolon of the book, and are read accordingly.
        if !text.ends_with("young man") && !text.ends_with("amiable himself") {
            whole.push(of_clip);
        }
        for share in [0.35, 0.5, 0.65] {
            let end = (samples.len() as f32 * share) as usize;
            cut.push(judged(&smart, &samples[..end]).await);
        }
        println!("{of_clip:.2} to the clip's end, {:.2?} cut: {text}", &cut[cut.len() - 3..]);
    }
    let mean = cut.iter().sum::<f32>() / cut.len() as f32;
    assert!(whole.len() == 3 && whole.iter().all(|p| *p > 0.8), "{whole:.2?}");
    assert!(mean < 0.5, "{mean}: {cut:.2?}");
}

/// Judges speech followed by 200 ms of silence, as the endpointer would pass it.
async fn judged(smart: &SmartTurn, samples: &[f32]) -> f32 {
    let mut turn = samples.to_vec();
    turn.extend([0.0; 3200]);
    let probability = smart.probability(Arc::from(turn)).await.expect("a probability");
    assert!((0.0..=1.0).contains(&probability));
    probability
}

#[tokio::test]
async fn the_scripted_ear_hears_loudness() {
    let (events, _) = listen(
        script(&[(0.0, 320), (0.5, 320), (0.0, 320)]),
        EndpointerSettings::default(),
        Box::new(Energy::default()),
    )
    .await;
    assert_eq!(events, [EndpointerEvent::SpeechStarted { at: 320 }, EndpointerEvent::SpeechPaused { end: 640 }]);
}
