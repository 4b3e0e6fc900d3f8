//! The quality supervisor, which sees every committed event and raises alerts during the call.
//!
//! - `look`: one check of one call: its events go through its monitor, and the findings are stored
//! - `watch`: starts the supervisor, and restarts it when it is lost
//!
//! Owns: a monitor for each live call, which is rebuilt from the log if it is missing, and the
//! periodic checks. Never does: take part in a call, delay the writer of the log, or know a rule
//! (`interview::quality` has them). Its state can be rebuilt from the log and the tables, and
//! repeated writes have no effect, so it may be lost at any time.

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

/// The interval at which edited thresholds are looked for.
const TICK: Duration = Duration::from_secs(1);
/// The interval in ticks at which ended interviews without scores are looked for.
const SWEEP: u64 = 60;
/// The number of interviews in one such search.
const BATCH: u64 = 100;
/// Such interviews ended at most this many days ago.
const SWEPT_DAYS: i64 = 1;
/// The pause before a failed write is repeated.
const AGAIN: Duration = Duration::from_secs(1);
/// A monitor without new events for this long is dropped. It can be rebuilt from the log.
const IDLE: Duration = Duration::from_hours(1);

/// What the supervisor works with.
#[derive(Clone)]
pub struct Parts {
    pub storage: Storage,
    pub metrics: Arc<Metrics>,
    /// The thresholds of the settings, which apply by default.
    pub defaults: Thresholds,
}

/// A request that is answered when everything seen before is judged and stored.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Settle(pub oneshot::Sender<()>);

/// A monitored call.
#[derive(Default)]
struct Watched {
    monitor: Option<Monitor>,
    waiting: Vec<Committed>,
    /// Thresholds were edited, or earlier events have to be read.
    anew: bool,
    /// A check is in progress, or will be repeated.
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
    /// The search for unjudged interviews is in progress.
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

    /// Checks the call, unless a check is in progress.
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
                    // The next event causes the log to be read again.
                    tracing::error!(interview_id = %id, %error, "the quality of a call cannot be judged");
                    self.calls.remove(&id);
                    self.settled();
                    return;
                }
                tracing::warn!(interview_id = %id, %error, "findings cannot be stored yet");
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

    /// Answers the waiting requests if there is nothing left to do.
    fn settled(&mut self) {
        let idle = |call: &Watched| !call.busy && call.waiting.is_empty() && !call.anew;
        if !self.catching && self.calls.values().all(idle) {
            for settled in self.settling.drain(..) {
                // The caller may have given up.
                let _ = settled.send(());
            }
        }
    }

    /// Finds the interviews whose log has to be read again: all unfinished ones at the start, and
    /// later those that ended without scores.
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
                // A monitored call is known up to its last event, unless that event came from
                // outside.
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
                tracing::warn!(%error, "interviews without scores cannot be looked for yet");
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
            // The first value only describes the state before the start.
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
