//! The quality supervisor: sees every event that is committed, and says what is wrong while the call is on.
//!
//! - `look`: one look at one call: events through its monitor, findings into the database
//! - `watch`: has the supervisor started, and started anew when it is lost
//!
//! Owns: a monitor a live call, made from the log when there is none; what is looked at from time to time. Never does: take part
//! in a call, hold up the writer of the log, or know a rule (those are `interview::quality`'s). It keeps nothing that the log
//! and the tables don't bring back, and what it writes twice changes nothing: so it may die at any time.

mod look;
mod watch;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message, WrapFuture as _,
};
use chrono::Utc;
use interview::quality::{Monitor, Thresholds};
use tokio::sync::oneshot;
use uuid::Uuid;

use self::look::{Looked, Work};
use super::persistence::Committed;
use crate::supervised::{HEARTBEAT_INTERVAL, Run};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Failure;
use storage::thresholds::Stamp;
use storage::{Storage, StorageError};

pub use watch::Quality;

/// How often edited thresholds are looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often interviews are looked for that ended without being seen, in ticks.
const SWEEP: u64 = 60;
/// Of so many at a time.
const BATCH: u64 = 100;
/// Ended so long ago at most, in days.
const SWEPT_DAYS: i64 = 1;
/// A write that failed is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// A monitor that nothing has come to for so long is put away: the log brings it back.
const IDLE: Duration = Duration::from_hours(1);

/// What the supervisor works with.
#[derive(Clone)]
pub struct Parts {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    /// The settings', for what nobody has set.
    pub defaults: Thresholds,
}

/// Answered when everything that was seen before is judged and written.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Settle(pub oneshot::Sender<()>);

/// A call under the eye.
#[derive(Default)]
struct Watched {
    monitor: Option<Monitor>,
    waiting: Vec<Committed>,
    /// Thresholds were edited, or there is something to catch up with.
    anew: bool,
    /// A look is under way, or will be tried again.
    busy: bool,
    seen: Option<Instant>,
}

struct Supervisor {
    parts: Parts,
    run: Run,
    calls: HashMap<Uuid, Watched>,
    stamp: Option<Stamp>,
    ticks: u64,
    ticking: bool,
    /// What there is to catch up with is being looked for.
    catching: bool,
    settling: Vec<oneshot::Sender<()>>,
}

impl Supervisor {
    fn new(parts: Parts, run: Run) -> Self {
        Self {
            parts,
            run,
            calls: HashMap::new(),
            stamp: None,
            ticks: 0,
            ticking: false,
            catching: false,
            settling: Vec::new(),
        }
    }

    fn call(&mut self, id: Uuid) -> &mut Watched {
        let call = self.calls.entry(id).or_default();
        call.seen = Some(Instant::now());
        call
    }

    /// Looks at the call, unless that is being done.
    fn look(&mut self, id: Uuid, ctx: &mut Context<Self>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.busy || (call.waiting.is_empty() && !call.anew) {
            return;
        }
        call.busy = true;
        let work = Work {
            id,
            monitor: call.monitor.take(),
            batches: std::mem::take(&mut call.waiting),
            anew: std::mem::take(&mut call.anew),
        };
        let looking = look::look(self.parts.clone(), work);
        ctx.spawn(looking.into_actor(self).map(move |looked, actor, ctx| actor.looked(id, looked, ctx)));
    }

    fn looked(&mut self, id: Uuid, looked: Looked, ctx: &mut Context<Self>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match looked {
            Looked::Done(monitor) => {
                call.busy = false;
                if monitor.as_ref().is_none_or(|monitor| monitor.is_over()) && call.waiting.is_empty() {
                    self.calls.remove(&id);
                } else {
                    call.monitor = monitor.map(|monitor| *monitor);
                    self.look(id, ctx);
                }
            }
            Looked::Failed(work, error) => {
                let Work { monitor, mut batches, anew, .. } = *work;
                self.parts.metrics.count_failure(Failure::Findings);
                if error.is_permanent() {
                    // The next event has it read from the log.
                    tracing::error!(interview_id = %id, %error, "the quality of a call can't be judged");
                    self.calls.remove(&id);
                    self.settled();
                    return;
                }
                tracing::warn!(interview_id = %id, %error, "findings can't be written yet");
                call.monitor = monitor;
                call.anew |= anew;
                batches.append(&mut call.waiting);
                call.waiting = batches;
                ctx.run_later(AGAIN, move |actor, ctx| {
                    if let Some(call) = actor.calls.get_mut(&id) {
                        call.busy = false;
                    }
                    actor.look(id, ctx);
                });
            }
        }
        self.settled();
    }

    /// Tells those who wait that nothing is left to do.
    fn settled(&mut self) {
        let idle = |call: &Watched| !call.busy && call.waiting.is_empty() && !call.anew;
        if !self.catching && self.calls.values().all(idle) {
            for settled in self.settling.drain(..) {
                // Whoever asked may have given up.
                let _ = settled.send(());
            }
        }
    }

    /// What is to be read again from the log: at the start all that is unfinished, later what ended without being seen.
    fn catch_up(&mut self, ctx: &mut Context<Self>, unfinished: bool) {
        self.catching = true;
        let storage = self.parts.storage.clone();
        let find = async move {
            let over = storage.measurements().missing(Utc::now() - chrono::Duration::days(SWEPT_DAYS), BATCH).await?;
            let unfinished = if unfinished { storage.interviews().unfinished().await? } else { Vec::new() };
            Ok::<_, StorageError>((over, unfinished))
        };
        ctx.spawn(find.into_actor(self).map(move |found, actor, ctx| match found {
            Ok((over, unfinished)) => {
                actor.catching = false;
                // What is being watched is known up to its last event, unless that came from outside.
                let unknown = unfinished.into_iter().filter(|id| !actor.calls.contains_key(id)).collect::<Vec<_>>();
                for id in over.into_iter().chain(unknown) {
                    let call = actor.call(id);
                    if !call.busy {
                        (call.monitor, call.anew) = (None, true);
                        actor.look(id, ctx);
                    }
                }
                actor.settled();
            }
            Err(error) => {
                tracing::warn!(%error, "interviews that nobody has judged can't be looked for yet");
                if unfinished {
                    ctx.run_later(AGAIN, move |actor, ctx| actor.catch_up(ctx, unfinished));
                } else {
                    actor.catching = false;
                    actor.settled();
                }
            }
        }));
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.calls.retain(|_, call| call.busy || call.seen.is_none_or(|seen| seen.elapsed() < IDLE));
        if self.ticking {
            return;
        }
        self.ticking = true;
        self.ticks += 1;
        if self.ticks.is_multiple_of(SWEEP) {
            self.catch_up(ctx, false);
        }
        let storage = self.parts.storage.clone();
        let work =
            async move { if storage.reach().is_there() { storage.thresholds().stamp().await.ok() } else { None } };
        ctx.spawn(work.into_actor(self).map(|stamp, actor, ctx| {
            actor.ticking = false;
            if stamp.is_none() || stamp == actor.stamp {
                return;
            }
            // The first one is only what there was before.
            if std::mem::replace(&mut actor.stamp, stamp).is_some() {
                let ids: Vec<Uuid> = actor.calls.keys().copied().collect();
                for id in ids {
                    if let Some(call) = actor.calls.get_mut(&id) {
                        call.anew = true;
                    }
                    actor.look(id, ctx);
                }
            }
        }));
    }
}

impl Actor for Supervisor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.catch_up(ctx, true);
        ctx.run_interval(HEARTBEAT_INTERVAL, |supervisor, ctx| {
            supervisor.run.beat();
            if supervisor.run.is_superseded() {
                ctx.terminate();
            }
        });
        ctx.run_interval(TICK, Self::tick);
    }
}

impl Handler<Committed> for Supervisor {
    type Result = ();

    fn handle(&mut self, committed: Committed, ctx: &mut Self::Context) {
        let id = committed.interview_id;
        self.call(id).waiting.push(committed);
        self.look(id, ctx);
    }
}

impl Handler<Settle> for Supervisor {
    type Result = ();

    fn handle(&mut self, Settle(settled): Settle, _: &mut Self::Context) {
        self.settling.push(settled);
        self.settled();
    }
}
