//! The list of live calls: who is let in, who is on, who is done.
//!
//! Owns: admission, the addresses of the actors, the legs and pages of the calls, draining at the end.
//! Never does: take part in a conversation. It is a locked map, not an actor: every answer is immediate.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::{Actor, Addr};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::actor::{CallActor, CallContext, Control, Ending};
use super::engines::Engines;
use super::history::{recording_faults, stopped_by_engine};
use super::leg::Leg;
use super::page::Page;
use super::recall::recall;
use super::threads::{CallThreads, Seat};
use crate::calls::JoinError;
use crate::config::Settings;
use crate::fleet::{Cache, Leases, Sessions};
use crate::recordings::Uploader;
use crate::supervisors::Persistence;
use crate::telemetry::Metrics;
use llm::Llm;
use storage::Storage;
use voice::audio::recording::Recordings;
use voice::audio::{CallClock, MediaRuntime};

/// Seconds after which a refused caller may try again.
pub(super) const RETRY_AFTER_S: u64 = 30;

/// What there is of calls; see [`Registry::census`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Census {
    pub live: usize,
    pub joining: usize,
    /// Pages kept for calls that are on, or that somebody looks at.
    pub pages: usize,
    /// Tasks of the media thread.
    pub media_tasks: usize,
}

/// A call that is on.
pub(super) struct Live {
    pub addr: Addr<CallActor>,
    /// Where the actor runs.
    pub seat: Seat,
    pub leg: Arc<Leg>,
    /// Cancelled when another actor has taken the place of this one.
    pub superseded: CancellationToken,
    pub call_id: String,
    pub clock: CallClock,
}

/// The parts every call shares.
pub struct Parts {
    pub settings: Settings,
    pub storage: Storage,
    pub engines: Arc<Engines>,
    pub persistence: Persistence,
    pub media: MediaRuntime,
    pub recordings: Recordings,
    /// Brings what was recorded to the store of files.
    pub uploader: Uploader,
    pub metrics: Arc<Metrics>,
    /// The calls that this engine holds.
    pub leases: Leases,
    /// What pages were told, where there is a Redis.
    pub sessions: Option<Sessions>,
    /// Whose answers are forgotten with those they are about.
    pub llm: Option<Llm>,
    /// Guides as interviews are pinned to them.
    pub guides: Cache,
}

/// A handle on the live calls; cheap to clone.
#[derive(Clone)]
pub struct Registry {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub parts: Parts,
    pub live: Mutex<HashMap<Uuid, Live>>,
    pub threads: CallThreads,
    pages: Mutex<HashMap<Uuid, Page>>,
    /// Interviews being joined right now: counted as live, so that two joins can't both win.
    joining: Mutex<HashSet<Uuid>>,
    /// Interviews that nobody may join: their respondent is being erased.
    barred: Mutex<HashSet<Uuid>>,
    pub(super) draining: AtomicBool,
    pub(super) changed: tokio::sync::Notify,
}

/// Keeps a place among the live calls while a join is under way.
pub(super) struct Place<'a> {
    shared: &'a Shared,
    interview_id: Uuid,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.joining.lock().remove(&self.interview_id);
    }
}

/// Interviews that nobody gets into.
pub(super) struct Shut {
    shared: Arc<Shared>,
    interviews: Vec<Uuid>,
}

impl Drop for Shut {
    fn drop(&mut self) {
        let mut barred = self.shared.barred.lock();
        self.interviews.iter().for_each(|id| {
            barred.remove(id);
        });
    }
}

impl Registry {
    pub fn new(parts: Parts) -> Self {
        Self {
            shared: Arc::new(Shared {
                parts,
                live: Mutex::default(),
                threads: CallThreads::for_this_machine(),
                pages: Mutex::default(),
                joining: Mutex::default(),
                barred: Mutex::default(),
                draining: AtomicBool::new(false),
                changed: tokio::sync::Notify::new(),
            }),
        }
    }

    pub(super) fn page(&self, interview_id: Uuid) -> Page {
        self.shared.pages.lock().entry(interview_id).or_default().clone()
    }

    /// Keeps everybody out of these interviews while the bar lives; the one that somebody is in already otherwise.
    pub(super) fn shut(&self, interviews: &[Uuid]) -> Result<Shut, Uuid> {
        let live = self.shared.live.lock();
        let joining = self.shared.joining.lock();
        if let Some(taken) = interviews.iter().find(|id| live.contains_key(*id) || joining.contains(*id)) {
            return Err(*taken);
        }
        self.shared.barred.lock().extend(interviews);
        Ok(Shut { shared: Arc::clone(&self.shared), interviews: interviews.to_vec() })
    }

    /// Whether the interview's page is still this one.
    pub(super) fn has_page(&self, interview_id: Uuid, page: &Page) -> bool {
        self.shared.pages.lock().get(&interview_id).is_some_and(|known| known.is(page))
    }

    /// Drops these interviews' pages: how many messages they held. Sockets that are open on them end.
    pub(super) fn drop_pages(&self, interviews: &[Uuid]) -> u64 {
        let mut pages = self.shared.pages.lock();
        interviews.iter().filter_map(|id| pages.remove(id)).map(|page| page.clear()).sum()
    }

    /// Forgets pages of calls that are not on and that nobody looks at.
    pub(super) fn sweep_pages(&self) {
        let live = self.shared.live.lock();
        let joining = self.shared.joining.lock();
        self.shared.pages.lock().retain(|id, page| live.contains_key(id) || joining.contains(id) || page.is_watched());
    }

    pub(super) fn admit(&self, interview_id: Uuid) -> Result<Place<'_>, JoinError> {
        let shared = &*self.shared;
        let live = shared.live.lock();
        let mut joining = shared.joining.lock();
        // A join that has become a call already is one call, not two.
        let coming = joining.iter().filter(|id| !live.contains_key(id)).count();
        let full = live.len() + coming >= shared.parts.settings.calls.max_concurrent_interviews;
        if shared.draining.load(Ordering::Acquire) || (full && !live.contains_key(&interview_id)) {
            return Err(JoinError::Full { retry_after_s: RETRY_AFTER_S });
        }
        if shared.barred.lock().contains(&interview_id) {
            return Err(JoinError::Over);
        }
        if !joining.insert(interview_id) {
            return Err(JoinError::AlreadyLive);
        }
        Ok(Place { shared, interview_id })
    }

    /// Starts an actor on the leg: with a log behind it, it goes on where the log ends.
    pub(super) async fn start(
        &self,
        interview_id: Uuid,
        leg: Arc<Leg>,
        call_id: String,
        clock: CallClock,
    ) -> Result<(), JoinError> {
        let parts = &self.shared.parts;
        let unavailable = |error: &dyn std::fmt::Display| JoinError::Unavailable(error.to_string());
        let (interview, script) = self.load(interview_id).await?;
        let storage = self.storage_of(interview_id).await?;
        let events = storage.event_log().load(interview_id).await.map_err(|error| unavailable(&error))?;
        let interview = interview.resume(events.iter().map(|record| (record.at_ms, &record.event)));
        if interview.is_over() {
            return Err(JoinError::Over);
        }
        // As it stands now: consent may have been taken back since it was given.
        if interview.state().recording == Some(true) {
            leg.start_recording();
        }
        let elsewhere = || JoinError::Unavailable("another engine has taken the call".to_owned());
        let fence = parts.leases.fence(interview_id).ok_or_else(elsewhere)?;
        let page = self.page(interview_id);
        if let Some(sessions) = &parts.sessions {
            recall(sessions, interview_id, &page).await;
        }
        page.begin(fence);
        let superseded = CancellationToken::new();
        let (registry, told) = (self.clone(), self.clone());
        let call = CallContext {
            interview_id,
            fence,
            interview,
            last_seq: events.last().map_or(0, |event| event.seq),
            script,
            engines: Arc::clone(&parts.engines),
            persistence: parts.persistence.clone(),
            metrics: Arc::clone(&parts.metrics),
            page,
            clock,
            leg: Arc::clone(&leg),
            superseded: superseded.clone(),
            resumes: stopped_by_engine(&events),
            recording_faults: recording_faults(&events),
            on_taken_over: Box::new(move || told.tell_taken_over(interview_id)),
            on_end: Box::new(move |ending| registry.ended(interview_id, ending)),
        };
        let seat = self.shared.threads.seat().map_err(|error| unavailable(&error))?;
        let addr = CallActor::start_in_arbiter(seat.arbiter(), move |_| CallActor::new(call));
        self.shared.live.lock().insert(interview_id, Live { addr, seat, leg, superseded, call_id, clock });
        self.count();
        self.shared.changed.notify_waiters();
        Ok(())
    }

    fn ended(&self, interview_id: Uuid, ending: Ending) {
        // First: whoever joins from here on finds a call that is ending, or takes the next lease.
        self.shared.parts.leases.give_up(interview_id);
        let gone = self.shared.live.lock().remove(&interview_id);
        if gone.is_some() {
            info!(interview = %interview_id, ?ending, "call ended");
        }
        self.count();
        self.shared.changed.notify_waiters();
    }

    /// The interview is held here no more, without a call. Its lease is released in a moment.
    pub(super) fn give_up(&self, interview_id: Uuid) {
        self.shared.parts.leases.give_up(interview_id);
        self.shared.changed.notify_waiters();
    }

    /// Gives up a call that can't go on.
    pub(super) fn forget(&self, interview_id: Uuid) {
        self.ended(interview_id, Ending::Interrupted);
    }

    fn count(&self) {
        let active = self.shared.live.lock().len();
        self.shared.parts.metrics.active_calls.set(active as i64);
    }

    /// Lets no one in any more, waits up to `grace` for the calls that are on, then leaves the rest so that they can
    /// be taken up again. Returns how many were left.
    pub async fn drain(&self, grace: Duration) -> usize {
        self.shared.draining.store(true, Ordering::Release);
        let _ = tokio::time::timeout(grace, self.all_gone()).await;
        let left: Vec<_> = self.shared.live.lock().values().map(|live| live.addr.clone()).collect();
        for addr in &left {
            addr.do_send(Control::Drain);
        }
        if tokio::time::timeout(Duration::from_secs(5), self.all_gone()).await.is_err() {
            warn!("some calls did not stop in time; their events are kept");
        }
        left.len()
    }

    async fn all_gone(&self) {
        loop {
            let changed = self.shared.changed.notified();
            if self.shared.live.lock().is_empty() {
                return;
            }
            changed.await;
        }
    }

    /// What is there at this moment: for tests, and for finding what was left behind.
    pub fn census(&self) -> Census {
        Census {
            live: self.shared.live.lock().len(),
            joining: self.shared.joining.lock().len(),
            pages: self.shared.pages.lock().len(),
            media_tasks: self.shared.parts.media.handle().metrics().num_alive_tasks(),
        }
    }

    /// Whether somebody is on the line, or joining right now.
    pub fn is_busy(&self, interview_id: Uuid) -> bool {
        self.shared.live.lock().contains_key(&interview_id) || self.shared.joining.lock().contains(&interview_id)
    }

    /// Whether a call is on.
    pub(super) fn is_live(&self, interview_id: Uuid) -> bool {
        self.shared.live.lock().contains_key(&interview_id)
    }

    /// Whether somebody is on the line or joining, on any engine. While the database can't be asked, the answer is yes.
    pub async fn is_busy_anywhere(&self, interview_id: Uuid) -> bool {
        self.is_busy(interview_id) || self.shared.parts.leases.is_elsewhere(interview_id).await.unwrap_or(true)
    }

    /// The calls whose actors share a thread with this one's: for tests.
    pub fn neighbours(&self, interview_id: Uuid) -> Vec<Uuid> {
        let live = self.shared.live.lock();
        let Some(thread) = live.get(&interview_id).map(|call| call.seat.thread()) else { return Vec::new() };
        let others = live.iter().filter(|(id, call)| **id != interview_id && call.seat.thread() == thread);
        others.map(|(id, _)| *id).collect()
    }

    /// The actor of a live call: for tests.
    pub fn actor(&self, interview_id: Uuid) -> Option<Addr<CallActor>> {
        self.shared.live.lock().get(&interview_id).map(|live| live.addr.clone())
    }
}
