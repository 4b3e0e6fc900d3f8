//! Finds a known piece of speech in received audio, by loudness alone.
//!
//! Owns: envelopes (one level in dB per packet) and their correlation. The module is pure. Never
//! does: know whose speech it is.

use super::capture::{AUDIBLE_DB, FLOOR_DB, PACKET_MS, level_db};
use voice::audio::SPEAK_RATE;

/// The correlation from which on two envelopes count as the same speech. The same clip through Opus
/// has more than 0.95. Different sentences of one voice have less than 0.6.
const SAME: f32 = 0.8;
/// The minimum number of packets for a meaningful correlation.
const SHORTEST: usize = 25;
/// Lower levels count as this one, because they are codec noise.
const QUIET_DB: f32 = -60.0;

/// Levels in dBFS of consecutive 20 ms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Envelope(Vec<f32>);

impl Envelope {
    /// Returns the envelope of 24 kHz mono PCM, from its first audible packet to its last.
    pub fn of_speech(pcm: &[i16]) -> Self {
        let levels: Vec<f32> = pcm.chunks(SPEAK_RATE as usize * PACKET_MS as usize / 1000).map(level_db).collect();
        let Some(first) = levels.iter().position(|&db| db >= AUDIBLE_DB) else { return Self::default() };
        let last = levels.iter().rposition(|&db| db >= AUDIBLE_DB).unwrap_or(first);
        Self(levels[first..=last].to_vec())
    }

    pub fn duration_ms(&self) -> u64 {
        self.0.len() as u64 * PACKET_MS
    }

    /// Returns the first `ms` milliseconds.
    #[must_use]
    pub fn beginning(&self, ms: u64) -> Self {
        Self(self.0.iter().copied().take((ms / PACKET_MS) as usize).collect())
    }

    /// Returns the index in `heard` (levels of consecutive 20 ms) at which this speech begins, or
    /// `None` if it is not there.
    pub fn find_in(&self, heard: &[f32]) -> Option<usize> {
        if self.0.len() < SHORTEST || heard.len() < self.0.len() {
            return None;
        }
        heard
            .windows(self.0.len())
            .map(|window| correlation(&self.0, window))
            .enumerate()
            .filter(|&(_, correlation)| correlation >= SAME)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(at, _)| at)
    }
}

/// Returns the levels of consecutive 20 ms from ordered pairs of start and level. Gaps are silence.
pub fn levels(packets: impl Iterator<Item = (u64, f32)>, from_ms: u64, to_ms: u64) -> Vec<f32> {
    let mut levels = vec![FLOOR_DB; (to_ms.saturating_sub(from_ms) / PACKET_MS) as usize];
    for (at, db) in packets {
        if let Some(level) = at.checked_sub(from_ms).and_then(|since| levels.get_mut((since / PACKET_MS) as usize)) {
            *level = level.max(db);
        }
    }
    levels
}

/// Returns Pearson's correlation of two envelopes of equal length.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let clip = |level: &f32| level.max(QUIET_DB);
    let n = a.len() as f32;
    let mean_a = a.iter().map(clip).sum::<f32>() / n;
    let mean_b = b.iter().map(clip).sum::<f32>() / n;
    let (mut ab, mut aa, mut bb) = (0.0f32, 0.0f32, 0.0f32);
    for (x, y) in a.iter().map(clip).zip(b.iter().map(clip)) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    let scale = (aa * bb).sqrt();
    if scale <= f32::EPSILON { 0.0 } else { ab / scale }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns an artificial envelope, different for each seed.
    pub fn speech(seed: u32, packets: usize) -> Envelope {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut level = -25.0f32;
        Envelope(
            (0..packets)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let step = (state >> 16) as f32 / 65_536.0 - 0.5;
                    level = (level + step * 16.0).clamp(-45.0, -12.0);
                    level
                })
                .collect(),
        )
    }

    impl Envelope {
        pub fn levels(&self) -> &[f32] {
            &self.0
        }
    }

    #[test]
    fn a_quieter_copy_after_other_speech_is_found() {
        let (acknowledgement, question) = (speech(1, 40), speech(2, 150));
        let mut heard = vec![FLOOR_DB; 30];
        heard.extend(acknowledgement.levels());
        heard.extend([FLOOR_DB; 7]);
        heard.extend(question.levels().iter().map(|db| db - 5.0));
        assert_eq!(question.beginning(1500).find_in(&heard), Some(77));
    }

    #[test]
    fn other_speech_is_not_found() {
        let mut heard = speech(3, 200).levels().to_vec();
        heard.extend([FLOOR_DB; 50]);
        assert_eq!(speech(4, 75).find_in(&heard), None);
        assert_eq!(speech(4, 75).find_in(&[FLOOR_DB; 100]), None);
    }

    #[test]
    fn missing_packets_are_silence() {
        let levels = levels([(100, -20.0), (140, -30.0)].into_iter(), 100, 180);
        assert_eq!(levels, [-20.0, FLOOR_DB, -30.0, FLOOR_DB]);
    }

    #[test]
    fn silence_around_speech_is_no_part_of_its_length() {
        let mut pcm = vec![0i16; 480 * 10];
        pcm.extend(std::iter::repeat_n(8000, 480 * 50));
        pcm.extend(std::iter::repeat_n(0, 480 * 20));
        assert_eq!(Envelope::of_speech(&pcm).duration_ms(), 1000);
    }
}
