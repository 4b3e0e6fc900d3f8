//! The mel filterbank that Whisper was trained with: Slaney's scale and normalisation, as
//! `librosa.filters.mel` computes them.

/// The length of a Whisper window in samples, at [`RATE`].
const WINDOW: usize = 400;
const RATE: f64 = 16_000.0;
/// Slaney's scale is linear below 1 kHz, with 200/3 Hz per mel. Above 1 kHz it is logarithmic, with
/// 27 mels for a factor of 6.4 in frequency.
const HZ_PER_MEL: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1_000.0;
const BREAK_MEL: f64 = BREAK_HZ / HZ_PER_MEL;

/// Triangular filters, one per row.
pub struct Filterbank {
    pub filters: usize,
    /// The number of frequency bins, from 0 Hz to half the sampling rate.
    pub bins: usize,
    pub weights: Vec<f32>,
}

fn log_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / HZ_PER_MEL } else { BREAK_MEL + (hz / BREAK_HZ).ln() / log_step() }
}

fn hz(mel: f64) -> f64 {
    if mel < BREAK_MEL { mel * HZ_PER_MEL } else { BREAK_HZ * (log_step() * (mel - BREAK_MEL)).exp() }
}

/// Returns `filters` triangular filters. Each rises from the centre of its left neighbour and falls
/// to the centre of its right neighbour, and all have the same area.
pub fn filterbank(filters: usize) -> Filterbank {
    let bins = WINDOW / 2 + 1;
    let top = mel(RATE / 2.0);
    let step = top / (filters + 1) as f64;
    // The last centre is the top frequency itself and not a sum of steps, because rounding would
    // let half the sampling rate pass.
    let centres: Vec<f64> = (0..=filters).map(|i| hz(step * i as f64)).chain([hz(top)]).collect();
    let mut weights = Vec::with_capacity(filters * bins);
    for window in centres.windows(3) {
        let [left, centre, right] = [window[0], window[1], window[2]];
        let area = 2.0 / (right - left);
        for bin in 0..bins {
            let at = RATE / 2.0 / (bins - 1) as f64 * bin as f64;
            let rising = (left - at) / (left - centre);
            let falling = (right - at) / (right - centre);
            let height = rising.min(falling);
            weights.push(if height < 0.0 { 0.0 } else { (height * area) as f32 });
        }
    }
    Filterbank { filters, bins, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_turns_back_and_breaks_at_one_kilohertz() {
        assert!((mel(1_000.0) - 15.0).abs() < 1e-9);
        assert!((mel(6_400.0) - 42.0).abs() < 1e-9);
        for frequency in [0.0, 440.0, 999.0, 1_001.0, 8_000.0] {
            assert!((hz(mel(frequency)) - frequency).abs() < 1e-6, "{frequency}");
        }
    }

    #[test]
    fn every_filter_has_one_peak_and_the_same_area() {
        let bank = filterbank(80);
        assert_eq!((bank.filters, bank.bins, bank.weights.len()), (80, 201, 80 * 201));
        for row in bank.weights.chunks(bank.bins) {
            let peak = row.iter().copied().fold(0.0, f32::max);
            let at = row.iter().position(|w| (w - peak).abs() < f32::EPSILON).unwrap();
            assert!(peak > 0.0);
            assert!(row[..=at].is_sorted() && row[at..].iter().rev().is_sorted());
        }
        // The bins are 40 Hz apart, which is fine enough for the sum over a wide filter to
        // approximate its area.
        let area: f32 = bank.weights[79 * 201..].iter().sum::<f32>() * 40.0;
        assert!((area - 1.0).abs() < 0.02, "{area}");
    }
}
