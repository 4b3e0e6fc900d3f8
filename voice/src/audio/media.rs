//! The media of one call, between its link and its interview.
//!
//! Owns: the two tasks of a call, one listening and one speaking, and what they count.
//! Never does: go through a mailbox, touch files, wait for anybody who is slow.
//!
//! Between utterances silence is sent, a small packet encoded once, rather than nothing: the browser's jitter buffer and
//! the NATs on the way stay open, the first word meets a warm path, and there is one pace and no special case.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use interview::io::Ms;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::clock::CallClock;
use super::codec::{Decoder, LISTEN_SAMPLES, RTP_RATE};
use super::jitter::{Jitter, Piece, Sound};
use super::playout::{Command, Player, Playout, PlayoutEvent};
use super::recording::{Recorder, Side};
use super::runtime::MediaRuntime;
use super::{FRAME_MS, Frame, LISTEN_RATE};
use crate::transport::{Link, LinkEvent, Packet, PacketSink};

/// Frames kept for a listener that is slow: five seconds.
const FRAMES: usize = 256;
const EVENTS: usize = 256;
const PERIOD: Duration = Duration::from_millis(FRAME_MS);
/// A packet that goes out this much late missed its deadline.
const LATE: Duration = Duration::from_millis(10);
/// Behind by more than this we don't catch up: the frames not sent are skipped in the timestamps instead.
const CATCH_UP: Duration = Duration::from_millis(60);

/// What a call counts; all since its start.
#[derive(Debug, Default)]
pub struct MediaStats {
    pub packets_received: AtomicU64,
    /// Came after their place had been filled.
    pub packets_late: AtomicU64,
    pub packets_lost: AtomicU64,
    /// Not Opus.
    pub packets_malformed: AtomicU64,
    /// Frames the listener was too slow for.
    pub frames_dropped: AtomicU64,
    pub events_dropped: AtomicU64,
    pub packets_sent: AtomicU64,
    /// Packets that went out more than 10 ms late.
    pub deadline_misses: AtomicU64,
    /// Frames left out because we were too late to catch up.
    pub frames_skipped: AtomicU64,
    /// How long the jitter buffer waits for a missing packet at present.
    pub jitter_depth_ms: AtomicU64,
}

/// The media of a call. Dropping it ends the tasks and closes the link.
pub struct Media {
    /// What the respondent says; a full queue drops the newest frame and counts it. Ends with the link.
    pub frames: mpsc::Receiver<Frame>,
    pub playout: Playout,
    pub playout_events: mpsc::Receiver<PlayoutEvent>,
    pub link_events: mpsc::Receiver<LinkEvent>,
    pub stats: Arc<MediaStats>,
    /// Dropped, the tasks end and the link closes.
    pub tasks: DropGuard,
    sink: Arc<dyn PacketSink>,
}

impl Media {
    /// Starts listening and speaking on the media thread. With a recorder, both sides are offered to it; it stores them
    /// once it has been told to.
    pub fn start(runtime: &MediaRuntime, link: Link, clock: CallClock, recorder: Option<Recorder>) -> Self {
        let Link { packets, events, sink } = link;
        let cancel = CancellationToken::new();
        let stats = Arc::new(MediaStats::default());
        let (frames_in, frames) = mpsc::channel(FRAMES);
        let (events_in, playout_events) = mpsc::channel(EVENTS);
        let (playout, commands) = Playout::new();

        let listening = Listening {
            packets,
            jitter: Jitter::new(),
            clock,
            frames: frames_in,
            framer: Framer::default(),
            stats: Arc::clone(&stats),
            recorder: recorder.clone(),
        };
        let speaking = Speaking {
            commands,
            sink: Arc::clone(&sink),
            clock,
            events: events_in,
            stats: Arc::clone(&stats),
            recorder,
        };
        let stop = cancel.clone();
        runtime.handle().spawn(async move { stop.run_until_cancelled(listening.run()).await });
        let stop = cancel.clone();
        runtime.handle().spawn(async move { stop.run_until_cancelled(speaking.run()).await });
        Self { frames, playout, playout_events, link_events: events, stats, tasks: cancel.drop_guard(), sink }
    }

    /// Hangs up. What was received is still delivered by `frames`, up to its end.
    pub async fn close(&self) {
        self.sink.close().await;
    }
}

struct Listening {
    packets: mpsc::Receiver<Packet>,
    jitter: Jitter,
    clock: CallClock,
    frames: mpsc::Sender<Frame>,
    framer: Framer,
    stats: Arc<MediaStats>,
    recorder: Option<Recorder>,
}

impl Listening {
    async fn run(mut self) {
        let mut decoder = match Decoder::new() {
            Ok(decoder) => decoder,
            Err(error) => {
                tracing::error!(%error, "nothing will be heard");
                return;
            }
        };
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
                self.hear(&mut decoder, &piece);
            }
            self.count();
        }
        while let Some(piece) = self.jitter.drain() {
            self.hear(&mut decoder, &piece);
        }
        self.count();
    }

    fn hear(&mut self, decoder: &mut Decoder, piece: &Piece) {
        let at_ms = self.clock.at(piece.at);
        let samples = (piece.samples * LISTEN_RATE / RTP_RATE) as usize;
        let silence = [0.0; LISTEN_SAMPLES];
        let (decoded, concealed) = match &piece.sound {
            Sound::Packet(payload) => {
                if let Some(recorder) = &self.recorder {
                    recorder.write(Side::Respondent, at_ms, payload.clone());
                }
                (decoder.decode(payload), false)
            }
            Sound::Lost { following } => (decoder.conceal(samples, following.as_deref()), true),
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

/// Cuts what was decoded (packets are of 2.5 to 120 ms) into frames of 20 ms.
#[derive(Default)]
struct Framer {
    pending: Vec<f32>,
    /// Call clock of the first pending sample.
    at_ms: Ms,
    concealed: bool,
}

impl Framer {
    fn add(&mut self, at_ms: Ms, samples: &[f32], concealed: bool) -> impl Iterator<Item = Frame> + '_ {
        if self.pending.is_empty() {
            // The estimate of when may move back a little; time never does.
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

struct Speaking {
    commands: mpsc::Receiver<Command>,
    sink: Arc<dyn PacketSink>,
    clock: CallClock,
    events: mpsc::Sender<PlayoutEvent>,
    stats: Arc<MediaStats>,
    recorder: Option<Recorder>,
}

impl Speaking {
    async fn run(mut self) {
        let mut player = Player::new();
        let mut events = Vec::new();
        // Deadlines are absolute: however late one frame is, the pace does not drift.
        let mut deadline = Instant::now();
        let mut was_silent = true;
        loop {
            tokio::time::sleep_until(deadline.into()).await;
            while let Ok(command) = self.commands.try_recv() {
                player.command(command);
            }
            let now = Instant::now();
            let skipped = self.keep_pace(&mut deadline, now);
            let frame = player.tick(self.clock.at(now), &mut events);
            let marker = frame.speech && was_silent;
            was_silent = !frame.speech;
            // The deadline and not now: a recording is even, whatever held us up.
            self.record(&frame.payload, frame.speech, deadline);
            if self.sink.send(frame.payload, marker, skipped).await.is_err() {
                return;
            }
            self.stats.packets_sent.fetch_add(1, Ordering::Relaxed);
            for event in events.drain(..) {
                if let Err(error) = self.events.try_send(event) {
                    self.stats.events_dropped.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(error = %error, "nobody takes what became of the playout");
                }
            }
            deadline += PERIOD;
        }
    }

    /// Counts a missed deadline; far behind, moves the deadline to the present. Gives the frames left out.
    fn keep_pace(&self, deadline: &mut Instant, now: Instant) -> u32 {
        let behind = now.saturating_duration_since(*deadline);
        if behind > LATE {
            self.stats.deadline_misses.fetch_add(1, Ordering::Relaxed);
        }
        if behind <= CATCH_UP {
            return 0;
        }
        let skipped = (behind.as_millis() as u64 / FRAME_MS) as u32;
        *deadline += PERIOD * skipped;
        self.stats.frames_skipped.fetch_add(u64::from(skipped), Ordering::Relaxed);
        skipped
    }

    fn record(&self, payload: &Bytes, speech: bool, at: Instant) {
        if let Some(recorder) = self.recorder.as_ref().filter(|_| speech) {
            recorder.write(Side::Interviewer, self.clock.at(at), payload.clone());
        }
    }
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
