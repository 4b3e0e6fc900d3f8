//! Whisper's log-mel spectrogram of 8 s, as its feature extractor makes it.
//!
//! Owns: the transform (25 ms Hann windows every 10 ms, 80 mel bands, log10, 8 decades of range). Never does: know a
//! model, or the filterbank (crate `mel`). Source of the formulas: Radford et al. 2022 (Whisper).

use std::f32::consts::PI;
use std::sync::Arc;

use mel::{BINS, Filterbank, WINDOW};
use realfft::{RealFftPlanner, RealToComplex};

pub(super) const SECONDS: usize = 8;
pub(super) const SAMPLES: usize = SECONDS * 16_000;
pub(super) const BANDS: usize = 80;
/// One every 10 ms.
pub(super) const FRAMES: usize = SAMPLES / HOP;

const HOP: usize = 160;

pub(super) struct Mel {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; WINDOW],
    bank: Filterbank,
}

impl Mel {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        // Periodic, not symmetric: the period is the window's length.
        let window = std::array::from_fn(|n| 0.5 - 0.5 * (2.0 * PI * n as f32 / WINDOW as f32).cos());
        Self { transform, window, bank: Filterbank::new(BANDS) }
    }

    /// [80, 800] row by row. Shorter audio is padded with silence on the left, of longer audio the end is taken. The
    /// padded vector as a whole gets zero mean and unit variance first.
    pub(super) fn features(&self, audio: &[f32]) -> Result<Vec<f32>, realfft::FftError> {
        let signal = normalised(audio);
        let mut frame = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let mut power = [0.0_f32; BINS];
        let mut features = vec![0.0_f32; BANDS * FRAMES];
        for t in 0..FRAMES {
            for (n, value) in frame.iter_mut().enumerate() {
                *value = signal[reflected(t * HOP + n)] * self.window[n];
            }
            self.transform.process_with_scratch(&mut frame, &mut spectrum, &mut scratch)?;
            for (value, bin) in power.iter_mut().zip(&spectrum) {
                *value = bin.norm_sqr();
            }
            for (band, (first, weights)) in self.bank.bands().enumerate() {
                let energy: f32 = weights.iter().zip(&power[first..]).map(|(weight, bin)| weight * bin).sum();
                features[band * FRAMES + t] = energy.max(1e-10).log10();
            }
        }
        let loudest = features.iter().copied().fold(f32::MIN, f32::max);
        for value in &mut features {
            *value = (value.max(loudest - 8.0) + 4.0) / 4.0;
        }
        Ok(features)
    }
}

/// Place in the signal of a sample of the signal padded by half a window, mirrored at its ends.
fn reflected(padded: usize) -> usize {
    let index = padded as isize - (WINDOW / 2) as isize;
    let last = SAMPLES as isize - 1;
    let index = index.abs();
    (if index > last { 2 * last - index } else { index }) as usize
}

fn normalised(audio: &[f32]) -> Vec<f32> {
    let audio = &audio[audio.len().saturating_sub(SAMPLES)..];
    let mut signal = vec![0.0; SAMPLES - audio.len()];
    signal.extend_from_slice(audio);
    let mean = signal.iter().map(|x| f64::from(*x)).sum::<f64>() / SAMPLES as f64;
    let variance = signal.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / SAMPLES as f64;
    let scale = 1.0 / (variance + 1e-7).sqrt();
    for value in &mut signal {
        *value = ((f64::from(*value) - mean) * scale) as f32;
    }
    signal
}

#[cfg(test)]
mod tests {
    use super::{BANDS, FRAMES, Mel, SAMPLES};

    #[test]
    fn a_tone_stands_in_its_band() {
        let tone: Vec<f32> =
            (0..SAMPLES).map(|n| (n as f32 * 1000.0 * std::f32::consts::TAU / 16_000.0).sin()).collect();
        let features = Mel::new().features(&tone).expect("features");
        assert_eq!(features.len(), BANDS * FRAMES);
        let at = |band: usize| features[band * FRAMES + 400];
        let loudest = (0..BANDS).max_by(|a, b| at(*a).total_cmp(&at(*b))).expect("a band");
        // 1 kHz is 15 mel; bands' centres are 45.2 / 81 mel apart.
        assert!((25..=27).contains(&loudest), "{loudest}");
        let (low, high) = features.iter().fold((f32::MAX, f32::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
        assert!(high - low <= 2.0 + 1e-4, "eight decades over four: {low} to {high}");
    }

    #[test]
    fn short_audio_is_padded_on_the_left() {
        let features = Mel::new().features(&vec![0.5; 4000]).expect("features");
        let energy = |t: usize| (0..BANDS).map(|band| features[band * FRAMES + t]).sum::<f32>();
        assert!(energy(FRAMES - 3) > energy(100));
    }
}
