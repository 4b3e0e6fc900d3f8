//! This engine's calls among those of a fleet.
//!
//! Owns: renewing our claims while calls are on, giving them up when they have ended, letting go of a call that another engine
//! is to take over. Never does: decide who may join (`calls.rs` does).

use std::collections::HashSet;

use interview::io::Notice;
use tracing::info;
use uuid::Uuid;

use super::actor::Order;
use super::registry::Registry;
use crate::fleet::Holders;
use crate::fleet::calls::RENEW_EVERY;

/// Until it is dropped.
pub async fn keep(registry: Registry, holders: Holders) {
    let mut ours: HashSet<Uuid> = HashSet::new();
    let mut let_go: HashSet<Uuid> = HashSet::new();
    loop {
        let changed = registry.shared.changed.notified();
        let live: HashSet<Uuid> = registry.shared.live.lock().keys().copied().collect();
        for ended in ours.difference(&live) {
            holders.leave(*ended).await;
        }
        let_go.retain(|interview| live.contains(interview));
        for interview in &live {
            if !let_go.contains(interview) && holders.renew(*interview).await {
                let_go.insert(*interview);
                hand_over(&registry, *interview);
            }
        }
        ours = live;
        tokio::select! {
            () = changed => {}
            () = tokio::time::sleep(RENEW_EVERY) => {}
        }
    }
}

/// The call goes on elsewhere: what was said here is committed, and the connection ends.
fn hand_over(registry: &Registry, interview: Uuid) {
    let call = {
        let live = registry.shared.live.lock();
        live.get(&interview).map(|call| (call.addr.clone(), call.call_id.clone(), call.clock))
    };
    let Some((addr, call_id, clock)) = call else { return };
    info!(%interview, "another engine takes the call over");
    let notice = Notice::Error {
        title: "Taken over".into(),
        detail: "The call goes on in another window or on another device.".into(),
        call_id: Some(call_id),
    };
    registry.page(interview).publish(clock.now_ms(), notice);
    addr.do_send(Order::Drain);
}
