//! The media of one call, between its port and its interview.
//!
//! Owns: the task that sends at an even pace, and the recording of both sides. Never
//! does: pass through a mailbox, touch files, wait for a slow receiver, or know what carries the
//! sound.
//!
//! Between utterances, small packets of silence are sent instead of nothing. The browser's jitter
//! buffer and the NATs on the path stay open, the first word is not delayed, and there is one pace
//! without special cases.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::clock::CallClock;
use super::codec::Encoder;
use super::playout::{Command, Player, Playout, PlayoutEvent};
use super::recording::{Recorder, Side};
use super::runtime::MediaRuntime;
use super::stats::MediaStats;
use super::{FRAME_MS, FRAME_QUEUE, Frame};
use crate::port::{AudioOutput, AudioPort, LegEvent, OpenPort, OutFrame, PortContext};

const EVENTS: usize = 256;
const PERIOD: Duration = Duration::from_millis(FRAME_MS);
/// A packet that is sent this late has missed its deadline.
const LATE: Duration = Duration::from_millis(10);
/// A larger delay is not caught up. The frames that were not sent are skipped in the timestamps
/// instead.
const CATCH_UP: Duration = Duration::from_millis(60);

/// The media of a call. Dropping the value ends the tasks and closes the leg.
pub struct Media {
    /// The respondent's speech. A full queue drops the newest frame and counts it. The queue ends
    /// with the leg.
    pub frames: mpsc::Receiver<Frame>,
    pub playout: Playout,
    pub playout_events: mpsc::Receiver<PlayoutEvent>,
    pub leg_events: mpsc::Receiver<LegEvent>,
    pub stats: Arc<MediaStats>,
    pub output: Arc<dyn AudioOutput>,
    /// Dropping the guard ends the tasks and closes the leg.
    pub tasks: DropGuard,
}

impl Media {
    /// Starts receiving and sending on the media thread. A recorder, if there is one, is offered
    /// both sides. It stores them once it has been started.
    pub fn start(
        runtime: &MediaRuntime,
        port: Box<dyn AudioPort>,
        clock: CallClock,
        recorder: Option<Recorder>,
    ) -> Self {
        let cancel = CancellationToken::new();
        let stats = Arc::new(MediaStats::default());
        let OpenPort { mut frames, events, output, records_input } = port.open(PortContext {
            runtime: runtime.handle().clone(),
            clock,
            stats: Arc::clone(&stats),
            recorder: recorder.clone(),
            stop: cancel.clone(),
        });
        if let Some(recorder) = recorder.clone().filter(|_| !records_input) {
            let (recorded, heard) = mpsc::channel(FRAME_QUEUE);
            let recording =
                record_frames(std::mem::replace(&mut frames, heard), recorded, recorder, Arc::clone(&stats));
            let stop = cancel.clone();
            runtime.handle().spawn(async move { stop.run_until_cancelled(recording).await });
        }
        let (events_in, playout_events) = mpsc::channel(EVENTS);
        let (playout, commands) = Playout::new();
        let speaking = Speaking {
            commands,
            output: Arc::clone(&output),
            clock,
            events: events_in,
            stats: Arc::clone(&stats),
            recorder,
        };
        let stop = cancel.clone();
        runtime.handle().spawn(async move { stop.run_until_cancelled(speaking.run()).await });
        Self { frames, playout, playout_events, leg_events: events, stats, output, tasks: cancel.drop_guard() }
    }
}

/// Encodes the received frames for the recording, if the port has no Opus packets that could be
/// stored unchanged.
async fn record_frames(
    mut frames: mpsc::Receiver<Frame>,
    recorded: mpsc::Sender<Frame>,
    recorder: Recorder,
    stats: Arc<MediaStats>,
) {
    let mut encoder = None;
    while let Some(frame) = frames.recv().await {
        if recorder.is_recording() {
            match encode(&mut encoder, &frame) {
                Ok(packet) => recorder.write(Side::Respondent, frame.at_ms, packet),
                Err(error) => tracing::warn!(%error, "a frame could not be encoded and is missing from the recording"),
            }
        }
        if recorded.try_send(frame).is_err() {
            stats.frames_dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn encode(encoder: &mut Option<Encoder>, frame: &Frame) -> Result<bytes::Bytes, super::codec::CodecError> {
    let encoder = match encoder {
        Some(encoder) => encoder,
        none => none.insert(Encoder::listening()?),
    };
    encoder.encode_float(&frame.samples)
}

struct Speaking {
    commands: mpsc::Receiver<Command>,
    output: Arc<dyn AudioOutput>,
    clock: CallClock,
    events: mpsc::Sender<PlayoutEvent>,
    stats: Arc<MediaStats>,
    recorder: Option<Recorder>,
}

impl Speaking {
    async fn run(mut self) {
        let mut player = Player::new();
        let mut events = Vec::new();
        // Deadlines are absolute, so that a late frame does not shift the pace.
        let mut deadline = Instant::now();
        let mut was_silent = true;
        loop {
            tokio::time::sleep_until(deadline.into()).await;
            while let Ok(command) = self.commands.try_recv() {
                player.command(command);
            }
            let now = Instant::now();
            let skipped = self.keep_pace(&mut deadline, now);
            let mut frame = player.tick(self.clock.at(now), &mut events);
            frame.marker = !frame.is_silence() && was_silent;
            frame.skipped = skipped;
            was_silent = frame.is_silence();
            // The recording uses the deadline instead of the actual time, so that it stays even
            // when sending is delayed.
            self.record(&frame, deadline);
            if self.output.send(frame).await.is_err() {
                return;
            }
            self.stats.packets_sent.fetch_add(1, Ordering::Relaxed);
            for event in events.drain(..) {
                if let Err(error) = self.events.try_send(event) {
                    self.stats.events_dropped.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(error = %error, "a playout event was dropped because its queue is full or closed");
                }
            }
            deadline += PERIOD;
        }
    }

    /// Counts a missed deadline. If sending is far behind, moves the deadline to the present.
    /// Returns the number of frames skipped.
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

    fn record(&self, frame: &OutFrame, at: Instant) {
        if let Some(recorder) = self.recorder.as_ref().filter(|_| !frame.is_silence()) {
            recorder.write(Side::Interviewer, self.clock.at(at), frame.opus().clone());
        }
    }
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
