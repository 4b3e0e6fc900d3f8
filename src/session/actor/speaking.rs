//! How what the interview says reaches the playout, and what the playout says of it.
//!
//! Owns: the utterance under way. Never does: decide what is said, or when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, SpawnHandle, WrapFuture};
use interview::Event;
use interview::io::{Input, Line, Ms, UtteranceId};
use tracing::{debug, error};

use super::CallActor;
use crate::telemetry::metrics::Failure;
use voice::audio::PlayoutEvent;
use voice::inference::Priority;

/// What is being said.
pub(super) struct Speaking {
    utterance: UtteranceId,
    /// Index of the clip with which the question begins, when there is one.
    question_clip: Option<u32>,
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
        asks: bool,
        ctx: &mut Context<Self>,
    ) {
        self.stopwatch.speak(now);
        // Lines before the question are scripted, so each of them is one clip.
        let question_clip = asks.then(|| lines.len().saturating_sub(1) as u32);
        let (engines, script) = (Arc::clone(&self.birth.engines), self.birth.script.clone());
        let (playout, metrics) = (self.birth.leg.playout().clone(), Arc::clone(&self.birth.metrics));
        let mut speaking = Speaking { utterance, question_clip, handed: Arc::default(), making: None };
        // What is ready goes out in this very call; only what has to be made is waited for.
        let mut waiting = lines.into_iter().peekable();
        while let Some(line) = waiting.peek() {
            let Some(clip) = engines.clips.at_hand(&line.text, &script.voice) else { break };
            waiting.next();
            playout.speak(utterance, clip, waiting.peek().is_none());
            speaking.handed.store(true, Ordering::Release);
        }
        if waiting.peek().is_some() {
            let handed = Arc::clone(&speaking.handed);
            // Nobody waits for an answer: then rather begin later than falter, since a gap sounds like the end.
            let patient = !self.stopwatch.is_running() && !handed.load(Ordering::Acquire);
            let making = async move {
                let lines: Vec<Line> = waiting.collect();
                if patient {
                    for line in &lines {
                        let keep = line.scripted && script.may_keep(&line.text);
                        engines.clips.clip(&line.text, &script.voice, Priority::FirstSentence, keep).await?;
                    }
                }
                for line in lines {
                    if let Some(clip) = engines.clips.at_hand(&line.text, &script.voice) {
                        playout.speak(utterance, clip, false);
                        handed.store(true, Ordering::Release);
                        continue;
                    }
                    let started = std::time::Instant::now();
                    let mut clips =
                        engines.clips.stream(&line.text, &script.voice, line.scripted && script.may_keep(&line.text));
                    let mut first = true;
                    while let Some(clip) = clips.recv().await {
                        if std::mem::take(&mut first) {
                            metrics.tts_latency_seconds.observe(started.elapsed().as_secs_f64());
                        }
                        playout.speak(utterance, clip?, false);
                        handed.store(true, Ordering::Release);
                    }
                }
                playout.end(utterance);
                Ok::<(), voice::tts::TtsError>(())
            };
            speaking.making = Some(ctx.spawn(making.into_actor(self).map(|result, actor, ctx| {
                if let Err(error) = result {
                    error!(interview = %actor.birth.interview_id, %error, "speech could not be made");
                    actor.birth.metrics.count_failure(Failure::Synthesis);
                    actor.fail("speech_failed", ctx);
                }
            })));
        }
        self.speaking = Some(speaking);
    }

    pub(super) fn stop_speaking(&mut self, ctx: &mut Context<Self>) {
        let Some(speaking) = &mut self.speaking else { return };
        if let Some(making) = speaking.making.take() {
            ctx.cancel_future(making);
        }
        if speaking.handed.load(Ordering::Acquire) {
            // Answered with what was heard of it.
            self.birth.leg.playout().stop();
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
                let asks = self
                    .speaking
                    .as_ref()
                    .is_some_and(|speaking| speaking.utterance == utterance && speaking.question_clip == Some(index));
                if asks {
                    self.question_started(at_ms, ctx);
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
    fn question_started(&mut self, at_ms: Ms, ctx: &mut Context<Self>) {
        let (Some(timing), Some(asking)) = (self.stopwatch.question_started(at_ms), self.asking) else { return };
        self.birth.metrics.response_latency_seconds.observe(timing.first_audio as f64 / 1000.0);
        debug!(interview = %self.birth.interview_id, ?timing, "turn");
        let record = self.record(self.now(), Event::TurnTimed { asking, timing });
        self.append(vec![record], ctx);
    }
}
