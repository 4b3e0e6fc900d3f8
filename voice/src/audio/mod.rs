//! Audio between the packets and the models.
//!
//! Owns: codec, jitter buffer, concealment, playout pacing and recording. Never does: know what is
//! said.

pub mod clock;
pub mod codec;
pub mod jitter;
pub mod media;
mod heard_text;
pub mod playout;
pub mod recording;
pub mod rtp;
pub mod runtime;
pub mod stats;
#[cfg(test)]
pub(crate) mod testing;

use bytes::Bytes;
use interview::io::Ms;

pub use clock::CallClock;
pub use media::Media;
pub use playout::{Playout, PlayoutEvent};
pub use rtp::RtpAudio;
pub use runtime::MediaRuntime;

/// The sampling rate that models require, in Hz.
pub const LISTEN_RATE: u32 = 16_000;
/// The sampling rate of synthesised speech, in Hz. It is Kokoro's rate, which Opus accepts
/// unchanged.
pub const SPEAK_RATE: u32 = 24_000;
/// The duration of a frame and of a packet, in milliseconds.
pub const FRAME_MS: u64 = 20;
/// Frames that are kept for a slow listener, about 5 s.
pub(crate) const FRAME_QUEUE: usize = 256;

/// A frame of 20 ms from the respondent, at 16 kHz mono, with samples between -1 and 1.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The time of the first sample on the call clock.
    pub at_ms: Ms,
    pub samples: [f32; 320],
    /// True if the decoder concealed a lost packet.
    pub concealed: bool,
}

/// A piece of speech that is ready to be sent. It is encoded once, and its PCM is kept for ducking.
#[derive(Debug, Clone)]
pub struct Clip {
    pub text: String,
    /// Samples at 24 kHz mono.
    pub pcm: Vec<i16>,
    /// Opus packets of 20 ms each.
    pub packets: Vec<Bytes>,
}
