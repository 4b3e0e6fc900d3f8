//! Frames of 20 ms in, chunks of 32 ms out, on an unbroken clock.
//!
//! Owns: the sample clock, and the silence put where frames are missing. Never does: judge what it hears.

use interview::io::Ms;

use crate::audio::{Frame, LISTEN_RATE};
use crate::vad::CHUNK;

/// Samples in a millisecond.
pub(super) const PER_MS: u64 = LISTEN_RATE as u64 / 1000;
/// A frame this near to where it is expected is taken to follow on: clocks of packets and of the call differ a little.
const TOLERANCE: u64 = 10 * PER_MS;

/// 512 samples of the call.
pub(super) struct Raw {
    /// Number of the first sample since the call clock's zero.
    pub(super) start: u64,
    pub(super) samples: [f32; CHUNK],
    /// Nothing in it was received: it is silence by construction, no model needs to look.
    pub(super) filled: bool,
}

#[derive(Default)]
pub(super) struct Chunker {
    /// Where the next sample belongs; none before the first frame.
    next: Option<u64>,
    partial: Vec<f32>,
    received: bool,
}

impl Chunker {
    /// Takes a frame in and gives out the chunks it completes, in order. Missing frames before it become silence, a
    /// frame of the past is left out.
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

    /// Lets `ms` of silence pass, when no frames come at all.
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
