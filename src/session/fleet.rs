//! This engine's calls among those of a fleet.
//!
//! Owns: renewing our claims while calls are on, giving them up when they have ended, letting go of a call that another engine
//! is to take over; telling the fleet what our calls' pages are told and doing what was asked elsewhere; pages that are open here
//! while their calls are on other engines. Never does: decide who may join (`calls.rs` does).

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use interview::io::{Command, Notice};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::task::AbortOnDropHandle;
use tracing::info;
use uuid::Uuid;

use super::actor::Control;
use super::page::Page;
use super::recall::recall;
use super::registry::Registry;
use crate::calls::{NotLive, PageMessage};
use crate::fleet::calls::RENEW_EVERY;
use crate::fleet::sessions::Told;
use crate::fleet::{Fleet, Holder, RedisError};
use crate::supervised::{Heartbeat, Part, Stack, looping};

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

const PART: Part = Part::new("fleet");

/// Starts the part that renews our claims.
///
/// # Errors
/// The system's, when it has no thread left.
pub fn start(stack: &mut Stack, registry: Registry, fleet: Fleet) -> io::Result<()> {
    let body = move |heartbeat| keep(registry.clone(), fleet.clone(), heartbeat);
    stack.supervise(PART, looping(PART.name, body))?;
    Ok(())
}

async fn keep(registry: Registry, fleet: Fleet, heartbeat: Arc<Heartbeat>) {
    let mut ours: HashSet<Uuid> = HashSet::new();
    let mut let_go: HashSet<Uuid> = HashSet::new();
    // Another run of this part has others.
    let mut tellers: HashMap<Uuid, AbortOnDropHandle<()>> = HashMap::new();
    loop {
        heartbeat.beat();
        let changed = registry.shared.changed.notified();
        let live: HashSet<Uuid> = registry.shared.live.lock().keys().copied().collect();
        for ended in ours.difference(&live) {
            fleet.holders.leave(*ended).await;
        }
        // Not by what has changed: a call may have ended and begun again meanwhile.
        tellers.retain(|_, teller| !teller.is_finished());
        for interview in &live {
            let begin = || AbortOnDropHandle::new(tokio::spawn(tell(registry.clone(), fleet.clone(), *interview)));
            tellers.entry(*interview).or_insert_with(begin);
        }
        let_go.retain(|interview| live.contains(interview));
        for interview in &live {
            heartbeat.beat();
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
    addr.do_send(Control::Drain);
}

fn carry_out(registry: &Registry, interview: Uuid, asked: &str) {
    let call = {
        let live = registry.shared.live.lock();
        live.get(&interview).map(|call| (call.addr.clone(), call.call_id.clone()))
    };
    // Another version of the engine may ask for what this one does not know.
    let (Some((addr, call_id)), Ok(asked)) = (call, serde_json::from_str(asked)) else { return };
    match asked {
        Asked::Command(command) => addr.do_send(Control::Command(command)),
        Asked::HangUp(of) if of == call_id => addr.do_send(Control::HangUp),
        Asked::HangUp(_) => {}
    }
}

/// Tells the fleet what the call's pages are told, until the call is not here any more.
async fn tell(registry: Registry, fleet: Fleet, interview: Uuid) {
    let page = registry.page(interview);
    let mut last = page.relayed();
    'anew: loop {
        let (missed, mut live) = page.subscribe(Some(last));
        let mut waiting: VecDeque<PageMessage> = missed.into();
        loop {
            while let Some(message) = waiting.pop_front() {
                if message.seq <= last {
                    continue;
                }
                if publish(&fleet, interview, &message).await {
                    last = message.seq;
                    continue;
                }
                // Redis is away: all of it again when it may be back, unless there is nobody left to tell.
                if !registry.is_live(interview) {
                    return;
                }
                tokio::time::sleep(RENEW_EVERY).await;
                continue 'anew;
            }
            let changed = registry.shared.changed.notified();
            if registry.is_live(interview) {
                tokio::select! {
                    message = live.recv() => match message {
                        Ok(message) => waiting.push_back(message),
                        Err(RecvError::Lagged(_)) => continue 'anew,
                        Err(RecvError::Closed) => return,
                    },
                    () = changed => {}
                }
                continue;
            }
            // The call is over: what was said last is there already.
            match live.try_recv() {
                Ok(message) => waiting.push_back(message),
                Err(TryRecvError::Lagged(_)) => continue 'anew,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }
}

/// False when Redis can't be asked now. What it refuses (a number that is not newer) is not worth another try.
async fn publish(fleet: &Fleet, interview: Uuid, message: &PageMessage) -> bool {
    // These values always serialise.
    let Ok(text) = serde_json::to_string(message) else { return true };
    let told = Told { seq: message.seq, replaces: message.replaces, text };
    !matches!(fleet.sessions.tell(interview, &told).await, Err(RedisError::Away))
}

/// Keeps a page up to date whose call is on another engine, for as long as somebody looks at it.
pub(super) fn follow(registry: &Registry, interview: Uuid, page: Page) {
    let Some(fleet) = registry.shared.parts.fleet.clone() else { return };
    if !page.begin_following() {
        return;
    }
    let registry = registry.clone();
    tokio::spawn(async move {
        while registry.has_page(interview, &page) {
            if !page.is_watched() {
                page.end_following();
                // Somebody may have come just now, and found us following.
                if !page.is_watched() || !page.begin_following() {
                    return;
                }
            }
            if !registry.is_busy(interview) && !recall(&fleet, interview, &page).await {
                registry.drop_pages(&[interview]);
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
