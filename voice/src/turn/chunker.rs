//! Turns frames of 20 ms into chunks of 32 ms on an uninterrupted clock.
//!
//! Owns: the sample clock, and the silence in place of missing frames. Never does: judge the sound.

use interview::io::Ms;

use crate::audio::{Frame, LISTEN_RATE};
use crate::vad::CHUNK;

/// Samples per millisecond.
pub(super) const PER_MS: u64 = LISTEN_RATE as u64 / 1000;
/// A frame within this many samples of its expected position is taken to follow directly, because
/// the clocks of packets and of the call differ slightly.
const TOLERANCE: u64 = 10 * PER_MS;

/// A chunk of 512 samples of the call.
pub(super) struct Raw {
    /// The position of the first sample, in samples since the call clock's zero.
    pub(super) start: u64,
    pub(super) samples: [f32; CHUNK],
    /// True if nothing in the chunk was received. It is then silence, and no model needs to process
    /// it.
    pub(super) filled: bool,
}

#[derive(Default)]
pub(super) struct Chunker {
    /// The position of the next sample, or `None` before the first frame.
    next: Option<u64>,
    partial: Vec<f32>,
    received: bool,
}

impl Chunker {
    /// Adds a frame, and appends the chunks that it completes to `out`, in order. Missing frames
    /// before it become silence. A frame of the past is dropped.
    pub(super) fn push(&mut self, frame: &Frame, out: &mut Vec<Raw>) {
        let start = frame.at_ms * PER_MS;
        let next = *self.next.get_or_insert(start);
        if start > next + TOLERANCE {
            self.silence(start - next, out);
        }
        let late = if start + TOLERANCE < next { (next - start) as usize } else { 0 };
        if let Some(samples) = frame.samples.get(late..) {
            self.append(samples.iter().copied(), true, out);
        }
    }

    /// Adds `ms` of silence when no frames arrive.
    pub(super) fn stall(&mut self, ms: Ms, out: &mut Vec<Raw>) {
        if self.next.is_some() {
            self.silence(ms * PER_MS, out);
        }
    }

    fn silence(&mut self, samples: u64, out: &mut Vec<Raw>) {
        self.append((0..samples).map(|_| 0.0), false, out);
    }

    fn append(&mut self, samples: impl Iterator<Item = f32>, received: bool, out: &mut Vec<Raw>) {
        for sample in samples {
            self.received |= received;
            self.partial.push(sample);
            let next = self.next.get_or_insert(0);
            *next += 1;
            if let Ok(full) = <[f32; CHUNK]>::try_from(self.partial.as_slice()) {
                out.push(Raw { start: *next - CHUNK as u64, samples: full, filled: !self.received });
                self.partial.clear();
                self.received = false;
            }
        }
    }
}
