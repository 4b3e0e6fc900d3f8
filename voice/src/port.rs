//! The seam between a connection and a call: sound as frames, and what becomes of the leg.
//!
//! Owns: what a call may ask of whatever carries its sound, and what it is told. WebRTC (and any other RTP) stands behind
//! it by way of [`RtpAudio`](crate::audio::RtpAudio); a sound card or a WebSocket gives it directly.
//! Never does: signalling. How the two sides found each other stays with the transport that knows.
//!
//! ```text
//! RTP packets ──► RtpAudio ──┐                    ┌──► endpointing
//!                            ├──► AudioPort ──► Media
//! sound card, WebSocket ─────┘                    └──◄ playout
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::audio::codec::{SPEAK_SAMPLES, frame_of};
use crate::audio::media::MediaStats;
use crate::audio::recording::Recorder;
use crate::audio::{CallClock, Clip, Frame};
use crate::transport::TransportError;

/// What becomes of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegEvent {
    /// The other side has been reached and has not answered yet.
    Ringing,
    Connected,
    /// Not reachable at present; may come back.
    Lost,
    /// It will not come back. The last event of a leg.
    Ended(EndCause),
    /// A key of the telephone: `0` to `9`, `*`, `#`, `A` to `D` (RFC 4733).
    Digit(char),
}

/// Why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// The other side hung up.
    HungUp,
    /// We closed it.
    Closed,
    /// The connection failed, or nothing was heard of the other side for too long.
    Failed,
}

/// What a port works with while it is open.
pub struct PortContext {
    /// Where its tasks run: the media thread.
    pub runtime: Handle,
    /// Stamps its frames.
    pub clock: CallClock,
    /// Counts what is received and lost.
    pub stats: Arc<MediaStats>,
    /// Takes the respondent's side where that arrives as Opus packets: see [`OpenPort::records_input`].
    pub recorder: Option<Recorder>,
    /// Cancelled at the end of the call: the port's tasks end with it.
    pub stop: CancellationToken,
}

/// A leg's sound in both directions, before anybody listens.
pub trait AudioPort: Send {
    /// Begins to deliver.
    fn open(self: Box<Self>, context: PortContext) -> OpenPort;
}

/// An open port.
pub struct OpenPort {
    /// What the other side says: frames of 20 ms at 16 kHz mono, in order. A full queue drops the newest frame and counts
    /// it. Ends with the leg.
    pub frames: mpsc::Receiver<Frame>,
    pub events: mpsc::Receiver<LegEvent>,
    pub output: Arc<dyn AudioOutput>,
    /// The port gives what arrives to the recorder itself, as packets. Otherwise the frames are encoded for it, once.
    pub records_input: bool,
}

/// Where our own voice goes.
#[async_trait]
pub trait AudioOutput: Send + Sync {
    /// Takes one frame of 20 ms at its time. An error means that the leg has ended.
    async fn send(&self, frame: OutFrame) -> Result<(), TransportError>;
    /// Ends the leg and releases everything that belongs to it.
    async fn close(&self);
}

/// 20 ms of our own side, in whichever form the port carries.
#[derive(Debug, Clone)]
pub struct OutFrame {
    opus: Bytes,
    pcm: Option<Piece>,
    /// The first frame of speech after silence.
    pub marker: bool,
    /// Frames that were left out before this one because we were too late; a timestamp moves on by them.
    pub skipped: u32,
}

/// The part of a clip that a frame is made of, and how loud it is.
#[derive(Debug, Clone)]
struct Piece {
    clip: Arc<Clip>,
    index: usize,
    gain: (f32, f32),
}

impl OutFrame {
    /// Silence; `opus` is a packet of it.
    pub(crate) fn silence(opus: Bytes) -> Self {
        Self { opus, pcm: None, marker: false, skipped: 0 }
    }

    /// Frame `index` of the clip. The gain, a factor, goes in a straight line from the first value to the second.
    pub(crate) fn speech(opus: Bytes, clip: Arc<Clip>, index: usize, gain: (f32, f32)) -> Self {
        Self { opus, pcm: Some(Piece { clip, index, gain }), marker: false, skipped: 0 }
    }

    /// Whether this is the silence between utterances.
    pub fn is_silence(&self) -> bool {
        self.pcm.is_none()
    }

    /// As an Opus packet of 20 ms: made beforehand where the gain is 1, otherwise encoded as it became due.
    pub fn opus(&self) -> &Bytes {
        &self.opus
    }

    /// As 480 samples at 24 kHz mono.
    pub fn pcm(&self) -> [i16; SPEAK_SAMPLES] {
        let Some(Piece { clip, index, gain }) = &self.pcm else { return [0; SPEAK_SAMPLES] };
        scaled(&frame_of(&clip.pcm, *index), *gain)
    }
}

/// The frame with its gain going in a straight line from one value to the other.
pub(crate) fn scaled(frame: &[i16; SPEAK_SAMPLES], (from, to): (f32, f32)) -> [i16; SPEAK_SAMPLES] {
    let mut scaled = *frame;
    for (n, sample) in scaled.iter_mut().enumerate() {
        let gain = from + (to - from) * n as f32 / SPEAK_SAMPLES as f32;
        *sample = (f32::from(*sample) * gain) as i16;
    }
    scaled
}
