//! This engine's calls among those of all engines of the database.
//!
//! Owns: renewing the leases of calls while they are on, releasing them when the calls have ended, handing a call over to
//! another engine that asks for it, ending a call that another engine has taken; carrying out what was asked at other
//! engines; telling these, where there is a Redis, what the pages of the calls are told; pages that are open here while their
//! calls are on other engines. Never does: decide who may join (`calls.rs` does).

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use interview::io::{Command, Notice};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::actor::Control;
use super::page::Page;
use super::recall::recall;
use super::registry::Registry;
use crate::calls::{NotLive, PageMessage};
use crate::fleet::leases::{LOOK_EVERY, RENEW_EVERY};
use crate::fleet::sessions::Told;
use crate::fleet::{RedisError, Sessions};
use crate::supervised::{Heartbeat, Part, Stack, looping};
use storage::StorageError;

/// How often a page whose call is elsewhere looks for news: captions come this much later than with the call.
const FOLLOW_EVERY: Duration = Duration::from_millis(200);
/// How long somebody waits until the lease of a call that has ended is released, and how often it is looked at.
const RELEASED: Duration = Duration::from_secs(3);
const RELEASED_AGAIN: Duration = Duration::from_millis(10);
/// How long pages wait for Redis before they are told again.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// What the engine that holds a call is asked for by another one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Asked {
    Command(Command),
    /// This call, and no later one.
    HangUp(String),
    /// The respondent has come to another engine: commit what was said, and let go.
    HandOver,
}

impl Asked {
    /// As it stands in the lease.
    pub(super) fn hand_over() -> Value {
        Value::from("hand_over")
    }
}

/// What the page of a call is told that goes on elsewhere.
pub(super) fn taken_over(call_id: String) -> Notice {
    Notice::Error {
        title: "Taken over".into(),
        detail: "The call goes on in another window or on another device.".into(),
        call_id: Some(call_id),
    }
}

const PART: Part = Part::new("call_leases");

/// Starts the part that looks after the leases of calls.
///
/// # Errors
/// The system's, when it has no thread left.
pub fn start(stack: &mut Stack, registry: Registry) -> io::Result<()> {
    let body = move |heartbeat| keep(registry.clone(), heartbeat);
    stack.supervise(PART, looping(PART.name, body))?;
    Ok(())
}

/// What a run of the part keeps from round to round.
struct Rounds {
    registry: Registry,
    renewed: Instant,
    looked: Instant,
    /// Calls that are being handed over, with the numbers under which this engine holds them.
    let_go: HashSet<(Uuid, i64)>,
    away: bool,
    uncertain: bool,
}

async fn keep(registry: Registry, heartbeat: Arc<Heartbeat>) {
    let parts = &registry.shared.parts;
    // Another run of this part has others.
    let mut tellers: HashMap<Uuid, AbortOnDropHandle<()>> = HashMap::new();
    let now = Instant::now();
    let mut rounds = Rounds {
        registry: registry.clone(),
        renewed: now,
        looked: now,
        let_go: HashSet::new(),
        away: false,
        uncertain: false,
    };
    loop {
        let changed = registry.shared.changed.notified();
        if let Some(sessions) = &parts.sessions {
            let live: Vec<Uuid> = registry.shared.live.lock().keys().copied().collect();
            // Not by what has changed: a call may have ended and begun again meanwhile.
            tellers.retain(|_, teller| !teller.is_finished());
            for interview in live {
                let tell = || tell(registry.clone(), sessions.clone(), interview);
                tellers.entry(interview).or_insert_with(|| AbortOnDropHandle::new(tokio::spawn(tell())));
            }
        }
        let round = heartbeat.during(Box::pin(rounds.round())).await;
        rounds.note(&round);
        // Whichever comes first.
        let _ = heartbeat.during(tokio::time::timeout(parts.leases.pause(), changed)).await;
    }
}

impl Rounds {
    async fn round(&mut self) -> Result<(), StorageError> {
        let registry = self.registry.clone();
        let parts = &registry.shared.parts;
        let leases = &parts.leases;
        for interview in leases.lost() {
            registry.lose(interview);
        }
        if !parts.storage.reach().is_there() {
            return Err(StorageError::Away);
        }
        if self.renewed.elapsed() >= RENEW_EVERY {
            leases.renew().await?;
            self.renewed = Instant::now();
        }
        leases.release(|interview| parts.persistence.has_waiting(interview)).await?;
        if self.looked.elapsed() >= LOOK_EVERY || leases.is_told().await {
            self.looked = Instant::now();
            for asked in leases.asked().await? {
                for order in asked.orders {
                    self.carry_out(asked.interview_id, asked.fence, order);
                }
            }
        }
        self.let_go.retain(|(interview, fence)| leases.fence(*interview) == Some(*fence));
        Ok(())
    }

    /// Says in the log what has changed.
    fn note(&mut self, round: &Result<(), StorageError>) {
        match round {
            Ok(()) if self.away => info!("leases of calls are looked after again"),
            Err(error) if !self.away => warn!(%error, "leases of calls can't be looked after now"),
            _ => {}
        }
        let calls = self.registry.shared.parts.leases.uncertain();
        if calls > 0 && !self.uncertain {
            error!(calls, "leases could not be renewed in time: another engine may take these calls");
        }
        (self.away, self.uncertain) = (round.is_err(), calls > 0);
    }

    fn carry_out(&mut self, interview: Uuid, fence: i64, order: Value) {
        let registry = &self.registry;
        // What was asked of an earlier call is not meant for this one.
        if registry.shared.parts.leases.fence(interview) != Some(fence) {
            return;
        }
        let call = {
            let live = registry.shared.live.lock();
            live.get(&interview).map(|call| (call.addr.clone(), call.call_id.clone()))
        };
        // Another version of the engine may ask for what this one does not know.
        let (Some((addr, call_id)), Ok(asked)) = (call, serde_json::from_value(order)) else { return };
        match asked {
            Asked::Command(command) => addr.do_send(Control::Command(command)),
            Asked::HangUp(of) if of == call_id => addr.do_send(Control::HangUp),
            Asked::HangUp(_) => {}
            Asked::HandOver => {
                if self.let_go.insert((interview, fence)) {
                    info!(%interview, "another engine takes the call over");
                    registry.tell_taken_over(interview);
                    addr.do_send(Control::Drain);
                }
            }
        }
    }
}

/// Tells other engines what the call's pages are told, until the call is no longer here.
async fn tell(registry: Registry, sessions: Sessions, interview: Uuid) {
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
                if publish(&sessions, interview, &message).await {
                    last = message.seq;
                    continue;
                }
                // Redis is away: all of it again when it may be back, unless there is nobody left to tell.
                if !registry.is_live(interview) {
                    return;
                }
                tokio::time::sleep(TELL_AGAIN).await;
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
async fn publish(sessions: &Sessions, interview: Uuid, message: &PageMessage) -> bool {
    // These values always serialise.
    let Ok(text) = serde_json::to_string(message) else { return true };
    let told = Told { seq: message.seq, replaces: message.replaces, text };
    !matches!(sessions.tell(interview, &told).await, Err(RedisError::Away))
}

/// Keeps a page up to date whose call is on another engine, for as long as somebody looks at it.
pub(super) fn follow(registry: &Registry, interview: Uuid, page: Page) {
    let Some(sessions) = registry.shared.parts.sessions.clone() else { return };
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
            if !registry.is_busy(interview) && !recall(&sessions, interview, &page).await {
                registry.drop_pages(&[interview]);
            }
            tokio::time::sleep(FOLLOW_EVERY).await;
        }
    });
}

impl Registry {
    /// Has it done by the engine that holds the call.
    pub(super) async fn ask_elsewhere(&self, interview: Uuid, asked: &Asked) -> Result<(), NotLive> {
        let order = serde_json::to_value(asked).map_err(|_| NotLive)?;
        let leases = &self.shared.parts.leases;
        // Whoever finds no call may write into the log: a call that has just ended here is released by then.
        let released = async {
            while leases.is_given_up(interview) {
                tokio::time::sleep(RELEASED_AGAIN).await;
            }
        };
        // Else the log refuses.
        let _ = tokio::time::timeout(RELEASED, released).await;
        match leases.ask(interview, order).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotLive),
            Err(error) => {
                warn!(%interview, %error, "the engine that holds the call can't be asked");
                Err(NotLive)
            }
        }
    }

    /// The page of the call that is on here learns that it goes on elsewhere.
    pub(super) fn tell_taken_over(&self, interview: Uuid) {
        let call = {
            let live = self.shared.live.lock();
            live.get(&interview).map(|call| (call.call_id.clone(), call.clock))
        };
        if let Some((call_id, clock)) = call {
            self.page(interview).publish(clock.now_ms(), taken_over(call_id));
        }
    }

    /// Another engine has taken the call: nothing of it is appended here any more.
    fn lose(&self, interview: Uuid) {
        if let Some(addr) = self.actor(interview) {
            addr.do_send(Control::TakenOver);
        }
    }
}
