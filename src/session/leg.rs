//! One leg of a call: the sound that comes through one port, and its endpointer.
//!
//! Owns: the media tasks of the connection, the audio of the turn, the recording. Outlives the actor: when that dies,
//! the next one attaches to the same leg and the respondent notices nothing but a repeated question.
//! Never does: decide anything.

use std::sync::Arc;

use interview::io::{RecordingFault, Transcript};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::engines::Engines;
use super::hearing::{self, Listening};
use voice::audio::recording::{Recorder, RecordingError};
use voice::audio::stats::MediaStats;
use voice::audio::{CallClock, Media, MediaRuntime, Playout, PlayoutEvent};
use voice::port::{AudioOutput, AudioPort, LegEvent};
use voice::stt::{Incremental, SttError};
use voice::turn::{Endpointer, EndpointerEvent, EndpointerHandle, EndpointerSettings};

/// What a leg tells its actor.
#[derive(Debug)]
pub enum LegMessage {
    Endpointer(EndpointerEvent),
    Playout(PlayoutEvent),
    Leg(LegEvent),
    /// Part of the recording is missing.
    RecordingIncomplete(RecordingFault),
}

/// How a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum LegState {
    /// Not there yet, or lost for the moment.
    Connecting,
    Connected,
    /// Closed: it will not come back.
    Gone,
}

impl LegState {
    fn after(self, event: LegEvent) -> Self {
        match event {
            LegEvent::Connected => Self::Connected,
            LegEvent::Ringing | LegEvent::Lost => Self::Connecting,
            LegEvent::Ended(_) => Self::Gone,
            LegEvent::Digit(_) => self,
        }
    }
}

/// Control messages an actor may be behind by; a full queue means that the watcher will replace it.
const QUEUE: usize = 1024;

/// A leg; shared by the actor and the registry.
pub struct Leg {
    playout: Playout,
    endpointer: EndpointerHandle,
    incremental: Incremental,
    recorder: Recorder,
    output: Arc<dyn AudioOutput>,
    stats: Arc<MediaStats>,
    state: Arc<Mutex<LegState>>,
    /// Where events go: to the actor that attached last.
    actor: Arc<Mutex<Option<mpsc::Sender<LegMessage>>>>,
    listening: Arc<Listening>,
    _tasks: DropGuard,
}

impl Leg {
    /// Starts listening; what happens before an actor attaches is kept for it.
    pub fn start(
        port: Box<dyn AudioPort>,
        clock: CallClock,
        engines: &Engines,
        media: &MediaRuntime,
        recorder: Recorder,
    ) -> Arc<Self> {
        let Media { frames, playout, playout_events, leg_events, stats, output, tasks } =
            Media::start(media, port, clock, Some(recorder.clone()));
        let (endpointer, handle) = Endpointer::new(EndpointerSettings::default(), engines.vad.detector());
        let (heard, endpointer_events) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let state = Arc::new(Mutex::new(LegState::Connecting));
        let actor = Arc::new(Mutex::new(None));
        let forward = Forward {
            endpointer: endpointer_events,
            playout: playout_events,
            leg: leg_events,
            state: Arc::clone(&state),
            actor: Arc::clone(&actor),
            early: Vec::new(),
            recorder: recorder.clone(),
            is_whole: true,
        };
        let listening = Arc::new(Listening::default());
        let endpointers = (endpointer, handle.clone());
        let listen = hearing::listen(frames, heard, Arc::clone(&engines.vad), endpointers, Arc::clone(&listening));
        let until = stop.clone();
        media.handle().spawn(async move { until.run_until_cancelled(listen).await });
        let forwarding = stop.clone();
        media.handle().spawn(async move {
            // The media tasks end with this one.
            let _tasks = tasks;
            forwarding.run_until_cancelled(forward.run()).await;
        });
        Arc::new(Self {
            playout,
            endpointer: handle,
            incremental: Incremental::new(Arc::clone(&engines.transcriber)),
            recorder,
            output,
            stats,
            state,
            actor,
            listening,
            _tasks: stop.drop_guard(),
        })
    }

    pub fn playout(&self) -> &Playout {
        &self.playout
    }

    pub fn stats(&self) -> &MediaStats {
        &self.stats
    }

    /// How its listening stands.
    pub(super) fn listening(&self) -> &Listening {
        &self.listening
    }

    pub fn is_connected(&self) -> bool {
        self.state() == LegState::Connected
    }

    /// How it stands at this moment; what the actor is told may lag behind.
    pub fn state(&self) -> LegState {
        *self.state.lock()
    }

    /// From now on what happens goes to the caller; an actor that was attached before hears nothing more.
    pub fn attach(&self) -> ReceiverStream<LegMessage> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        *self.actor.lock() = Some(sender);
        ReceiverStream::new(receiver)
    }

    /// What was said in this turn up to now, in words.
    pub async fn transcribe(&self, language: &str) -> Result<Transcript, SttError> {
        match self.endpointer.snapshot() {
            Some(audio) => self.incremental.transcribe(&audio, language).await,
            None => Ok(Transcript::default()),
        }
    }

    /// The last seconds of the turn, for the judgement by sound.
    pub fn turn_samples(&self) -> Option<Arc<[f32]>> {
        self.endpointer.snapshot().map(|audio| audio.last_8_s())
    }

    /// The turn is over: its audio is forgotten.
    pub fn turn_taken(&self) {
        self.endpointer.turn_taken();
        self.incremental.reset();
    }

    /// The same, and sound that goes on is no speech to wait for.
    pub fn hear_anew(&self) {
        self.endpointer.hear_anew();
        self.incremental.reset();
    }

    /// How loud the speech is that goes on or was the last, in dB of full scale.
    pub fn speech_level(&self) -> Option<f32> {
        self.endpointer.level_db()
    }

    /// Consent to record is there.
    pub fn start_recording(&self) {
        self.recorder.start();
    }

    /// Why part of the recording is missing, as far as that is known.
    pub fn recording_fault(&self) -> Option<RecordingFault> {
        self.recorder.fault()
    }

    /// Consent to record was taken back: what was said from `from_ms` on is not kept.
    pub fn stop_recording(&self, from_ms: interview::Ms) {
        self.recorder.cut(from_ms);
    }

    /// What was recorded goes.
    pub fn delete_recording(&self) {
        self.recorder.discard();
    }

    /// Silence at once: the actor that spoke is gone.
    pub fn hush(&self) {
        self.playout.stop();
        self.playout.unduck();
    }

    /// Hangs up and completes the recording: why it is incomplete, where only its end shows that.
    pub async fn close(&self) -> Option<RecordingFault> {
        *self.state.lock() = LegState::Gone;
        self.output.close().await;
        let error = self.recorder.finish().await.err()?;
        tracing::error!(%error, "the recording could not be completed");
        Some(if matches!(error, RecordingError::Stopped) {
            RecordingFault::WriterLost
        } else {
            RecordingFault::WriteFailed
        })
    }
}

/// Brings the leg's three streams to whoever is attached.
struct Forward {
    endpointer: mpsc::Receiver<EndpointerEvent>,
    playout: mpsc::Receiver<PlayoutEvent>,
    leg: mpsc::Receiver<LegEvent>,
    state: Arc<Mutex<LegState>>,
    actor: Arc<Mutex<Option<mpsc::Sender<LegMessage>>>>,
    /// What happened before anyone attached.
    early: Vec<LegMessage>,
    recorder: Recorder,
    /// Nobody has been told that the recording is incomplete.
    is_whole: bool,
}

impl Forward {
    async fn run(mut self) {
        let mut retry = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            let event = tokio::select! {
                Some(event) = self.leg.recv() => {
                    let mut state = self.state.lock();
                    *state = state.after(event);
                    LegMessage::Leg(event)
                }
                Some(event) = self.playout.recv() => LegMessage::Playout(event),
                Some(event) = self.endpointer.recv() => LegMessage::Endpointer(event),
                fault = self.recorder.incomplete(), if self.is_whole => {
                    self.is_whole = false;
                    LegMessage::RecordingIncomplete(fault)
                }
                _ = retry.tick(), if !self.early.is_empty() => {
                    self.deliver_early();
                    continue;
                }
                else => return,
            };
            self.early.push(event);
            self.deliver_early();
        }
    }

    /// Hands over what waits, in order. Without an actor it goes on waiting; with one that takes nothing more (it is
    /// frozen, or dead and not yet replaced) the next actor starts from the log and needs none of it.
    fn deliver_early(&mut self) {
        let actor = self.actor.lock();
        let Some(sender) = actor.as_ref() else { return };
        for event in self.early.drain(..) {
            if sender.try_send(event).is_err() {
                tracing::debug!("no actor takes what happens on the leg");
            }
        }
    }
}
