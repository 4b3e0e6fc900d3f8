//! Silence around and between pieces of speech.
//!
//! Owns: the margins and joints of synthesised speech. Never does: change the speech itself.

use crate::audio::SPEAK_RATE;

/// Silence that remains before the first audible sample. It adds to the latency.
const LEAD_MS: usize = 20;
/// Silence that remains after the last audible sample, so that the last sound can fade.
const TRAIL_MS: usize = 120;
/// The length of the steps whose energy is measured.
const STEP_MS: usize = 5;
/// A step is audible if its RMS is above this fraction of the loudest step's (-40 dB) …
const RELATIVE_FLOOR: f32 = 0.01;
/// … and above this value (about -60 dBFS).
const ABSOLUTE_FLOOR: f32 = 0.001;

/// Returns the number of samples in this many milliseconds.
pub const fn samples(ms: usize) -> usize {
    SPEAK_RATE as usize * ms / 1000
}

/// Shortens leading and trailing silence to small margins. Returns nothing if all is silence.
pub fn trim(pcm: &[f32]) -> &[f32] {
    let step = samples(STEP_MS);
    let energy: Vec<f32> = pcm.chunks(step).map(rms).collect();
    let loudest = energy.iter().copied().fold(0.0, f32::max);
    let floor = (loudest * RELATIVE_FLOOR).max(ABSOLUTE_FLOOR);
    let audible = |e: &f32| *e > floor;
    let (Some(first), Some(last)) = (energy.iter().position(audible), energy.iter().rposition(audible)) else {
        return &[];
    };
    let start = (first * step).saturating_sub(samples(LEAD_MS));
    let end = ((last + 1) * step + samples(TRAIL_MS)).min(pcm.len());
    &pcm[start..end]
}

/// Appends `piece` as 16-bit samples. Its edges are faded over 5 ms, so that the cuts do not click.
pub fn append(out: &mut Vec<i16>, piece: &[f32]) {
    let fade = samples(5).min(piece.len() / 2).max(1);
    let length = piece.len();
    out.extend(piece.iter().enumerate().map(|(at, sample)| {
        let gain = (at.min(length - 1 - at) as f32 / fade as f32).min(1.0);
        (sample * gain * 32_767.0).clamp(-32_768.0, 32_767.0) as i16
    }));
}

/// Appends silence.
pub fn pause(out: &mut Vec<i16>, ms: usize) {
    out.resize(out.len() + samples(ms), 0);
}

fn rms(chunk: &[f32]) -> f32 {
    (chunk.iter().map(|s| s * s).sum::<f32>() / chunk.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_leaves_the_margins() {
        let mut pcm = vec![0.0002; samples(300)];
        pcm.extend((0..samples(500)).map(|i| (i as f32 * 0.1).sin() * 0.3));
        pcm.extend(vec![0.0002; samples(700)]);
        let trimmed = trim(&pcm);
        assert_eq!(trimmed.len(), samples(20 + 500 + 120));
        assert!(trim(&vec![0.0; samples(100)]).is_empty());
    }

    #[test]
    fn appended_edges_are_silent_and_the_middle_is_not() {
        let mut out = Vec::new();
        append(&mut out, &vec![0.5; samples(100)]);
        pause(&mut out, 10);
        assert_eq!(out.len(), samples(110));
        assert_eq!((out[0], out[samples(50)], out[samples(100) - 1]), (0, 16_383, 0));
    }
}
