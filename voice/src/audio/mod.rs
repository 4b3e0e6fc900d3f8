//! Audio between the packets and the models.
//!
//! Owns: codec, jitter buffer, concealment, playout pacing, recording. Never does: know what is said.

pub mod clock;
pub mod codec;
pub mod jitter;
pub mod media;
mod place;
pub mod playout;
pub mod recording;
pub mod rtp;
pub mod runtime;
#[cfg(test)]
pub(crate) mod testing;

use bytes::Bytes;
use interview::io::Ms;

pub use clock::CallClock;
pub use media::Media;
pub use playout::{Playout, PlayoutEvent};
pub use rtp::RtpAudio;
pub use runtime::MediaRuntime;

/// What models listen at.
pub const LISTEN_RATE: u32 = 16_000;
/// What is spoken at (Kokoro's rate; Opus takes it as it is).
pub const SPEAK_RATE: u32 = 24_000;
/// Length of a frame and of a packet.
pub const FRAME_MS: u64 = 20;

/// 20 ms of the respondent's side at 16 kHz mono, −1…1.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Call clock of the first sample.
    pub at_ms: Ms,
    pub samples: [f32; 320],
    /// Made up by the decoder because the packet was lost.
    pub concealed: bool,
}

/// A piece of speech, ready to be sent: encoded once, kept with its PCM for ducking.
#[derive(Debug, Clone)]
pub struct Clip {
    pub text: String,
    /// 24 kHz mono.
    pub pcm: Vec<i16>,
    /// Opus packets of 20 ms each.
    pub packets: Vec<Bytes>,
}
