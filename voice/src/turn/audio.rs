//! The audio of the present turn.
//!
//! Owns: the chunks that are kept, and snapshots of them. Never does: detect speech.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use interview::io::Ms;

use super::chunker::PER_MS;
use crate::vad::CHUNK;

/// The duration of a chunk in milliseconds.
pub(super) const CHUNK_MS: u64 = CHUNK as u64 / PER_MS;

pub(super) struct Chunk {
    pub(super) samples: [f32; CHUNK],
    pub(super) voiced: bool,
}

/// Everything said in this turn so far, at 16 kHz mono, with samples between -1 and 1.
#[derive(Debug, Clone)]
pub struct TurnAudio {
    /// From 300 ms before the first onset to 200 ms after the last speech, or to the present while
    /// speech continues.
    pub samples: Arc<[f32]>,
    /// The time of the first sample on the call clock.
    pub start_ms: Ms,
    /// The time at which the last speech ends, on the call clock.
    pub speech_end_ms: Ms,
    /// Whether each chunk of 512 samples contained speech. The last chunk may be cut.
    pub activity: Arc<[bool]>,
    /// The share of the chunks that contained speech, between 0 and 1.
    pub voiced: f32,
    /// True if the audio ends in a pause. Otherwise speech continues, and the last word may be cut.
    pub paused: bool,
    /// The number of the turn in the call. Another number means other speech.
    pub turn: u32,
}

impl TurnAudio {
    /// Returns the time after the last sample on the call clock.
    #[cfg(test)]
    pub(super) fn end_ms(&self) -> Ms {
        self.start_ms + self.samples.len() as u64 / PER_MS
    }

    /// Returns the last 8 s, or all of it if it is shorter, as the turn detector requires.
    pub fn last_8_s(&self) -> Arc<[f32]> {
        let from = self.samples.len().saturating_sub(8000 * PER_MS as usize);
        if from == 0 { Arc::clone(&self.samples) } else { Arc::from(&self.samples[from..]) }
    }

    /// Returns the first silence of at least `ms` between two stretches of speech, on the call
    /// clock.
    pub fn silence_inside(&self, ms: Ms) -> Option<Range<Ms>> {
        let at = |chunk: usize| self.start_ms + chunk as u64 * CHUNK_MS;
        let mut spoken = false;
        let mut silent_from = 0;
        for (chunk, &voiced) in self.activity.iter().enumerate() {
            if voiced {
                if spoken && (chunk - silent_from) as u64 * CHUNK_MS >= ms {
                    return Some(at(silent_from)..at(chunk));
                }
                spoken = true;
                silent_from = chunk + 1;
            }
        }
        None
    }

    /// Returns how long, in ms, it is silent after a time on the call clock before speech
    /// continues, to within one chunk. Returns 0 at the end.
    pub fn silence_after(&self, from_ms: Ms) -> Ms {
        let first = (from_ms.saturating_sub(self.start_ms).div_ceil(CHUNK_MS) as usize).min(self.activity.len());
        self.activity[first..].iter().position(|voiced| *voiced).map_or(0, |silent| silent as Ms * CHUNK_MS)
    }

    /// Returns the part up to a time on the call clock, in whole chunks.
    #[must_use]
    pub fn until(&self, to_ms: Ms) -> Self {
        let chunks = (to_ms.saturating_sub(self.start_ms).div_ceil(CHUNK_MS) as usize).min(self.activity.len());
        let activity: Arc<[bool]> = Arc::from(&self.activity[..chunks]);
        Self {
            samples: Arc::from(&self.samples[..(chunks * CHUNK).min(self.samples.len())]),
            voiced: share(&activity),
            activity,
            ..*self
        }
    }

    /// Returns the part from a time on the call clock on, or all of it if the time is before its
    /// start.
    #[must_use]
    pub fn since(&self, from_ms: Ms) -> Self {
        // The cut is made between chunks, so that `activity` still matches the samples.
        let chunks = (from_ms.saturating_sub(self.start_ms) / CHUNK_MS) as usize;
        let activity: Arc<[bool]> = Arc::from(self.activity.get(chunks..).unwrap_or_default());
        Self {
            samples: Arc::from(self.samples.get(chunks * CHUNK..).unwrap_or_default()),
            start_ms: self.start_ms + chunks as u64 * CHUNK_MS,
            voiced: share(&activity),
            activity,
            ..*self
        }
    }
}

pub(super) fn share(activity: &[bool]) -> f32 {
    activity.iter().filter(|voiced| **voiced).count() as f32 / activity.len().max(1) as f32
}

/// A sequence of chunks. Positions are samples since the call clock's zero.
#[derive(Default)]
pub(super) struct ChunkBuffer {
    chunks: VecDeque<Arc<Chunk>>,
    /// The position of the first chunk.
    start: u64,
}

impl ChunkBuffer {
    pub(super) fn push(&mut self, start: u64, chunk: Chunk) {
        if self.chunks.is_empty() {
            self.start = start;
        }
        self.chunks.push_back(Arc::new(chunk));
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.chunks.len()
    }

    /// Removes the oldest chunks up to, but not beyond, this position.
    pub(super) fn forget_before(&mut self, position: u64) {
        let count = (position.saturating_sub(self.start) / CHUNK as u64).min(self.chunks.len() as u64);
        self.chunks.drain(..count as usize);
        self.start += count * CHUNK as u64;
    }

    /// Returns the chunks in this range of positions, and the position of the first. Only pointers
    /// are copied.
    pub(super) fn cut(&self, range: Range<u64>) -> (u64, Vec<Arc<Chunk>>) {
        let first = (range.start.saturating_sub(self.start) / CHUNK as u64) as usize;
        let last = (range.end.saturating_sub(self.start).div_ceil(CHUNK as u64) as usize).min(self.chunks.len());
        let first = first.min(last);
        (self.start + (first * CHUNK) as u64, self.chunks.range(first..last).cloned().collect())
    }
}
