//! Sounds for tests, and a measure of how similar two sounds are.

use std::path::PathBuf;

/// Returns a sine sweep from 200 Hz to 3 kHz, sampled at 24 kHz, at a quarter of full scale.
pub fn sweep_24k(seconds: f64) -> Vec<i16> {
    let samples = (24_000.0 * seconds) as usize;
    (0..samples)
        .map(|n| {
            let t = n as f64 / 24_000.0;
            let phase = std::f64::consts::TAU * (200.0 * t + (2800.0 / seconds) * t * t / 2.0);
            (phase.sin() * 8000.0) as i16
        })
        .collect()
}

/// Returns human speech (jfk.wav of the models' test folder), sampled at 24 kHz.
pub fn speech_24k(seconds: f64) -> Vec<i16> {
    let folder = std::env::var_os("MODELS_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/weights"), PathBuf::from);
    let path = folder.join("test/jfk.wav");
    let mut reader = hound::WavReader::open(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; fetch the weights or set MODELS_DIR", path.display()));
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (16_000, 1));
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    let wanted = ((24_000.0 * seconds) as usize).min(samples.len() * 3 / 2 - 2);
    (0..wanted)
        .map(|n| {
            // Two samples become three by linear interpolation.
            let (whole, third) = (n * 2 / 3, (n * 2 % 3) as f64 / 3.0);
            (f64::from(samples[whole]) * (1.0 - third) + f64::from(samples[whole + 1]) * third) as i16
        })
        .collect()
}

/// Converts 24 kHz to 16 kHz by linear interpolation, with samples between -1 and 1. It is accurate
/// enough for comparisons.
pub fn thirds(pcm: &[i16]) -> Vec<f32> {
    (0..pcm.len() * 2 / 3)
        .map(|n| {
            let (whole, half) = (n * 3 / 2, (n * 3 % 2) as f32 / 2.0);
            let next = pcm.get(whole + 1).copied().unwrap_or_default();
            (f32::from(pcm[whole]) * (1.0 - half) + f32::from(next) * half) / 32_768.0
        })
        .collect()
}

/// Returns the highest normalised cross-correlation of `reference` with `heard`, which may be
/// delayed by up to 100 ms at 16 kHz. 1 means identical.
pub fn correlation(reference: &[f32], heard: &[f32]) -> f32 {
    (0..1600)
        .map(|lag| {
            let Some(heard) = heard.get(lag..) else { return 0.0 };
            let (mut dot, mut left, mut right) = (0.0f32, 1e-9f32, 1e-9f32);
            for (a, b) in reference.iter().zip(heard) {
                dot += a * b;
                left += a * a;
                right += b * b;
            }
            dot / (left * right).sqrt()
        })
        .fold(0.0, f32::max)
}

/// Returns the root mean square.
pub fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}
