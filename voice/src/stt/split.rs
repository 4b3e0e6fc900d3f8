//! Cuts long speech at its quietest places, because the model processes 30 s at a time.
//!
//! Owns: the positions of the cuts. Never does: transcribe.

use std::ops::Range;

use super::guards::{FRAME, loudness};

const RATE: usize = 16_000;
/// The longest piece in samples: the model's 30 s less room for the margin.
const LONGEST: usize = 28 * RATE;
/// The earliest position of a cut, in samples. The latest is [`LONGEST`].
const EARLIEST: usize = 22 * RATE;
/// The number of consecutive quiet frames that make a good cut: 200 ms.
const QUIET: usize = 10;

/// Returns consecutive ranges of samples, each at most 28 s long, that cover all of them.
pub(super) fn pieces(samples: &[f32]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while samples.len() - start > LONGEST {
        let cut = start + EARLIEST + quietest(&samples[start + EARLIEST..start + LONGEST]);
        pieces.push(start..cut);
        start = cut;
    }
    pieces.push(start..samples.len());
    pieces
}

/// Returns the middle of the quietest 200 ms, as a sample index.
fn quietest(samples: &[f32]) -> usize {
    let loudness = loudness(samples);
    let energy = |window: &[f32]| window.iter().map(|rms| rms * rms).sum::<f32>();
    let windows = loudness.windows(QUIET).enumerate();
    let best = windows.min_by(|(_, a), (_, b)| energy(a).total_cmp(&energy(b)));
    best.map_or(0, |(index, _)| (index + QUIET / 2) * FRAME)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, RATE, pieces};

    #[test]
    fn short_speech_stays_whole() {
        assert_eq!(pieces(&vec![0.1; LONGEST]), std::iter::once(0..LONGEST).collect::<Vec<_>>());
    }

    #[test]
    fn long_speech_is_cut_in_its_silences_and_nothing_is_lost() {
        let mut samples = vec![0.3; 70 * RATE];
        samples[24 * RATE..24 * RATE + 8000].fill(0.0);
        samples[48 * RATE..48 * RATE + 8000].fill(0.0);
        let pieces = pieces(&samples);
        assert_eq!(pieces.len(), 3);
        assert!((24 * RATE..24 * RATE + 8000).contains(&pieces[0].end), "{pieces:?}");
        assert!((48 * RATE..48 * RATE + 8000).contains(&pieces[1].end), "{pieces:?}");
        assert!(pieces.windows(2).all(|pair| pair[0].end == pair[1].start) && pieces[2].end == samples.len());
    }
}
