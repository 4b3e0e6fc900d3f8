//! The models that are asked at a pause, and the way of their answers to the interview.
//!
//! Owns: nothing; both run at once, outside the actor. Never does: weigh the answers.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use interview::io::{Input, Ms, PauseId, Rejection, Transcript};
use tracing::{error, warn};

use super::CallActor;
use crate::telemetry::metrics::Failure;

impl CallActor {
    pub(super) fn transcribe(&mut self, now: Ms, pause: PauseId, ctx: &mut Context<Self>) {
        self.stopwatch.transcribe_asked(now);
        let leg = Arc::clone(&self.call.leg);
        let language = self.call.interview.guide().language.clone();
        let metrics = Arc::clone(&self.call.metrics);
        let work = async move {
            let started = std::time::Instant::now();
            let transcript = leg.transcribe(&language).await;
            metrics.stt_latency_seconds.observe(started.elapsed().as_secs_f64());
            transcript
        };
        ctx.spawn(work.into_actor(self).map(move |result, actor, ctx| {
            let transcript = result.unwrap_or_else(|error| {
                error!(interview = %actor.call.interview_id, %error, "speech could not be transcribed");
                actor.call.metrics.count_failure(Failure::Transcription);
                Transcript { words: Vec::new(), rejected: Some(Rejection::Failed) }
            });
            actor.stopwatch.transcribed(actor.now());
            actor.feed(Input::Transcribed { pause, transcript }, ctx);
        }));
    }

    /// The words so far, while speech goes on; how long that takes is no figure of any turn.
    pub(super) fn transcribe_so_far(&mut self, look: PauseId, ctx: &mut Context<Self>) {
        let leg = Arc::clone(&self.call.leg);
        let language = self.call.interview.guide().language.clone();
        let work = async move { leg.transcribe(&language).await };
        ctx.spawn(work.into_actor(self).map(move |result, actor, ctx| {
            let transcript = result.unwrap_or_else(|error| {
                warn!(interview = %actor.call.interview_id, %error, "speech over ours could not be transcribed");
                actor.call.metrics.count_failure(Failure::Transcription);
                Transcript { words: Vec::new(), rejected: Some(Rejection::Failed) }
            });
            actor.tell_level(ctx);
            actor.feed(Input::TranscribedSoFar { look, transcript }, ctx);
        }));
    }

    /// How loud they speak, before what depends on it.
    pub(super) fn tell_level(&mut self, ctx: &mut Context<Self>) {
        if let Some(db) = self.call.leg.speech_level() {
            self.feed(Input::SpeechLevel { db }, ctx);
        }
    }

    /// Sentences as vectors; without an encoder, only what is certain is understood.
    pub(super) fn embed(&mut self, pause: PauseId, texts: Vec<String>, ctx: &mut Context<Self>) {
        let engines = Arc::clone(&self.call.engines);
        let work = async move { engines.encode(texts).await };
        ctx.spawn(work.into_actor(self).map(move |vectors, actor, ctx| {
            actor.feed(Input::Embedded { pause, vectors }, ctx);
        }));
    }

    pub(super) fn judge(&mut self, pause: PauseId, ctx: &mut Context<Self>) {
        let Some(samples) = self.call.leg.turn_samples() else { return };
        let engines = Arc::clone(&self.call.engines);
        let work = async move { engines.turn.probability(samples).await };
        ctx.spawn(work.into_actor(self).map(move |result, actor, ctx| match result {
            Ok(probability) => actor.feed(Input::TurnJudged { pause, probability }, ctx),
            // The policy has its timeouts: a missing judgement only makes it more patient.
            Err(error) => {
                warn!(interview = %actor.call.interview_id, %error, "turn could not be judged");
                actor.call.metrics.count_failure(Failure::Judgement);
            }
        }));
    }
}
