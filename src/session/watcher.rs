//! Watches the actors of live calls: one that died, or whose thread froze, is replaced from its event log.
//!
//! Owns: the judgement that an actor is gone. actix's own supervisor does not see panics, and nobody sees a freeze.
//! Never does: save a call whose connection is gone (the respondent's client comes back by itself).

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tracing::{error, info};
use uuid::Uuid;

use super::leg::{Leg, LegState};
use super::registry::{Live, Registry};
use super::threads::BEAT;
use crate::supervised::{Heartbeat, Part, Stack, looping};
use crate::telemetry::metrics::Failure;

/// Heartbeats that a thread of calls may miss before it counts as frozen.
const MISSED: u32 = 5;
/// Calls that are taken up again at the same time. Each waits for the database.
const REPLACED_AT_ONCE: usize = 16;

const PART: Part = Part::new("call_watcher");

/// Starts the part that looks after every live call. Needs a running actix system.
///
/// # Errors
/// The system's, when it has no thread left.
pub fn start(stack: &mut Stack, registry: Registry) -> io::Result<()> {
    stack.supervise(PART, looping(PART.name, move |heartbeat| watch(registry.clone(), heartbeat)))?;
    Ok(())
}

async fn watch(registry: Registry, heartbeat: Arc<Heartbeat>) {
    let mut seen = HashMap::new();
    loop {
        heartbeat.pause(BEAT).await;
        for leg in deaf(&registry) {
            heartbeat.during(leg.close()).await;
        }
        let mut suspects = suspects(&registry);
        for thread in frozen(&registry, &mut seen) {
            suspects.extend(abandon(&registry, thread).into_iter().map(|id| (id, Failure::Frozen)));
        }
        let replacing = stream::iter(suspects).map(|(id, reason)| replace(&registry, id, reason));
        heartbeat.during(replacing.buffer_unordered(REPLACED_AT_ONCE).collect::<()>()).await;
        registry.sweep_pages();
    }
}

/// Threads that have missed too many heartbeats. `seen` has each thread's count at the last look, and how often it has
/// been the same.
fn frozen(registry: &Registry, seen: &mut HashMap<u64, (u64, u32)>) -> Vec<u64> {
    let threads = registry.shared.threads.all();
    seen.retain(|number, _| threads.iter().any(|thread| thread.number == *number));
    let mut frozen = Vec::new();
    for thread in &threads {
        let beats = thread.beats();
        let (last, missed) = seen.entry(thread.number).or_insert((beats, 0));
        *missed = if beats == *last { *missed + 1 } else { 0 };
        *last = beats;
        if *missed >= MISSED {
            frozen.push(thread.number);
        }
    }
    frozen
}

/// Leaves a frozen thread behind. Returns the calls on it.
fn abandon(registry: &Registry, thread: u64) -> Vec<Uuid> {
    let live = registry.shared.live.lock();
    let calls = live.iter().filter(|(_, call)| call.seat.thread() == thread);
    let calls: Vec<Uuid> = calls.inspect(|(_, call)| call.superseded.cancel()).map(|(id, _)| *id).collect();
    drop(live);
    error!(thread, calls = calls.len(), "a thread of calls is frozen: it is left behind");
    registry.shared.threads.leave(thread);
    registry.shared.parts.metrics.call_threads_left_total.inc();
    calls
}

fn suspects(registry: &Registry) -> Vec<(Uuid, Failure)> {
    let live = registry.shared.live.lock();
    let suspect = |(&id, call): (&Uuid, &Live)| {
        let lost = call.leg.listening().take_loss();
        if !call.addr.connected() {
            return Some((id, Failure::Panicked));
        }
        // Nobody knows what was being said: the same question is put again.
        lost.then_some((id, Failure::Endpointing))
    };
    live.iter().filter_map(suspect).collect()
}

/// Legs on which nothing more will be heard. Their calls end, and can be taken up again over others.
fn deaf(registry: &Registry) -> Vec<Arc<Leg>> {
    let live = registry.shared.live.lock();
    let deaf = |leg: &&Arc<Leg>| leg.listening().is_deaf() && leg.state() != LegState::Gone;
    live.values().map(|call| &call.leg).filter(deaf).cloned().collect()
}

async fn replace(registry: &Registry, id: Uuid, reason: Failure) {
    let parts = &registry.shared.parts;
    {
        let live = registry.shared.live.lock();
        let Some(call) = live.get(&id) else { return };
        // Should it thaw: it must not write or speak any more.
        call.superseded.cancel();
        call.leg.hush();
    }
    error!(interview = %id, ?reason, "actor lost: taking up the call from its log");
    parts.metrics.count_failure(reason);
    // What the old actor had handed over is committed before the log is read.
    let _ = tokio::time::timeout(Duration::from_secs(5), parts.persistence.flush_interview(id)).await;
    // Read now: the respondent may have come back over another leg meanwhile.
    let (leg, call_id, clock) = {
        let live = registry.shared.live.lock();
        let Some(call) = live.get(&id) else { return };
        (Arc::clone(&call.leg), call.call_id.clone(), call.clock)
    };
    if let Err(error) = registry.start(id, Arc::clone(&leg), call_id, clock).await {
        error!(interview = %id, %error, "could not take up the call again");
        leg.close().await;
        registry.forget(id);
    } else {
        info!(interview = %id, "call taken up again");
    }
}
