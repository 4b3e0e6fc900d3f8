//! Watches the actors of live calls: one that died or froze is replaced from its event log.
//!
//! Owns: the judgement that an actor is gone. actix's own supervisor does not see panics, and nobody sees a freeze.
//! Never does: save a call whose connection is gone (the respondent's client comes back by itself).

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};
use uuid::Uuid;

use super::leg::{Leg, LegState};
use super::registry::Registry;
use crate::supervised::{HEARTBEAT_INTERVAL, Heartbeat, Part, Stack, looping};
use crate::telemetry::metrics::Failure;

/// Heartbeats an actor may miss before it counts as frozen (its handlers never block longer than milliseconds).
const MISSED: u32 = 6;

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
    let mut seen: HashMap<Uuid, (u64, u32)> = HashMap::new();
    loop {
        heartbeat.pause(HEARTBEAT_INTERVAL).await;
        for leg in deaf(&registry) {
            heartbeat.during(leg.close()).await;
        }
        for (id, reason) in suspects(&registry, &mut seen) {
            heartbeat.during(replace(&registry, id, reason)).await;
            seen.remove(&id);
        }
        registry.sweep_pages();
    }
}

fn suspects(registry: &Registry, seen: &mut HashMap<Uuid, (u64, u32)>) -> Vec<(Uuid, Failure)> {
    let live = registry.shared.live.lock();
    seen.retain(|id, _| live.contains_key(id));
    let mut found = Vec::new();
    for (&id, call) in live.iter() {
        let beats = call.heartbeat.beats();
        let (last, missed) = seen.entry(id).or_insert((beats, 0));
        *missed = if beats == *last { *missed + 1 } else { 0 };
        *last = beats;
        let lost = call.leg.listening().take_loss();
        if !call.addr.connected() {
            found.push((id, Failure::Panicked));
        } else if *missed >= MISSED {
            found.push((id, Failure::Frozen));
        } else if lost {
            // Nobody knows what was being said: the same question is put again.
            found.push((id, Failure::Endpointing));
        }
    }
    found
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
        // Should it thaw: it must not write or speak any more. Its thread ends with it.
        call.heartbeat.supersede();
        call.arbiter.stop();
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
