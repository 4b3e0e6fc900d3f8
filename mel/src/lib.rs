//! The mel filterbank that Whisper was trained with. Smart Turn takes the same features.
//!
//! Owns: the weights of the filters. Never does: transform a signal, or know a model's file.
//!
//! Source of the formulas: M. Slaney, *Auditory Toolbox* (Interval Research Corporation, technical
//! report 1998-010), as `librosa.filters.mel` computes them. A. Radford et al., *Robust Speech
//! Recognition via Large-Scale Weak Supervision* (2022), use them with 80 filters (128 from Whisper
//! large-v3 on) over windows of 25 ms at 16 kHz.
//!
//! The scale is linear below 1 kHz, 200/3 Hz a mel, and logarithmic above, 27 mel for a factor of
//! 6.4. Filter i is a triangle between the points i and i + 2 of `filters + 2` points that lie
//! equally far apart on the mel scale, from 0 Hz to 8 kHz. Its height is 2 / (width in Hz), so that
//! all filters have the same area.
//!
//! The weights are written into converted model files, whose SHA-256 the manifest states: the order
//! of the operations below must not change, because every bit of a result counts.

use std::ops::Range;

/// Samples of a window: 25 ms.
pub const WINDOW: usize = 400;
/// Sampling rate in Hz.
pub const RATE_HZ: u32 = 16_000;
/// Frequencies of a window's spectrum, from 0 Hz to half the sampling rate, 40 Hz apart.
pub const BINS: usize = WINDOW / 2 + 1;

const NYQUIST_HZ: f64 = RATE_HZ as f64 / 2.0;
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1_000.0;
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;

/// Triangular filters over the power spectrum of a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Filterbank {
    /// A row of [`BINS`] weights for each filter.
    weights: Vec<f32>,
    /// For each filter the bins from its first weight above zero to its last one.
    inside: Vec<Range<usize>>,
}

impl Filterbank {
    /// A filterbank with this number of filters between 0 Hz and 8 kHz.
    pub fn new(filters: usize) -> Self {
        let top = mel(NYQUIST_HZ);
        let step = top / (filters + 1) as f64;
        // The last point is the top itself, not a sum of steps: rounding would let half the sampling
        // rate through.
        let points: Vec<f64> = (0..=filters).map(|i| hz(step * i as f64)).chain([hz(top)]).collect();
        let mut weights = Vec::with_capacity(filters * BINS);
        for window in points.windows(3) {
            let [left, centre, right] = [window[0], window[1], window[2]];
            let area = 2.0 / (right - left);
            for bin in 0..BINS {
                let at = NYQUIST_HZ / (BINS - 1) as f64 * bin as f64;
                let rising = (left - at) / (left - centre);
                let falling = (right - at) / (right - centre);
                let height = rising.min(falling);
                weights.push(if height < 0.0 { 0.0 } else { (height * area) as f32 });
            }
        }
        let inside = weights.chunks(BINS).map(inside).collect();
        Self { weights, inside }
    }

    /// The number of filters.
    pub fn filters(&self) -> usize {
        self.inside.len()
    }

    /// All weights: [`BINS`] of the first filter, then those of the second, and so on.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// For each filter its first bin with a weight above zero, and its weights from there up to the
    /// last one above zero. Most of the matrix is zero.
    pub fn bands(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let rows = self.weights.chunks(BINS);
        rows.zip(&self.inside).map(|(row, inside)| (inside.start, &row[inside.clone()]))
    }
}

fn inside(row: &[f32]) -> Range<usize> {
    let from = row.iter().position(|weight| *weight > 0.0).unwrap_or(0);
    from..row.iter().rposition(|weight| *weight > 0.0).map_or(from, |last| last + 1)
}

/// Natural logarithm of the factor that one mel is above the break.
fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / HZ_PER_MEL } else { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() }
}

fn hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * HZ_PER_MEL } else { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_inverts_itself_and_breaks_at_one_kilohertz() {
        assert!((mel(1_000.0) - 15.0).abs() < 1e-9);
        assert!((mel(6_400.0) - 42.0).abs() < 1e-9);
        assert!((mel(8_000.0) - 45.245_64).abs() < 1e-5);
        for frequency in [0.0, 440.0, 999.0, 1_000.0, 1_001.0, 4_000.0, 8_000.0] {
            assert!((hz(mel(frequency)) - frequency).abs() < 1e-6, "{frequency}");
        }
    }

    #[test]
    fn every_filter_has_one_peak_and_the_same_area() {
        let bank = Filterbank::new(80);
        assert_eq!((bank.filters(), bank.weights().len()), (80, 80 * 201));
        for row in bank.weights().chunks(BINS) {
            let peak = row.iter().copied().fold(0.0, f32::max);
            let at = row.iter().position(|weight| (weight - peak).abs() < f32::EPSILON).unwrap();
            assert!(peak > 0.0);
            assert!(row[..=at].is_sorted() && row[at..].iter().rev().is_sorted());
        }
        // Wide filters are sampled finely enough for the sum to show the area: bins are 40 Hz apart.
        let area: f32 = bank.weights()[79 * BINS..].iter().sum::<f32>() * 40.0;
        assert!((area - 1.0).abs() < 0.02, "{area}");
    }

    #[test]
    fn bands_are_the_rows_without_their_zeros() {
        let bank = Filterbank::new(80);
        let mut rows = vec![0.0; 80 * BINS];
        for (band, (from, weights)) in bank.bands().enumerate() {
            assert!(!weights.is_empty() && weights.iter().all(|weight| *weight > 0.0));
            rows[band * BINS + from..][..weights.len()].copy_from_slice(weights);
        }
        assert!(rows == bank.weights());
    }

    /// FNV-1a (64 bits) of the weights in little-endian order.
    fn fingerprint(bank: &Filterbank) -> u64 {
        let bytes = bank.weights().iter().flat_map(|weight| weight.to_le_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    #[test]
    fn not_a_bit_of_the_weights_has_changed() {
        // Both implementations that stood here before, that of the converter of weights and that of the
        // turn detector, gave these numbers.
        let bank = Filterbank::new(80);
        let at = |filter: usize, bin: usize| bank.weights()[filter * BINS + bin].to_bits();
        assert_eq!(at(0, 1), 0x3ccb_aca4);
        assert_eq!(at(1, 2), 0x3cbb_5d95);
        assert_eq!(at(78, 190), 0x3a9c_8e1f);
        assert_eq!(at(79, 195), 0x3b13_0ca3);
        assert_eq!(at(79, 199), 0x39eb_476b);
        assert_eq!(bank.weights().iter().filter(|weight| **weight > 0.0).count(), 391);
        assert_eq!(fingerprint(&bank), 0x2a41_3a67_a798_be9a);
        assert_eq!(fingerprint(&Filterbank::new(128)), 0x181b_df3f_939b_0d13);
    }
}
