//! How events reach the log, and notices the page: no notice before the events it follows from are committed.
//!
//! Owns: the numbering of the interview's events. Never does: write them (the persistence supervisor does).

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use interview::Event;
use interview::io::Ms;
use tokio::sync::oneshot;
use tracing::error;

use super::CallActor;
use crate::supervisors::Append;
use storage::EventRecord;

impl CallActor {
    pub(super) fn record(&mut self, at_ms: Ms, event: Event) -> EventRecord {
        self.seq += 1;
        EventRecord { seq: self.seq, at_ms, event, actor: "interview".to_owned() }
    }

    pub(super) fn append(&mut self, records: Vec<EventRecord>, ctx: &mut Context<Self>) {
        if records.is_empty() {
            return;
        }
        self.appends += 1;
        let number = self.appends;
        let (reply, committed) = oneshot::channel();
        self.call.persistence.do_send(Append { interview_id: self.call.interview_id, records, reply });
        ctx.spawn(committed.into_actor(self).map(move |result, actor, ctx| {
            // While the database is away the answer waits and the events are spooled; this is worse than that.
            let problem = match result {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("the persistence supervisor is gone".to_owned()),
            };
            if let Some(problem) = problem {
                error!(interview = %actor.call.interview_id, problem, "events could not be kept");
                actor.fail("storage_failed", ctx);
            }
            actor.committed = actor.committed.max(number);
            actor.release();
        }));
    }

    /// Publishes the notices whose events are committed.
    pub(super) fn release(&mut self) {
        while self.held.front().is_some_and(|(after, _, _)| *after <= self.committed) {
            if let Some((_, at_ms, notice)) = self.held.pop_front() {
                self.call.page.publish(at_ms, notice);
            }
        }
    }
}
