//! How what the interview says reaches the playout, and what the playout says of it.
//!
//! Owns: the utterance under way. Never does: decide what is said, or when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WrapFuture};
use interview::Event;
use interview::io::{AskingId, Input, Line, Ms, UtteranceId};
use tracing::{debug, error};

use super::CallActor;
use crate::session::engines::Engines;
use crate::session::script::Script;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use voice::audio::{Clip, Playout, PlayoutEvent};
use voice::inference::Priority;
use voice::tts::{TtsError, Wanted};

/// What is being said.
pub(super) struct Speaking {
    utterance: UtteranceId,
    /// The asking that is put, and the index of the clip with which its question begins.
    question: Option<(AskingId, u32)>,
    /// Some of it is with the playout; before that, stopping it is ours alone.
    handed: Arc<AtomicBool>,
    making: Option<SpawnHandle>,
}

impl CallActor {
    pub(super) fn speak(
        &mut self,
        now: Ms,
        utterance: UtteranceId,
        lines: Vec<Line>,
        asking: Option<AskingId>,
        ahead: Vec<String>,
        ctx: &mut Context<Self>,
    ) {
        self.stopwatch.speak(now);
        // Lines before the question are scripted, so each of them is one clip.
        let question = asking.map(|asking| (asking, lines.len().saturating_sub(1) as u32));
        let (engines, script) = (Arc::clone(&self.call.engines), self.call.script.clone());
        let ahead: Vec<_> = ahead.into_iter().map(|text| script.wanted(text, true)).collect();
        let mut speaking = Speaking { utterance, question, handed: Arc::default(), making: None };
        let mut saying = Saying {
            utterance,
            waiting: lines.into(),
            playout: self.call.leg.playout().clone(),
            handed: Arc::clone(&speaking.handed),
            metrics: Arc::clone(&self.call.metrics),
            script: script.clone(),
            engines: Arc::clone(&engines),
        };
        // Nobody waits for an answer: then rather begin later than falter, since a gap sounds like the end.
        let patient = !self.stopwatch.is_running();
        let wanted = saying.wanted();
        if patient && !engines.clips.can_begin(&wanted, &ahead, &script.voice) {
            let all = wanted.iter().chain(&ahead).cloned().collect();
            script.prepare(&engines, all, Priority::Ahead);
            speaking.making = Some(self.make(ctx, async move {
                engines.clips.ready_to_begin(&wanted, &ahead, &script.voice).await?;
                saying.whole_lines().await
            }));
        } else {
            script.prepare(&engines, ahead, Priority::Ahead);
            // What is ready goes out in this very call; only what has to be made is waited for.
            if !saying.what_is_there() {
                let making = async move { if patient { saying.whole_lines().await } else { saying.sentences().await } };
                speaking.making = Some(self.make(ctx, making));
            }
        }
        self.speaking = Some(speaking);
    }

    /// Runs on while the interview does; without words the call cannot.
    fn make(
        &self,
        ctx: &mut Context<Self>,
        making: impl Future<Output = Result<(), TtsError>> + 'static,
    ) -> SpawnHandle {
        ctx.spawn(making.into_actor(self).map(|result, actor, ctx| {
            if let Err(error) = result {
                error!(interview = %actor.call.interview_id, %error, "speech could not be made");
                actor.call.metrics.count_failure(Failure::Synthesis);
                actor.fail("speech_failed", ctx);
            }
        }))
    }

    pub(super) fn stop_speaking(&mut self, ctx: &mut Context<Self>) {
        let Some(speaking) = &mut self.speaking else { return };
        if let Some(making) = speaking.making.take() {
            ctx.cancel_future(making);
        }
        if speaking.handed.load(Ordering::Acquire) {
            // Answered with what was heard of it.
            self.call.leg.playout().stop();
        } else {
            let utterance = speaking.utterance;
            self.speaking = None;
            ctx.run_later(Duration::ZERO, move |actor, ctx| {
                actor.feed(Input::PlaybackStopped { utterance, heard: String::new() }, ctx);
            });
        }
    }

    pub(super) fn on_playout(&mut self, event: PlayoutEvent, ctx: &mut Context<Self>) {
        match event {
            PlayoutEvent::Started { utterance, at_ms } => {
                self.stopwatch.first_packet(at_ms);
                self.feed(Input::PlaybackStarted { utterance }, ctx);
            }
            PlayoutEvent::ClipStarted { utterance, index, at_ms } => {
                let speaking = self.speaking.as_ref().filter(|speaking| speaking.utterance == utterance);
                if let Some((asking, _)) = speaking.and_then(|s| s.question).filter(|(_, first)| *first == index) {
                    self.question_started(asking, at_ms, ctx);
                }
            }
            PlayoutEvent::Finished { utterance, .. } => {
                self.speaking = None;
                if !self.covers {
                    self.stopwatch.said();
                }
                self.feed(Input::PlaybackFinished { utterance }, ctx);
            }
            PlayoutEvent::Stopped { utterance, heard, .. } => {
                self.speaking = None;
                self.stopwatch.interrupted();
                self.feed(Input::PlaybackStopped { utterance, heard }, ctx);
            }
        }
    }

    /// The question's first packet is out: the turn before it is complete and can be told in numbers.
    fn question_started(&mut self, asking: AskingId, at_ms: Ms, ctx: &mut Context<Self>) {
        let Some(timing) = self.stopwatch.question_started(at_ms) else { return };
        self.call.metrics.response_latency_seconds.observe(timing.first_audio as f64 / 1000.0);
        debug!(interview = %self.call.interview_id, ?timing, "turn");
        let record = self.record(self.now(), Event::TurnTimed { asking, timing });
        self.append(vec![record], ctx);
    }
}

/// The lines of an utterance on their way to the playout.
struct Saying {
    utterance: UtteranceId,
    /// Not with the playout yet.
    waiting: VecDeque<Line>,
    playout: Playout,
    handed: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
    script: Script,
    engines: Arc<Engines>,
}

impl Saying {
    fn wanted(&self) -> Vec<Wanted> {
        self.waiting.iter().map(|line| self.script.wanted(line.text.clone(), line.scripted)).collect()
    }

    fn next(&mut self) -> Option<Wanted> {
        let line = self.waiting.pop_front()?;
        let rest = line.text.get(line.from..).unwrap_or(&line.text).to_owned();
        Some(self.script.wanted(rest, line.scripted && line.from == 0))
    }

    fn hand(&self, clip: Arc<Clip>, last: bool) {
        self.playout.speak(self.utterance, clip, last);
        self.handed.store(true, Ordering::Release);
    }

    /// Hands over what is at hand: whether that was all.
    fn what_is_there(&mut self) -> bool {
        while let Some(line) = self.waiting.front() {
            let Some(clip) = self.engines.clips.at_hand(&line.text, &self.script.voice) else { return false };
            let clip = if line.from == 0 { clip } else { Arc::new(clip.from_text(line.from)) };
            self.waiting.pop_front();
            self.hand(clip, self.waiting.is_empty());
        }
        true
    }

    /// Hands the rest over line by line: as they are being made beforehand.
    async fn whole_lines(mut self) -> Result<(), TtsError> {
        while !self.what_is_there() {
            let Some(Wanted { text, keep }) = self.next() else { break };
            let clip = self.engines.clips.clip(&text, &self.script.voice, Priority::FirstSentence, keep).await?;
            self.hand(clip, self.waiting.is_empty());
        }
        Ok(())
    }

    /// Hands the rest over sentence by sentence: so the first of them comes soonest.
    async fn sentences(mut self) -> Result<(), TtsError> {
        while !self.what_is_there() {
            let Some(Wanted { text, keep }) = self.next() else { break };
            let started = std::time::Instant::now();
            let mut clips = self.engines.clips.stream(&text, &self.script.voice, keep);
            let mut first = true;
            while let Some(clip) = clips.recv().await {
                if std::mem::take(&mut first) {
                    self.metrics.tts_latency_seconds.observe(started.elapsed().as_secs_f64());
                }
                self.hand(clip?, false);
            }
            if self.waiting.is_empty() {
                // Which sentence was the last is known only now.
                self.playout.end(self.utterance);
            }
        }
        Ok(())
    }
}
