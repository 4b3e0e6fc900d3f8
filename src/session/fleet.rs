//! This engine's calls among those of a fleet.
//!
//! Owns: renewing our claims while calls are on, giving them up when they have ended, letting go of a call that another engine
//! is to take over; telling the fleet what our calls' pages are told and doing what was asked elsewhere; pages that are open here
//! while their calls are on other engines. Never does: decide who may join (`calls.rs` does).

use std::collections::HashSet;
use std::time::Duration;

use interview::io::{Command, Notice};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use tracing::info;
use uuid::Uuid;

use super::actor::Order;
use super::page::Page;
use super::registry::Registry;
use crate::api::{NotLive, PageMessage};
use crate::fleet::calls::RENEW_EVERY;
use crate::fleet::sessions::Told;
use crate::fleet::{Fleet, Holder};

/// How often a page whose call is elsewhere looks for news: captions come this much later than with the call.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);

/// What an engine without the call was asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    Command(Command),
    /// This call, and no later one.
    HangUp(String),
}

/// Until it is dropped.
pub async fn keep(registry: Registry, fleet: Fleet) {
    let mut ours: HashSet<Uuid> = HashSet::new();
    let mut let_go: HashSet<Uuid> = HashSet::new();
    loop {
        let changed = registry.shared.changed.notified();
        let live: HashSet<Uuid> = registry.shared.live.lock().keys().copied().collect();
        for ended in ours.difference(&live) {
            fleet.holders.leave(*ended).await;
        }
        for begun in live.difference(&ours) {
            tokio::spawn(tell(registry.clone(), fleet.clone(), *begun));
        }
        let_go.retain(|interview| live.contains(interview));
        for interview in &live {
            if !let_go.contains(interview) && fleet.holders.renew(*interview).await {
                let_go.insert(*interview);
                hand_over(&registry, *interview);
            }
            for asked in fleet.sessions.asked(*interview).await {
                carry_out(&registry, *interview, &asked);
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

fn carry_out(registry: &Registry, interview: Uuid, asked: &str) {
    let call = {
        let live = registry.shared.live.lock();
        live.get(&interview).map(|call| (call.addr.clone(), call.call_id.clone()))
    };
    // Another version of the engine may ask for what this one does not know.
    let (Some((addr, call_id)), Ok(asked)) = (call, serde_json::from_str(asked)) else { return };
    match asked {
        Asked::Command(command) => addr.do_send(Order::Command(command)),
        Asked::HangUp(of) if of == call_id => addr.do_send(Order::HangUp),
        Asked::HangUp(_) => {}
    }
}

/// Tells the fleet what the call's pages are told, until the call is not here any more.
async fn tell(registry: Registry, fleet: Fleet, interview: Uuid) {
    let page = registry.page(interview);
    let mut last = page.relayed();
    loop {
        let (missed, mut live) = page.subscribe(Some(last));
        for message in missed {
            last = message.seq;
            publish(&fleet, interview, &message).await;
        }
        loop {
            let changed = registry.shared.changed.notified();
            let here = registry.is_busy(interview);
            let message = if here {
                tokio::select! {
                    message = live.recv() => message,
                    () = changed => continue,
                }
            } else {
                // What was said last is there already.
                match live.try_recv() {
                    Ok(message) => Ok(message),
                    Err(_) => return,
                }
            };
            match message {
                Ok(message) => {
                    last = message.seq;
                    publish(&fleet, interview, &message).await;
                }
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
    }
}

async fn publish(fleet: &Fleet, interview: Uuid, message: &PageMessage) {
    // These values always serialise.
    let Ok(text) = serde_json::to_string(message) else { return };
    let told = Told { seq: message.seq, replaces: message.replaces, text };
    // It is lost for pages on other engines; this engine's have it, and the transcript.
    let _ = fleet.sessions.tell(interview, &told).await;
}

/// Puts into the page what other engines, or this one before it died, told.
pub(super) async fn recall(fleet: &Fleet, interview: Uuid, page: &Page) {
    let texts = fleet.sessions.after(interview, page.relayed()).await.unwrap_or_default();
    for message in texts.iter().filter_map(|text| serde_json::from_str(text).ok()) {
        page.relay(message);
    }
}

/// Keeps a page up to date whose call is on another engine, for as long as somebody looks at it.
pub(super) fn follow(registry: &Registry, interview: Uuid, page: Page) {
    let Some(fleet) = registry.shared.parts.fleet.clone() else { return };
    if !page.begin_following() {
        return;
    }
    let registry = registry.clone();
    tokio::spawn(async move {
        loop {
            if !page.is_watched() {
                page.end_following();
                // Somebody may have come just now, and found us following.
                if !page.is_watched() || !page.begin_following() {
                    return;
                }
            }
            if !registry.is_busy(interview) {
                recall(&fleet, interview, &page).await;
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    });
}

impl Registry {
    /// Has it done by the engine that holds the call.
    pub(super) async fn ask_elsewhere(&self, interview: Uuid, asked: &Asked) -> Result<(), NotLive> {
        let Some(fleet) = &self.shared.parts.fleet else { return Err(NotLive) };
        if !matches!(fleet.holders.holder(interview).await, Holder::Other(_)) {
            return Err(NotLive);
        }
        let text = serde_json::to_string(asked).map_err(|_| NotLive)?;
        fleet.sessions.ask(interview, &text).await.map_err(|_| NotLive)
    }
}
