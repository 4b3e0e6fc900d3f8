//! How a call ends: everything committed, the recording complete, the registry told.
//!
//! Owns: that this happens once. Never does: decide that the interview is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};
use interview::Event;
use interview::io::{CallState, EndStatus, Notice};
use tracing::{info, warn};

use super::{CallActor, Ending};

impl CallActor {
    /// A part that the call can't do without has failed: say so in the log and end.
    pub(super) fn fail(&mut self, reason: &str, ctx: &mut Context<Self>) {
        if self.over || self.is_superseded(ctx) {
            return;
        }
        let now = self.now();
        let ended = Event::Ended { status: EndStatus::Failed, reason: Some(reason.to_owned()) };
        let record = self.record(now, ended);
        self.append(vec![record], ctx);
        self.call.page.publish(
            now,
            Notice::Error {
                title: "The call broke down".into(),
                detail: "A part of the engine failed. What you said so far is kept.".into(),
                call_id: None,
            },
        );
        self.call.page.publish(now, Notice::state(CallState::Ended));
        self.finish(Ending::Over, ctx);
    }

    /// Another engine has taken the call. What this one has not appended by now is kept beside the log (persistence sees to
    /// it), and the call ends here without another event.
    pub(super) fn taken_over(&mut self, ctx: &mut Context<Self>) {
        if self.over || self.is_superseded(ctx) {
            return;
        }
        warn!(interview = %self.call.interview_id, "another engine has taken the call");
        self.taken_over = true;
        // Nothing more is told that follows from events which may not be in the log.
        self.refused = Some(self.committed + 1);
        (self.call.on_taken_over)();
        self.finish(Ending::Interrupted, ctx);
    }

    /// Ends the call once everything is committed; the last words have been played.
    pub(super) fn finish(&mut self, ending: Ending, ctx: &mut Context<Self>) {
        if self.over || self.is_superseded(ctx) {
            return;
        }
        self.over = true;
        let missed = self.call.leg.stats().deadline_misses.load(Ordering::Relaxed);
        self.call.metrics.playout_deadline_misses_total.inc_by(missed);
        info!(interview = %self.call.interview_id, ?ending, missed_playout_deadlines = missed, "call over");
        let (leg, persistence) = (Arc::clone(&self.call.leg), self.call.persistence.clone());
        let interview_id = self.call.interview_id;
        // Appends of this very moment are queued before the flush: see `feed`.
        let closing = async move { leg.close().await };
        // An error means that the engine has stopped.
        let flushing = async move { drop(persistence.flush_interview(interview_id).await) };
        ctx.run_later(Duration::ZERO, move |actor, ctx| {
            let closed = closing.into_actor(actor).map(|fault, actor, ctx| {
                if let Some(reason) = fault {
                    actor.recording_incomplete(reason, ctx);
                }
            });
            let flushed = closed.then(move |(), actor, _| flushing.into_actor(actor));
            ctx.spawn(flushed.map(move |(), actor, ctx| {
                actor.committed = actor.appends;
                actor.release();
                let on_end = std::mem::replace(&mut actor.call.on_end, Box::new(|_| ()));
                on_end(ending);
                ctx.stop();
            }));
        });
    }
}
