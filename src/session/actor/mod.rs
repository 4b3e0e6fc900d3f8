//! The actor of one interview: feeds what happens to the pure interview and carries out what it wants.
//!
//! Owns: the interview's state, its event numbers, its timer. Never does: touch audio (that is the leg's), block, or
//! decide what is said. If it panics or freezes, the watcher starts another one from the event log.

mod ending;
mod keeping;
mod listening;
mod speaking;

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Message, SpawnHandle, StreamHandler,
    WrapFuture,
};
use interview::Interview;
use interview::io::{Command, Input, Ms, Notice, Output, RecordingFault};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use self::speaking::Speaking;
use super::engines::Engines;
use super::leg::{Leg, LegMessage, LegState};
use super::page::Page;
use super::script::Script;
use super::timing::Stopwatch;
use crate::supervisors::Persistence;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use voice::audio::CallClock;
use voice::inference::{Hold, Priority};
use voice::port::LegEvent;
use voice::turn::EndpointerEvent;

/// Everything an actor is born with.
pub struct CallContext {
    pub interview_id: Uuid,
    /// The number under which this engine holds the call.
    pub fence: i64,
    pub interview: Interview,
    /// Number of the last event in the log.
    pub last_seq: i64,
    pub script: Script,
    pub engines: Arc<Engines>,
    pub persistence: Persistence,
    pub metrics: Arc<Metrics>,
    pub page: Page,
    pub clock: CallClock,
    pub leg: Arc<Leg>,
    /// Cancelled when another actor has taken the place of this one.
    pub superseded: CancellationToken,
    /// It was the engine that stopped, not the respondent who paused: go on as soon as they are back.
    pub resumes: bool,
    /// Why the recording is incomplete, as far as the log says so.
    pub recording_faults: Vec<RecordingFault>,
    /// Called when another engine has taken the call, before it ends here.
    pub on_taken_over: Box<dyn Fn() + Send>,
    /// Called once when the interview is over (not when the actor dies of something else).
    pub on_end: Box<dyn FnOnce(Ending) + Send>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The interview is over for good.
    Over,
    /// The call ended, the interview may be taken up again.
    Interrupted,
}

/// From the page, the API or the registry.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub enum Control {
    Command(Command),
    /// The respondent hung up: the interview can be taken up again with the same link.
    HangUp,
    /// The engine stops: the same.
    Drain,
    /// Another engine has taken the call.
    TakenOver,
}

/// The respondent is back over another connection. False: the call is ending and takes none.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct NewLeg(pub Arc<Leg>);

/// What a bug in a handler would do. It exists for tests: a release build, which has no debug assertions, is without it.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub enum Sabotage {
    Panic,
    Freeze(Duration),
}

pub struct CallActor {
    call: CallContext,
    seq: i64,
    /// What the leg tells us.
    listening: Option<SpawnHandle>,
    timer: Option<SpawnHandle>,
    proposing: Option<SpawnHandle>,
    speaking: Option<Speaking>,
    /// Kept while the interview is attentive: then nothing is begun on the models' threads that can wait.
    attention: Option<Hold>,
    stopwatch: Stopwatch,
    /// What is being said only covers a wait: the turn that is timed goes on.
    covers: bool,
    /// Notices wait for the commit of the events before them, so that the page never shows what could be lost.
    held: std::collections::VecDeque<(u64, Ms, Notice)>,
    appends: u64,
    committed: u64,
    /// The first append that the log did not take.
    refused: Option<u64>,
    over: bool,
    /// The call is another engine's.
    taken_over: bool,
    /// Speaking rate of the guide's voice, before the respondent wished for another.
    speed: f32,
}

impl CallActor {
    pub fn new(call: CallContext) -> Self {
        let (seq, speed) = (call.last_seq, call.script.voice.speed);
        Self {
            call,
            speed,
            seq,
            listening: None,
            timer: None,
            proposing: None,
            speaking: None,
            attention: None,
            stopwatch: Stopwatch::default(),
            covers: false,
            held: std::collections::VecDeque::new(),
            appends: 0,
            committed: 0,
            refused: None,
            over: false,
            taken_over: false,
        }
    }

    fn now(&self) -> Ms {
        self.call.clock.now_ms()
    }

    /// Gives one input to the interview and does what it wants, until it wants nothing more.
    fn feed(&mut self, input: Input, ctx: &mut Context<Self>) {
        if self.is_superseded(ctx) {
            return;
        }
        if self.over && !matches!(input, Input::PlaybackFinished { .. } | Input::PlaybackStopped { .. }) {
            return;
        }
        let now = self.now();
        let outputs = self.call.interview.handle(now, input);
        let mut records = Vec::new();
        let mut notices = Vec::new();
        for output in outputs {
            match output {
                Output::Record(event) => records.push(self.record(now, event)),
                Output::Notify(notice) => notices.push(notice),
                other => self.carry_out(now, other, ctx),
            }
        }
        self.append(records, ctx);
        for notice in notices {
            self.held.push_back((self.appends, now, notice));
        }
        self.release();
        if self.call.interview.is_attentive() {
            self.attention.get_or_insert_with(|| self.call.engines.inference.hold_background());
        } else {
            self.attention = None;
        }
    }

    fn carry_out(&mut self, now: Ms, output: Output, ctx: &mut Context<Self>) {
        let leg = Arc::clone(&self.call.leg);
        match output {
            Output::Speak { utterance, lines, asking, covers, ahead } => {
                self.covers = covers;
                self.speak(now, utterance, lines, asking, ahead, ctx);
            }
            Output::Duck => leg.playout().duck(),
            Output::Unduck => leg.playout().unduck(),
            Output::StopSpeaking => self.stop_speaking(ctx),
            Output::Transcribe { pause } => self.transcribe(now, pause, ctx),
            Output::TranscribeSoFar { look } => self.transcribe_so_far(look, ctx),
            Output::JudgeTurn { pause } => self.judge(pause, ctx),
            Output::Embed { pause, texts } => self.embed(pause, texts, ctx),
            Output::TurnTaken => leg.turn_taken(),
            Output::HearAnew => leg.hear_anew(),
            Output::Propose { pause, request } => {
                if let Some(earlier) = self.proposing.take() {
                    ctx.cancel_future(earlier);
                }
                let engines = Arc::clone(&self.call.engines);
                let interview = self.call.interview_id;
                let proposing = async move { engines.proposer.propose(interview, &request).await };
                self.proposing = Some(ctx.spawn(proposing.into_actor(self).map(move |result, actor, ctx| {
                    let proposals = result.unwrap_or_else(|error| {
                        warn!(interview = %actor.call.interview_id, %error, "no proposal: the template serves");
                        actor.call.metrics.count_failure(Failure::Proposal);
                        Vec::new()
                    });
                    actor.feed(Input::Proposed { pause, proposals }, ctx);
                })));
            }
            Output::Prepare { lines, soon } => {
                let priority = if soon { Priority::FirstSentence } else { Priority::Background };
                let script = &self.call.script;
                let clips = lines.into_iter().map(|line| script.wanted(line.text, line.scripted)).collect();
                script.prepare(&self.call.engines, clips, priority);
            }
            Output::StartRecording => leg.start_recording(),
            Output::WakeAt(at) => {
                if let Some(earlier) = self.timer.take() {
                    ctx.cancel_future(earlier);
                }
                let wait = Duration::from_millis(at.saturating_sub(now));
                self.timer = Some(ctx.run_later(wait, |actor, ctx| {
                    actor.timer = None;
                    actor.feed(Input::Timer, ctx);
                }));
            }
            Output::StopRecording { from_ms } => leg.stop_recording(from_ms),
            Output::DeleteRecording => leg.delete_recording(),
            Output::AdjustSpeech { rate, gain_db } => {
                self.call.script.voice.speed = self.speed * rate;
                leg.playout().set_gain(gain_db);
            }
            // One that goes on another time is not over.
            Output::HangUp => {
                let over = self.call.interview.is_over();
                self.finish(if over { Ending::Over } else { Ending::Interrupted }, ctx);
            }
            Output::Record(_) | Output::Notify(_) => unreachable!("taken before"),
        }
    }

    fn on_leg(&mut self, event: LegEvent, ctx: &mut Context<Self>) {
        info!(interview = %self.call.interview_id, ?event, "leg");
        match event {
            LegEvent::Connected => self.connected(ctx),
            LegEvent::Lost => self.feed(Input::PeerLost, ctx),
            LegEvent::Ended(_) => self.hang_up(ctx),
            // No question is answered by keys yet, and nothing is said before somebody is there.
            LegEvent::Ringing | LegEvent::Digit(_) => {}
        }
    }

    fn connected(&mut self, ctx: &mut Context<Self>) {
        self.feed(Input::Connected, ctx);
        if std::mem::take(&mut self.call.resumes) {
            self.feed(Input::Command(Command::Resume), ctx);
        }
    }

    /// The respondent is gone: the interview may be taken up again, unless it is over.
    fn hang_up(&mut self, ctx: &mut Context<Self>) {
        self.feed(Input::PeerLost, ctx);
        let ending = if self.call.interview.is_over() { Ending::Over } else { Ending::Interrupted };
        self.finish(ending, ctx);
    }

    /// Hears this leg, and no other one any more.
    fn listen(&mut self, ctx: &mut Context<Self>) {
        let listening = ctx.add_stream(self.call.leg.attach());
        if let Some(earlier) = self.listening.replace(listening) {
            ctx.cancel_future(earlier);
        }
    }

    /// Another actor has taken our place, and the leg with it: whatever we still do would be done twice.
    fn is_superseded(&self, ctx: &mut Context<Self>) -> bool {
        let superseded = self.call.superseded.is_cancelled();
        if superseded {
            ctx.stop();
        }
        superseded
    }
}

impl Actor for CallActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let superseded = self.call.superseded.clone().cancelled_owned();
        ctx.spawn(superseded.into_actor(self).map(|(), _, ctx| ctx.stop()));
        // A restarted actor finds the leg as it was: nobody will tell it again that it is connected, or gone.
        self.listen(ctx);
        if let Some(fault) = self.call.leg.recording_fault() {
            self.recording_incomplete(fault, ctx);
        }
        match self.call.leg.state() {
            LegState::Connecting => {}
            LegState::Connected => self.connected(ctx),
            LegState::Gone => self.hang_up(ctx),
        }
    }
}

impl StreamHandler<LegMessage> for CallActor {
    fn handle(&mut self, message: LegMessage, ctx: &mut Self::Context) {
        if self.is_superseded(ctx) {
            return;
        }
        match message {
            LegMessage::Endpointer(EndpointerEvent::SpeechStarted { at }) => {
                // The answer goes on: what is thought about its first part is of no use.
                if let Some(proposing) = self.proposing.take() {
                    ctx.cancel_future(proposing);
                }
                self.feed(Input::SpeechStarted { at }, ctx);
            }
            LegMessage::Endpointer(EndpointerEvent::SpeechPaused { end }) => {
                if self.speaking.is_none() && std::mem::take(&mut self.covers) {
                    self.stopwatch.interrupted();
                }
                self.stopwatch.speech_ended(end);
                self.tell_level(ctx);
                self.feed(Input::SpeechPaused { end }, ctx);
            }
            LegMessage::Playout(event) => self.on_playout(event, ctx),
            LegMessage::Leg(event) => self.on_leg(event, ctx),
            LegMessage::RecordingIncomplete(reason) => self.recording_incomplete(reason, ctx),
        }
    }

    // A leg's stream ends when another leg takes its place: not a reason to stop.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Control> for CallActor {
    type Result = ();

    fn handle(&mut self, control: Control, ctx: &mut Self::Context) {
        match control {
            Control::Command(command) => self.feed(Input::Command(command), ctx),
            Control::HangUp | Control::Drain => self.hang_up(ctx),
            Control::TakenOver => self.taken_over(ctx),
        }
    }
}

impl Handler<NewLeg> for CallActor {
    type Result = bool;

    fn handle(&mut self, NewLeg(leg): NewLeg, ctx: &mut Self::Context) -> bool {
        if self.over || self.is_superseded(ctx) {
            return false;
        }
        let old = std::mem::replace(&mut self.call.leg, leg);
        self.speaking = None;
        self.feed(Input::PeerLost, ctx);
        if self.over {
            // There was nothing to go on with: the goodbye had been said.
            self.close_leg(old, ctx);
            return false;
        }
        // The old leg says that it is closed, too: that must not end the new one.
        self.listen(ctx);
        if self.call.interview.state().recording == Some(true) {
            self.call.leg.start_recording();
        }
        self.close_leg(old, ctx);
        true
    }
}

#[cfg(debug_assertions)]
impl Handler<Sabotage> for CallActor {
    type Result = ();

    fn handle(&mut self, sabotage: Sabotage, _: &mut Self::Context) {
        match sabotage {
            Sabotage::Panic => panic!("sabotage"),
            Sabotage::Freeze(time) => std::thread::sleep(time),
        }
    }
}
