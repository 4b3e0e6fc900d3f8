//! How events reach the log, and notices the page: no notice before the events it follows from are committed.
//!
//! Owns: the numbering of the interview's events. Never does: write them (the persistence supervisor does).

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use interview::Event;
use interview::io::{Ms, RecordingFault};
use tracing::error;

use super::CallActor;
use crate::session::leg::Leg;
use crate::supervisors::AppendError;
use crate::telemetry::metrics::Failure;
use storage::EventRecord;

impl CallActor {
    pub(super) fn record(&mut self, at_ms: Ms, event: Event) -> EventRecord {
        self.seq += 1;
        EventRecord { seq: self.seq, at_ms, event, actor: "interview".to_owned() }
    }

    /// Part of the recording is missing: the log says so, once for each reason.
    pub(super) fn recording_incomplete(&mut self, reason: RecordingFault, ctx: &mut Context<Self>) {
        if self.call.recording_faults.contains(&reason) {
            return;
        }
        self.call.recording_faults.push(reason);
        error!(interview = %self.call.interview_id, ?reason, "the recording is incomplete");
        self.call.metrics.count_failure(Failure::Recording);
        let record = self.record(self.now(), Event::RecordingIncomplete { reason });
        self.append(vec![record], ctx);
    }

    /// A leg that another one has taken the place of.
    pub(super) fn close_leg(&mut self, leg: Arc<Leg>, ctx: &mut Context<Self>) {
        let closing = async move { leg.close().await };
        ctx.spawn(closing.into_actor(self).map(|fault, actor, ctx| {
            if let Some(reason) = fault {
                actor.recording_incomplete(reason, ctx);
            }
        }));
    }

    pub(super) fn append(&mut self, records: Vec<EventRecord>, ctx: &mut Context<Self>) {
        // Of a call that is another engine's nothing more is recorded here.
        if records.is_empty() || self.taken_over {
            return;
        }
        self.appends += 1;
        let number = self.appends;
        let committed = self.call.persistence.append(self.call.interview_id, Some(self.call.fence), records);
        ctx.spawn(committed.into_actor(self).map(move |result, actor, ctx| {
            // While the database is away the answer waits and the events are spooled. This is worse than that.
            let problem = match result {
                Ok(Ok(())) => {
                    actor.committed = actor.committed.max(number);
                    actor.release();
                    return;
                }
                Ok(Err(AppendError::TakenOver)) => {
                    actor.taken_over(ctx);
                    return;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the engine has stopped".to_owned(),
            };
            error!(interview = %actor.call.interview_id, problem, "events could not be kept");
            actor.refused = Some(actor.refused.map_or(number, |earlier| earlier.min(number)));
            actor.fail("storage_failed", ctx);
        }));
    }

    /// Publishes the notices whose events are committed. Those that follow from events which the log does not take are never
    /// published.
    pub(super) fn release(&mut self) {
        let refused = self.refused.unwrap_or(u64::MAX);
        while self.held.front().is_some_and(|(after, _, _)| *after <= self.committed && *after < refused) {
            if let Some((_, at_ms, notice)) = self.held.pop_front() {
                self.call.page.publish(at_ms, notice);
            }
        }
    }
}
