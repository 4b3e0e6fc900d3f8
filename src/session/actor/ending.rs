//! How a call ends: everything committed, the recording complete, the registry told.
//!
//! Owns: that this happens once. Never does: decide that the interview is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};
use interview::Event;
use interview::io::{CallState, EndStatus, Notice};
use tokio::sync::oneshot;
use tracing::info;

use super::{CallActor, Ending};
use crate::supervisors::Flush;

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
        // Appends of this very moment are queued before the flush: see `feed`.
        let closing = async move {
            leg.close().await;
            let (flushed, done) = oneshot::channel();
            persistence.do_send(Flush(flushed));
            // An error means that the supervisor is gone, and the process with it.
            let _ = done.await;
        };
        ctx.run_later(Duration::ZERO, move |actor, ctx| {
            ctx.spawn(closing.into_actor(actor).map(move |(), actor, ctx| {
                actor.committed = actor.appends;
                actor.release();
                let on_end = std::mem::replace(&mut actor.call.on_end, Box::new(|_| ()));
                on_end(ending);
                ctx.stop();
            }));
        });
    }
}
