//! A port over RTP: incoming packets in any order become frames in order, and outgoing frames
//! become packets.
//!
//! Owns: the jitter buffer and the codec of one leg, and the task that receives. It works with
//! every transport that has a [`Link`]. Never does: pace what is sent, which the playout does;
//! negotiate; wait for a slow receiver.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_trait::async_trait;
use interview::io::Ms;
use tokio::sync::mpsc;

use super::clock::CallClock;
use super::codec::{Codec, CodecError, Decoder, LISTEN_SAMPLES};
use super::jitter::{Jitter, Piece, Sound};
use super::recording::{Recorder, Side};
use super::stats::MediaStats;
use super::{FRAME_MS, FRAME_QUEUE, Frame, LISTEN_RATE};
use crate::port::{AudioOutput, AudioPort, LegEnded, OpenPort, OutFrame, PortContext};
use crate::transport::{Link, Packet, PacketSink};

/// A leg that carries RTP.
pub struct RtpAudio {
    link: Link,
    codec: Box<dyn Codec>,
}

impl RtpAudio {
    /// Returns a leg whose packets are Opus in both directions.
    pub fn opus(link: Link) -> Result<Self, CodecError> {
        Ok(Self { link, codec: Box::new(Decoder::new()?) })
    }
}

impl AudioPort for RtpAudio {
    fn open(self: Box<Self>, context: PortContext) -> OpenPort {
        let Self { link: Link { packets, events, sink }, codec } = *self;
        let (frames_in, frames) = mpsc::channel(FRAME_QUEUE);
        let records_input = codec.is_opus();
        let listening = Listening {
            packets,
            jitter: Jitter::new(codec.clock()),
            codec,
            clock: context.clock,
            frames: frames_in,
            framer: Framer::default(),
            stats: context.stats,
            recorder: context.recorder.filter(|_| records_input),
        };
        let stop = context.stop;
        context.runtime.spawn(async move { stop.run_until_cancelled(listening.run()).await });
        OpenPort { frames, events, output: Arc::new(OpusOutput(sink)), records_input }
    }
}

/// Sends the clips' packets unchanged.
struct OpusOutput(Arc<dyn PacketSink>);

#[async_trait]
impl AudioOutput for OpusOutput {
    async fn send(&self, frame: OutFrame) -> Result<(), LegEnded> {
        self.0.send(frame.opus().clone(), frame.marker, frame.skipped).await.map_err(|_| LegEnded)
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

struct Listening {
    packets: mpsc::Receiver<Packet>,
    jitter: Jitter,
    codec: Box<dyn Codec>,
    clock: CallClock,
    frames: mpsc::Sender<Frame>,
    framer: Framer,
    stats: Arc<MediaStats>,
    /// Present if the packets are recorded as they arrive.
    recorder: Option<Recorder>,
}

impl Listening {
    async fn run(mut self) {
        loop {
            let deadline = self.jitter.deadline();
            tokio::select! {
                biased;
                packet = self.packets.recv() => match packet {
                    Some(packet) => self.jitter.insert(packet),
                    None => break,
                },
                () = until(deadline) => {}
            }
            while let Some(piece) = self.jitter.poll(Instant::now()) {
                self.hear(&piece);
            }
            self.count();
        }
        while let Some(piece) = self.jitter.drain() {
            self.hear(&piece);
        }
        self.count();
    }

    fn hear(&mut self, piece: &Piece) {
        let at_ms = self.clock.at(piece.at);
        let samples = (u64::from(piece.samples) * u64::from(LISTEN_RATE) / u64::from(self.codec.clock().rate)) as usize;
        let silence = [0.0; LISTEN_SAMPLES];
        let (decoded, concealed) = match &piece.sound {
            Sound::Packet(payload) => {
                if let Some(recorder) = &self.recorder {
                    recorder.write(Side::Respondent, at_ms, payload.clone());
                }
                (self.codec.decode(payload), false)
            }
            Sound::Lost { following } => (self.codec.conceal(samples, following.as_deref()), true),
            Sound::Silence => (Ok(&silence[..samples.min(LISTEN_SAMPLES)]), false),
        };
        let (decoded, concealed) = decoded.map_or_else(
            |_| {
                self.stats.packets_malformed.fetch_add(1, Ordering::Relaxed);
                (&silence[..samples.min(LISTEN_SAMPLES)], true)
            },
            |decoded| (decoded, concealed),
        );
        for frame in self.framer.add(at_ms, decoded, concealed) {
            if self.frames.try_send(frame).is_err() {
                self.stats.frames_dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn count(&self) {
        let counts = self.jitter.counts();
        self.stats.packets_received.store(counts.received, Ordering::Relaxed);
        self.stats.packets_late.store(counts.late, Ordering::Relaxed);
        self.stats.packets_lost.store(counts.lost, Ordering::Relaxed);
        self.stats.jitter_depth_ms.store(self.jitter.depth().as_millis() as u64, Ordering::Relaxed);
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

/// Cuts decoded sound, whose packets last 2.5 ms to 120 ms, into frames of 20 ms.
#[derive(Default)]
struct Framer {
    pending: Vec<f32>,
    /// The time of the first pending sample on the call clock.
    at_ms: Ms,
    concealed: bool,
}

impl Framer {
    fn add(&mut self, at_ms: Ms, samples: &[f32], concealed: bool) -> impl Iterator<Item = Frame> + '_ {
        if self.pending.is_empty() {
            // The estimated time may move back a little, but the frames' times must not.
            self.at_ms = at_ms.max(self.at_ms);
            self.concealed = false;
        }
        self.concealed |= concealed;
        self.pending.extend_from_slice(samples);
        std::iter::from_fn(move || {
            let samples = <[f32; LISTEN_SAMPLES]>::try_from(self.pending.get(..LISTEN_SAMPLES)?).ok()?;
            self.pending.drain(..LISTEN_SAMPLES);
            let frame = Frame { at_ms: self.at_ms, samples, concealed: self.concealed };
            self.at_ms += if self.pending.is_empty() { 1 } else { FRAME_MS };
            Some(frame)
        })
    }
}
