//! What the API may ask of live calls, carried out.
//!
//! Owns: the order of things in a join. Never does: keep anything; the registry does.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::Addr;
use async_trait::async_trait;
use interview::io::Command;
use tokio::sync::broadcast;
use tracing::warn;
use uuid::Uuid;

use super::actor::{CallActor, Control, NewLeg};
use super::fleet::{self, Asked, taken_over};
use super::leg::Leg;
use super::registry::{Live, RETRY_AFTER_S, Registry};
use crate::calls::{
    Calls, Connect, EngineInfo, Forgotten, JoinBlock, JoinBlockError, JoinError, NotLive, PageMessage, StillWaiting,
};
use crate::fleet::TakeError;
use crate::supervisors::LiveCalls;
use voice::audio::CallClock;
use voice::inference::Priority;
use voice::transport::TransportError;

/// How long a request waits for events that wait for the database.
const PATIENCE: Duration = Duration::from_secs(3);

/// The call that a join finds.
struct Earlier {
    addr: Addr<CallActor>,
    call_id: String,
    clock: CallClock,
    /// Somebody is on it: not one whose connection is lost.
    connected: bool,
}

impl Earlier {
    fn of(live: &Live) -> Self {
        Self {
            addr: live.addr.clone(),
            call_id: live.call_id.clone(),
            clock: live.clock,
            connected: live.leg.is_connected(),
        }
    }
}

/// Interviews that this engine holds without a call, so that no engine lets anybody in.
struct Barred {
    registry: Registry,
    interviews: Vec<Uuid>,
}

impl Drop for Barred {
    fn drop(&mut self) {
        for interview in std::mem::take(&mut self.interviews) {
            self.registry.give_up(interview);
        }
    }
}

impl Registry {
    /// Makes the call this engine's, with the log that it goes on with.
    async fn take(&self, interview_id: Uuid, takeover: bool) -> Result<(), JoinError> {
        let parts = &self.shared.parts;
        // What was said here in an earlier call comes first, under the number that it was said under.
        let flushed = tokio::time::timeout(PATIENCE, parts.persistence.flush_interview(interview_id)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            return Err(JoinError::Unavailable("events of the last call still wait for the database".to_owned()));
        }
        match parts.leases.take(interview_id, takeover.then(Asked::hand_over)).await {
            Ok(_) => Ok(()),
            Err(TakeError::Held { retry_after_s }) => Err(JoinError::Elsewhere { retry_after_s }),
            Err(TakeError::Storage(error)) => Err(JoinError::Unavailable(error.to_string())),
        }
    }

    /// A connection for the interview, which goes on with the call that is there, or begins one.
    async fn connect(
        &self,
        interview_id: Uuid,
        live: Option<Earlier>,
        connection: &mut dyn Connect,
    ) -> Result<String, JoinError> {
        let parts = &self.shared.parts;
        let port = connection.connect().await.map_err(|error| match error {
            TransportError::NoPort(_) => JoinError::Full { retry_after_s: RETRY_AFTER_S },
            other => JoinError::Connection(other),
        })?;
        let call_id = Uuid::now_v7().simple().to_string();
        let (legs, last_ms) = self.so_far(interview_id).await?;
        // The clock goes on where the log ends; what was silence in between is not counted.
        let clock = live.as_ref().map_or_else(|| CallClock::starting_at(last_ms), |earlier| earlier.clock);
        let recorder = parts.recordings.recorder(&interview_id.to_string(), legs + 1);
        let leg = Leg::start(port, clock, &parts.engines, &parts.media, recorder);
        if let Some(earlier) = live {
            if let Some(live) = self.shared.live.lock().get_mut(&interview_id) {
                live.leg = Arc::clone(&leg);
                live.call_id.clone_from(&call_id);
            }
            if !earlier.addr.send(NewLeg(Arc::clone(&leg))).await.unwrap_or(false) {
                leg.close().await;
                return Err(JoinError::Unavailable("the call has just ended".into()));
            }
            if earlier.connected {
                // The page of the call that was ended learns why; the one that took over is not meant.
                self.page(interview_id).publish(clock.now_ms(), taken_over(earlier.call_id));
            }
        } else if let Err(error) = self.start(interview_id, Arc::clone(&leg), call_id.clone(), clock).await {
            leg.close().await;
            return Err(error);
        }
        Ok(call_id)
    }
}

#[async_trait]
impl Calls for Registry {
    async fn join(
        &self,
        interview_id: Uuid,
        takeover: bool,
        connection: &mut dyn Connect,
    ) -> Result<String, JoinError> {
        let _place = self.admit(interview_id)?;
        let live = self.shared.live.lock().get(&interview_id).map(Earlier::of);
        if live.as_ref().is_some_and(|earlier| earlier.connected) && !takeover {
            return Err(JoinError::AlreadyLive);
        }
        let fresh = live.is_none();
        if fresh {
            self.take(interview_id, takeover).await?;
        }
        let joined = self.connect(interview_id, live, connection).await;
        if fresh && joined.is_err() {
            self.give_up(interview_id);
        }
        joined
    }

    async fn hang_up(&self, interview_id: Uuid, call_id: &str) -> Result<(), NotLive> {
        let addr = {
            let live = self.shared.live.lock();
            live.get(&interview_id).filter(|live| live.call_id == call_id).map(|live| live.addr.clone())
        };
        match addr {
            Some(addr) => addr.send(Control::HangUp).await.map_err(|_| NotLive),
            None => self.ask_elsewhere(interview_id, &Asked::HangUp(call_id.to_owned())).await,
        }
    }

    async fn command(&self, interview_id: Uuid, command: Command) -> Result<(), NotLive> {
        match self.actor(interview_id) {
            Some(addr) => addr.send(Control::Command(command)).await.map_err(|_| NotLive),
            None => self.ask_elsewhere(interview_id, &Asked::Command(command)).await,
        }
    }

    fn subscribe(
        &self,
        interview_id: Uuid,
        after: Option<u64>,
    ) -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>) {
        let page = self.page(interview_id);
        let told = page.subscribe(after);
        fleet::follow(self, interview_id, page);
        told
    }

    fn prepare(&self, interview_id: Uuid) {
        let registry = self.clone();
        tokio::spawn(async move {
            match registry.load(interview_id).await {
                Ok((beginning, script)) => {
                    let texts = beginning.resume([]).scripted_texts();
                    let clips = texts.into_iter().map(|text| script.wanted(text, true)).collect();
                    script.prepare(&registry.shared.parts.engines, clips, Priority::Background);
                }
                // The call itself will say so again, to somebody who can do something about it.
                Err(error) => warn!(interview = %interview_id, %error, "speech can't be prepared"),
            }
        });
    }

    async fn block_joins(&self, interviews: &[Uuid]) -> Result<JoinBlock, JoinBlockError> {
        let shut = self.shut(interviews).map_err(JoinBlockError::Live)?;
        let mut barred = Barred { registry: self.clone(), interviews: Vec::new() };
        for interview in interviews {
            match self.shared.parts.leases.take(*interview, None).await {
                Ok(_) => barred.interviews.push(*interview),
                Err(TakeError::Held { .. }) => return Err(JoinBlockError::Live(*interview)),
                Err(TakeError::Storage(error)) => return Err(error.into()),
            }
        }
        // The lease is given up before anybody is let in here.
        Ok(JoinBlock::new((barred, shut)))
    }

    async fn forget(&self, interviews: &[Uuid]) -> Result<Forgotten, StillWaiting> {
        let parts = &self.shared.parts;
        let forgotten = tokio::time::timeout(PATIENCE, parts.persistence.forget(interviews)).await;
        let refused_events = forgotten.map_err(|_| StillWaiting)?.map_err(|_| StillWaiting)?;
        if let Some(sessions) = &parts.sessions {
            // While Redis is away nobody can read it. What it holds expires within the half hour.
            let _ = sessions.forget(interviews).await;
        }
        if let Some(llm) = &parts.llm {
            llm.forget(interviews).await;
        }
        let clips = parts.engines.clips.forget_personal();
        let kept = parts.uploader.forget(interviews).await;
        Ok(Forgotten {
            recordings: kept.recordings,
            recording_bytes: kept.bytes,
            page_messages: self.drop_pages(interviews),
            refused_events,
            clips,
        })
    }

    fn active(&self) -> usize {
        self.shared.live.lock().len()
    }

    fn engines(&self) -> EngineInfo {
        let accepting = !self.shared.draining.load(Ordering::Acquire);
        self.shared.parts.engines.info(accepting, self.shared.parts.settings.calls.max_concurrent_interviews)
    }
}

#[async_trait]
impl LiveCalls for Registry {
    async fn is_busy(&self, interview: Uuid) -> bool {
        self.is_busy_anywhere(interview).await
    }

    fn prepare(&self, interview: Uuid) {
        Calls::prepare(self, interview);
    }
}
