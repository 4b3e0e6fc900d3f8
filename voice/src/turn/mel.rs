//! Computes Whisper's log-mel spectrogram of 8 s, as its feature extractor does.
//!
//! Owns: the transform (25 ms Hann windows every 10 ms, 80 Slaney mel bands, log10, and a range of
//! 8 decades). Never does: know a model. Sources of the formulas: Radford et al. 2022 (Whisper);
//! Slaney's Auditory Toolbox, 1998.

use std::f32::consts::PI;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

pub(super) const SECONDS: usize = 8;
pub(super) const SAMPLES: usize = SECONDS * 16_000;
pub(super) const BANDS: usize = 80;
/// The number of frames, one every 10 ms.
pub(super) const FRAMES: usize = SAMPLES / HOP;

const WINDOW: usize = 400;
const HOP: usize = 160;
const BINS: usize = WINDOW / 2 + 1;

pub(super) struct Mel {
    transform: Arc<dyn RealToComplex<f32>>,
    window: [f32; WINDOW],
    /// The first bin of each band, and the weights from there on. Most of the full matrix is zero.
    filters: Vec<(usize, Vec<f32>)>,
}

impl Mel {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(WINDOW);
        // The window is periodic and not symmetric: its period is its length.
        let window = std::array::from_fn(|n| 0.5 - 0.5 * (2.0 * PI * n as f32 / WINDOW as f32).cos());
        Self { transform, window, filters: filters() }
    }

    /// Returns a matrix of [80, 800] in row-major order. Shorter audio is padded with silence on
    /// the left, and only the end of longer audio is used. The padded audio is first normalised to
    /// zero mean and unit variance.
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
            for (band, (first, weights)) in self.filters.iter().enumerate() {
                let energy: f32 = weights.iter().zip(&power[*first..]).map(|(weight, bin)| weight * bin).sum();
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

/// Returns the position in the signal of a sample of the padded signal, which extends the signal by
/// half a window of reflected samples on both sides.
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

/// Returns triangular filters between neighbouring points of the mel scale from 0 kHz to 8 kHz,
/// each with the same area (Slaney's normalisation).
fn filters() -> Vec<(usize, Vec<f32>)> {
    let top = hz_to_mel(8000.0);
    let points: Vec<f64> = (0..BANDS + 2).map(|i| mel_to_hz(top * i as f64 / (BANDS + 1) as f64)).collect();
    let filter = |band: &[f64]| {
        let (low, centre, high) = (band[0], band[1], band[2]);
        let weight = |bin: usize| {
            let hz = bin as f64 * 16_000.0 / WINDOW as f64;
            let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0);
            (height * 2.0 / (high - low)) as f32
        };
        let inside: Vec<usize> = (0..BINS).filter(|bin| weight(*bin) > 0.0).collect();
        let first = inside.first().copied().unwrap_or(0);
        (first, inside.into_iter().map(weight).collect())
    };
    points.windows(3).map(filter).collect()
}

/// Converts Hz to mel: linearly up to 1 kHz (15 mel), and then logarithmically with 27 mel for a
/// factor of 6.4.
fn hz_to_mel(hz: f64) -> f64 {
    if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + 27.0 * (hz / 1000.0).ln() / 6.4_f64.ln() }
}

fn mel_to_hz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (6.4_f64.ln() * (mel - 15.0) / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::{BANDS, FRAMES, Mel, SAMPLES, hz_to_mel, mel_to_hz};

    #[test]
    fn the_mel_scale_inverts_itself() {
        for hz in [0.0, 440.0, 999.0, 1000.0, 4000.0, 8000.0] {
            assert!((mel_to_hz(hz_to_mel(hz)) - hz).abs() < 1e-6, "{hz}");
        }
        assert!((hz_to_mel(8000.0) - 45.245_64).abs() < 1e-3);
    }

    #[test]
    fn a_tone_stands_in_its_band() {
        let tone: Vec<f32> =
            (0..SAMPLES).map(|n| (n as f32 * 1000.0 * std::f32::consts::TAU / 16_000.0).sin()).collect();
        let features = Mel::new().features(&tone).expect("features");
        assert_eq!(features.len(), BANDS * FRAMES);
        let at = |band: usize| features[band * FRAMES + 400];
        let loudest = (0..BANDS).max_by(|a, b| at(*a).total_cmp(&at(*b))).expect("a band");
        // 1 kHz is 15 mel, and the centres of the bands are 45.2 / 81 mel apart.
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
