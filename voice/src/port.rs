//! The seam between a connection and a call: sound as frames, and the state of the leg.
//!
//! Owns: what a call may request from whatever carries its sound, and what it is told. WebRTC and
//! any other RTP transport implement it through [`RtpAudio`](crate::audio::RtpAudio). A sound card
//! or a WebSocket implements it directly. Never does: signalling. How the two sides found each
//! other is known to the transport only.
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
use crate::audio::recording::Recorder;
use crate::audio::stats::MediaStats;
use crate::audio::{CallClock, Clip, Frame};

/// A change in the state of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegEvent {
    /// The other side has been reached and has not answered yet.
    Ringing,
    Connected,
    /// The other side is not reachable at present, but may return.
    Lost,
    /// The leg has ended and will not return. This is its last event.
    Ended(EndCause),
    /// A key of the telephone was pressed: `0` to `9`, `*`, `#`, or `A` to `D` (RFC 4733).
    Digit(char),
}

/// The reason why a leg ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// The other side hung up.
    HungUp,
    /// The engine closed the leg.
    Closed,
    /// The connection failed, or nothing was received from the other side for too long.
    Failed,
}

/// What a port uses while it is open.
pub struct PortContext {
    /// The runtime of its tasks, which is the media thread's.
    pub runtime: Handle,
    /// The clock that stamps its frames.
    pub clock: CallClock,
    /// Counters of what is received and lost.
    pub stats: Arc<MediaStats>,
    /// Records the respondent's side where that arrives as Opus packets. See
    /// [`OpenPort::records_input`].
    pub recorder: Option<Recorder>,
    /// Cancelled at the end of the call. The port's tasks then end.
    pub stop: CancellationToken,
}

/// A leg's sound in both directions, before it is opened.
pub trait AudioPort: Send {
    /// Begins to deliver frames.
    fn open(self: Box<Self>, context: PortContext) -> OpenPort;
}

/// An open port.
pub struct OpenPort {
    /// The respondent's sound: frames of 20 ms at 16 kHz mono, in order. A full queue drops the
    /// newest frame and counts it. The queue ends with the leg.
    pub frames: mpsc::Receiver<Frame>,
    pub events: mpsc::Receiver<LegEvent>,
    pub output: Arc<dyn AudioOutput>,
    /// True if the port itself passes incoming packets to the recorder. Otherwise the frames are
    /// encoded once for the recording.
    pub records_input: bool,
}

/// The leg has ended, so nothing more can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the leg has ended")]
pub struct LegEnded;

/// The destination of the interviewer's voice.
#[async_trait]
pub trait AudioOutput: Send + Sync {
    /// Sends one frame of 20 ms at its time.
    async fn send(&self, frame: OutFrame) -> Result<(), LegEnded>;
    /// Ends the leg and releases everything that belongs to it.
    async fn close(&self);
}

/// A frame of 20 ms from the interviewer, in whichever form the port carries.
#[derive(Debug, Clone)]
pub struct OutFrame {
    opus: Bytes,
    pcm: Option<Piece>,
    /// True for the first frame of speech after silence.
    pub marker: bool,
    /// The number of frames that were skipped before this one because sending was too late. The
    /// timestamp advances by them.
    pub skipped: u32,
}

/// The part of a clip that a frame is made of, and its gain.
#[derive(Debug, Clone)]
struct Piece {
    clip: Arc<Clip>,
    index: usize,
    gain: (f32, f32),
}

impl OutFrame {
    /// Returns a frame of silence. `opus` is a packet of silence.
    pub(crate) fn silence(opus: Bytes) -> Self {
        Self { opus, pcm: None, marker: false, skipped: 0 }
    }

    /// Returns frame `index` of the clip. The gain is a factor that changes linearly from the first
    /// value to the second.
    pub(crate) fn speech(opus: Bytes, clip: Arc<Clip>, index: usize, gain: (f32, f32)) -> Self {
        Self { opus, pcm: Some(Piece { clip, index, gain }), marker: false, skipped: 0 }
    }

    /// Returns true for the silence between utterances.
    pub fn is_silence(&self) -> bool {
        self.pcm.is_none()
    }

    /// Returns the frame as an Opus packet of 20 ms. It comes from the clip if the gain is 1, and
    /// was otherwise encoded when it was due.
    pub fn opus(&self) -> &Bytes {
        &self.opus
    }

    /// Returns the frame as 480 samples at 24 kHz mono.
    pub fn pcm(&self) -> [i16; SPEAK_SAMPLES] {
        let Some(Piece { clip, index, gain }) = &self.pcm else { return [0; SPEAK_SAMPLES] };
        scaled(&frame_of(&clip.pcm, *index), *gain)
    }
}

/// Returns the frame with a gain that changes linearly from one value to the other.
pub(crate) fn scaled(frame: &[i16; SPEAK_SAMPLES], (from, to): (f32, f32)) -> [i16; SPEAK_SAMPLES] {
    let mut scaled = *frame;
    for (n, sample) in scaled.iter_mut().enumerate() {
        let gain = from + (to - from) * n as f32 / SPEAK_SAMPLES as f32;
        *sample = (f32::from(*sample) * gain) as i16;
    }
    scaled
}
