//! The calls that this engine holds.
//!
//! Owns: this engine's leases, and until when each of them is certain by a clock that nobody sets; taking calls and giving
//! them up; asking the engine that holds a call for something. All of it is in the database. Where there is a Redis, the
//! other engine learns at once that it was asked. Never does: end a call, or know what is asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use uuid::Uuid;

use super::Redis;
use storage::leases::{Asked, LASTS, OwnLease, Taking};
use storage::{Storage, StorageError};

/// How often leases are renewed: two renewals may fail before one expires.
pub const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How often the database is asked whether other engines want something of this one.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often Redis is asked whether there is something to look for, which costs next to nothing.
pub const LISTEN_EVERY: Duration = Duration::from_millis(200);
/// A lease counts as lost so long before it expires. The clocks of the two machines may run at different speeds.
const MARGIN: Duration = Duration::from_secs(3);
/// How long a takeover waits for the other engine to commit what was said.
const PATIENCE: Duration = Duration::from_secs(6);
const ASK_EVERY: Duration = Duration::from_millis(200);
/// An engine that is told nothing for so long has looked in the database by then.
const TOLD_LASTS: Duration = Duration::from_secs(10);

/// Why a call could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error("another engine holds the call")]
    Held { retry_after_s: u64 },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Leases(Arc<Shared>);

struct Shared {
    storage: Storage,
    engine: String,
    redis: Option<Redis>,
    held: Mutex<HashMap<Uuid, Held>>,
    /// Calls that turned out to be another engine's.
    lost: Mutex<Vec<Uuid>>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    fence: i64,
    certain_until: Instant,
    /// The call is over here. The lease goes when all events are in the log.
    given_up: bool,
}

impl Leases {
    /// `engine`: a name that no other engine has, and that this one keeps over restarts.
    pub fn new(storage: Storage, engine: String, redis: Option<Redis>) -> Self {
        Self(Arc::new(Shared { storage, engine, redis, held: Mutex::default(), lost: Mutex::default() }))
    }

    /// Takes the call; returns its fencing number. While another engine holds it, that one is asked for it with `hand_over`
    /// and waited for, or this is refused.
    pub async fn take(&self, interview: Uuid, hand_over: Option<Value>) -> Result<i64, TakeError> {
        let leases = self.0.storage.leases();
        let give_up = Instant::now() + PATIENCE;
        let mut asked = false;
        loop {
            let began = Instant::now();
            let holder = match leases.take(interview, &self.0.engine).await? {
                Taking::Taken { fence } => {
                    let held = Held { fence, certain_until: certain_from(began), given_up: false };
                    self.0.held.lock().insert(interview, held);
                    return Ok(fence);
                }
                Taking::Held(holder) => holder,
            };
            let mut left = holder.left;
            if let Some(order) = &hand_over {
                if !asked {
                    asked = self.ask(interview, order.clone()).await?;
                }
                while Instant::now() < give_up {
                    tokio::time::sleep(ASK_EVERY).await;
                    match leases.holder(interview).await? {
                        Some(now) if now.fence == holder.fence => left = now.left,
                        _ => break,
                    }
                }
            }
            if hand_over.is_none() || Instant::now() >= give_up {
                let seconds = left.num_milliseconds().max(0).unsigned_abs().div_ceil(1_000);
                return Err(TakeError::Held { retry_after_s: seconds.max(1) });
            }
        }
    }

    /// The number under which this engine holds the call.
    pub fn fence(&self, interview: Uuid) -> Option<i64> {
        self.0.held.lock().get(&interview).filter(|held| !held.given_up).map(|held| held.fence)
    }

    /// Whether another engine holds the call.
    pub async fn is_elsewhere(&self, interview: Uuid) -> Result<bool, StorageError> {
        let holder = self.0.storage.leases().holder(interview).await?;
        Ok(holder.is_some_and(|holder| holder.engine != self.0.engine))
    }

    /// Asks another engine that holds the call for something; false when none does.
    pub async fn ask(&self, interview: Uuid, order: Value) -> Result<bool, StorageError> {
        let Some(engine) = self.0.storage.leases().ask(interview, &self.0.engine, order).await? else {
            return Ok(false);
        };
        if let Some(redis) = &self.0.redis {
            let mut tell = redis::cmd("SET");
            tell.arg(told_key(&engine)).arg(1).arg("PX").arg(TOLD_LASTS.as_millis() as u64);
            // Else it looks by itself within a second.
            let _: Result<(), _> = redis.ask(&tell).await;
        }
        Ok(true)
    }

    /// Whether this engine is told through Redis, and how long it should wait before it looks again.
    pub fn pause(&self) -> Duration {
        let told = self.0.redis.as_ref().is_some_and(Redis::is_there) && !self.0.held.lock().is_empty();
        if told { LISTEN_EVERY } else { LOOK_EVERY }
    }

    /// Whether Redis says that this engine was asked for something.
    pub async fn is_told(&self) -> bool {
        let Some(redis) = &self.0.redis else { return false };
        redis.ask::<i64>(redis::cmd("DEL").arg(told_key(&self.0.engine))).await.is_ok_and(|told| told > 0)
    }

    /// Takes what other engines asked of this one.
    pub async fn asked(&self) -> Result<Vec<Asked>, StorageError> {
        if self.0.held.lock().is_empty() {
            return Ok(Vec::new());
        }
        self.0.storage.leases().asked(&self.0.engine).await
    }

    /// Renews all leases.
    pub async fn renew(&self) -> Result<(), StorageError> {
        let before: HashMap<Uuid, Held> = self.0.held.lock().clone();
        if before.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let interviews: Vec<Uuid> = before.keys().copied().collect();
        let renewed = self.0.storage.leases().renew(&self.0.engine, &interviews).await?;
        let mut held = self.0.held.lock();
        for (interview, before) in before {
            // One that was given up or taken anew meanwhile is another lease.
            let Some(lease) = held.get_mut(&interview).filter(|lease| lease.fence == before.fence) else { continue };
            if renewed.contains(&OwnLease { interview_id: interview, fence: before.fence }) {
                lease.certain_until = certain_from(began);
            } else {
                held.remove(&interview);
                self.0.lost.lock().push(interview);
            }
        }
        Ok(())
    }

    /// Calls of this engine that turned out to be another's since the last look.
    pub fn lost(&self) -> Vec<Uuid> {
        std::mem::take(&mut self.0.lost.lock())
    }

    /// Whether this lease could not be renewed for so long that another engine may have taken the call.
    pub fn is_uncertain(&self, interview: Uuid, fence: i64) -> bool {
        let held = self.0.held.lock();
        held.get(&interview).is_some_and(|held| held.fence == fence && held.certain_until <= Instant::now())
    }

    /// How many leases are uncertain.
    pub fn uncertain(&self) -> usize {
        let now = Instant::now();
        self.0.held.lock().values().filter(|held| held.certain_until <= now).count()
    }

    /// The call is over here.
    pub fn give_up(&self, interview: Uuid) {
        if let Some(held) = self.0.held.lock().get_mut(&interview) {
            held.given_up = true;
        }
    }

    /// Whether a call is over here whose lease is not released yet.
    pub fn is_given_up(&self, interview: Uuid) -> bool {
        self.0.held.lock().get(&interview).is_some_and(|held| held.given_up)
    }

    /// Releases what was given up and of which no event `waits` any more. What fails is tried again with the next call.
    pub async fn release(&self, waits: impl Fn(Uuid) -> bool) -> Result<(), StorageError> {
        let given_up: Vec<OwnLease> = {
            let held = self.0.held.lock();
            let given_up = held.iter().filter(|(interview, held)| held.given_up && !waits(**interview));
            given_up.map(|(interview, held)| OwnLease { interview_id: *interview, fence: held.fence }).collect()
        };
        for lease in given_up {
            self.0.storage.leases().release(&self.0.engine, &lease).await?;
            let mut held = self.0.held.lock();
            // It may have been taken anew meanwhile.
            if held.get(&lease.interview_id).is_some_and(|held| held.fence == lease.fence) {
                held.remove(&lease.interview_id);
            }
        }
        Ok(())
    }

    /// Releases what an earlier process of this engine held and of which no event `waits`.
    pub async fn release_left(&self, waits: impl Fn(Uuid) -> bool) -> Result<(), StorageError> {
        self.0.storage.leases().release_left(&self.0.engine, waits).await
    }
}

fn certain_from(began: Instant) -> Instant {
    began + LASTS.to_std().unwrap_or_default().saturating_sub(MARGIN)
}

fn told_key(engine: &str) -> String {
    Redis::key(&format!("engine:{engine}:asked"))
}

#[cfg(test)]
mod tests {
    // Helpers stand outside test functions, where clippy would not allow it by itself.
    #![allow(clippy::unwrap_used)]

    use interview::Event;
    use sea_orm::ConnectionTrait as _;
    use serde_json::json;
    use storage::{Actor, EventRecord, NewInterview};

    use super::*;
    use crate::supervised::Stack;
    use crate::supervisors::{AppendError, Incidents, Patience, Persistence};
    use crate::telemetry::Metrics;

    async fn store(folder: &std::path::Path) -> (Storage, Uuid) {
        let url = format!("sqlite://{}/interviews.sqlite", folder.display());
        let storage = Storage::connect(&url, 4, folder).await.unwrap();
        storage.schema().migrate().await.unwrap();
        let question = json!({ "id": "q", "text": "What kind of work do you do?" });
        let section = json!({ "id": "s", "section_name": "S", "order": 1, "questions": [question] });
        let guide = json!({ "name": "Work", "research_objective": "How people work", "sections": [section] });
        let guide = serde_json::from_value(guide).unwrap();
        let guide = storage.guides().create(&guide, None, Actor::ENGINE).await.unwrap();
        let new = NewInterview {
            call_guide_id: guide.id,
            channel: entity::Channel::Webrtc,
            respondent_id: None,
            respondent_name: None,
            respondent_phone: None,
            respondent_email: None,
            metadata: json!({}),
            scheduled_at: None,
            link_lifetime: chrono::Duration::days(1),
            no_show_after: chrono::Duration::minutes(30),
        };
        let interview = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
        (storage, interview)
    }

    /// As if nothing could be renewed for longer than a lease lasts, by this machine's clock and by the database's.
    async fn cut_off(leases: &Leases) {
        for held in leases.0.held.lock().values_mut() {
            held.certain_until = Instant::now();
        }
        let statement = "UPDATE call_leases SET expires_at = created_at";
        leases.0.storage.connection().execute_unprepared(statement).await.unwrap();
    }

    fn event(seq: i64) -> Vec<EventRecord> {
        vec![EventRecord { seq, at_ms: 0, event: Event::Resumed, actor: "interview".to_owned() }]
    }

    #[actix::test]
    async fn an_engine_that_was_cut_off_takes_its_lease_again_before_it_appends() {
        let folder = tempfile::tempdir().unwrap();
        let (storage, id) = store(folder.path()).await;
        let metrics = Arc::new(Metrics::new().unwrap());
        let mut parts = Stack::new(Arc::clone(&metrics)).unwrap();
        let named = |name: &str| Leases::new(storage.clone(), name.to_owned(), None);
        let (one, two) = (named("one"), named("two"));
        let (incidents, patience) = (Incidents::default(), Patience::default());
        let log = Persistence::start(&mut parts, storage.clone(), metrics, incidents, one.clone(), patience).unwrap();
        let fence = one.take(id, None).await.unwrap();
        assert!(!one.is_uncertain(id, fence) && one.uncertain() == 0);

        cut_off(&one).await;
        assert!(one.is_uncertain(id, fence) && one.uncertain() == 1);
        log.append(id, Some(fence), event(1)).await.unwrap().unwrap();
        assert!(!one.is_uncertain(id, fence), "it was renewed");
        assert!(matches!(two.take(id, None).await, Err(TakeError::Held { retry_after_s: 1..=15 })));

        cut_off(&one).await;
        let next = two.take(id, None).await.unwrap();
        assert!(matches!(log.append(id, Some(fence), event(2)).await.unwrap(), Err(AppendError::TakenOver)));
        assert_eq!((one.lost(), one.fence(id), two.fence(id)), (vec![id], None, Some(next)));
        assert_eq!(storage.event_log().load(id).await.unwrap().len(), 1);
        assert!(two.is_elsewhere(id).await.is_ok_and(|elsewhere| !elsewhere));
        assert!(one.is_elsewhere(id).await.unwrap());
        parts.stop().await;
    }
}
