//! Tests of Silero on real speech, for one call and for several at once.

use std::path::PathBuf;

use super::{ActivityEngine, CHUNK, Energy, Vad, VadError};
use crate::inference::testing::{clip, noise, weights};
use onnx::environment;

fn vad() -> Vad {
    let environment = environment(&weights("libonnxruntime.so")).expect("ONNX Runtime");
    Vad::start(environment, &weights("silero_vad.onnx")).expect("Silero")
}

async fn probabilities(vad: &Vad, samples: &[f32]) -> Vec<f32> {
    let mut stream = vad.stream();
    let mut found = Vec::new();
    for chunk in samples.as_chunks::<CHUNK>().0 {
        found.push(stream.probability(chunk).await.expect("a probability"));
    }
    found
}

fn share(probabilities: &[f32]) -> f32 {
    probabilities.iter().filter(|p| **p >= 0.5).count() as f32 / probabilities.len() as f32
}

#[tokio::test]
async fn speech_is_heard_and_noise_is_not() {
    let vad = vad();
    let speech = probabilities(&vad, &clip("jfk")).await;
    let mut random = noise(7);
    let hiss: Vec<f32> = (0..5 * 16_000).map(|_| random() * 0.05).collect();
    assert!(share(&speech) > 0.6, "{}", share(&speech));
    assert!(share(&probabilities(&vad, &hiss).await) < 0.02);
    assert!(share(&probabilities(&vad, &vec![0.0; 5 * 16_000]).await) < 0.02);
}

#[tokio::test]
async fn calls_in_one_batch_do_not_hear_each_other() {
    let vad = vad();
    let samples = &clip("jfk")[..4 * 16_000];
    let alone = probabilities(&vad, samples).await;
    let calls = (0..8).map(|call| {
        let vad = vad.clone();
        // Each call is a little quieter than the one before, so that mixed-up streams would be
        // noticed.
        let samples: Vec<f32> = samples.iter().map(|s| s * (1.0 - call as f32 * 0.1)).collect();
        tokio::spawn(async move { probabilities(&vad, &samples).await })
    });
    let together = futures_util::future::join_all(calls).await;
    let first = together[0].as_ref().expect("no panic");
    for (a, b) in alone.iter().zip(first) {
        assert!((a - b).abs() < 1e-3, "{a} alone, {b} in company");
    }
    assert_eq!(vad.live_streams(), 0);
}

#[tokio::test]
async fn a_missing_model_is_named() {
    let environment = environment(&weights("libonnxruntime.so")).expect("ONNX Runtime");
    let missing = PathBuf::from("no/such/silero.onnx");
    let error = Vad::start(environment, &missing).err().expect("an error");
    assert!(matches!(&error, VadError::Model { path, .. } if *path == missing), "{error}");
}

#[tokio::test]
async fn the_scripted_detector_goes_by_loudness() {
    let mut detector = Energy::default().detector();
    assert!(detector.probability(&[0.0; CHUNK]).await.expect("works") < 0.5);
    assert!(detector.probability(&[0.2; CHUNK]).await.expect("works") > 0.5);
    assert_eq!(Energy::default().name(), "scripted");
}
