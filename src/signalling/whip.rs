//! WHIP (RFC 9725): the engine answers an offer, and the ICE session of the call can be patched.
//!
//! Owns: the ICE sessions of calls that use WHIP. Never does: understand HTTP (`api/join.rs` does).

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::calls::{Calls, Connect, JoinError};
use voice::audio::RtpAudio;
use voice::port::AudioPort;
use voice::transport::TransportError;
use voice::transport::webrtc::{IceCondition, IceSession, PatchError, Patched, WebRtc};

/// A call that was joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    pub call_id: String,
    /// The answer, including the candidates.
    pub answer_sdp: String,
    /// The tag of the ICE session, for later patches.
    pub ice_tag: String,
}

/// The answer to an offer.
pub struct Answered {
    pub sdp: String,
    pub ice_tag: String,
    pub ice: Arc<dyn IceAgent>,
    pub port: Box<dyn AudioPort>,
}

/// Answers offers.
#[async_trait]
pub trait Answerer: Send + Sync {
    async fn answer(&self, offer_sdp: &str) -> Result<Answered, TransportError>;
}

/// The ICE session of a connection.
#[async_trait]
pub trait IceAgent: Send + Sync {
    /// Adds candidates of the caller, or restarts ICE.
    async fn patch(&self, condition: IceCondition, fragment: &str) -> Result<Patched, PatchError>;
    /// Returns true while the connection exists.
    fn is_open(&self) -> bool;
}

/// The state of WHIP.
pub struct Whip {
    answerer: Arc<dyn Answerer>,
    sessions: Mutex<HashMap<String, Session>>,
}

struct Session {
    interview_id: Uuid,
    ice: Arc<dyn IceAgent>,
}

/// One join. It holds the offer until the call is admitted, and then the answer.
struct Join<'a> {
    answerer: &'a dyn Answerer,
    offer_sdp: String,
    answered: Option<(String, String, Arc<dyn IceAgent>)>,
}

#[async_trait]
impl Connect for Join<'_> {
    async fn connect(&mut self) -> Result<Box<dyn AudioPort>, TransportError> {
        let Answered { sdp, ice_tag, ice, port } = self.answerer.answer(&self.offer_sdp).await?;
        self.answered = Some((sdp, ice_tag, ice));
        Ok(port)
    }
}

impl Whip {
    pub fn new(answerer: Arc<dyn Answerer>) -> Self {
        Self { answerer, sessions: Mutex::default() }
    }

    /// Joins with an offer. `takeover` ends a live call, and continues its interview.
    pub async fn join(
        &self,
        calls: &dyn Calls,
        interview_id: Uuid,
        offer_sdp: String,
        takeover: bool,
    ) -> Result<Joined, JoinError> {
        let mut join = Join { answerer: &*self.answerer, offer_sdp, answered: None };
        let call_id = calls.join(interview_id, takeover, &mut join).await?;
        let (answer_sdp, ice_tag, ice) = join.answered.ok_or(TransportError::Closed)?;
        let mut sessions = self.sessions.lock();
        // A call that has ended in any way has no connection any more.
        sessions.retain(|_, session| session.ice.is_open());
        sessions.insert(call_id.clone(), Session { interview_id, ice });
        Ok(Joined { call_id, answer_sdp, ice_tag })
    }

    /// Adds candidates of the caller, or restarts ICE.
    pub async fn patch(
        &self,
        interview_id: Uuid,
        call_id: &str,
        condition: IceCondition,
        fragment: &str,
    ) -> Result<Patched, PatchError> {
        let ice = {
            let sessions = self.sessions.lock();
            let session = sessions.get(call_id).filter(|session| session.interview_id == interview_id);
            session.map(|session| Arc::clone(&session.ice))
        };
        ice.ok_or(PatchError::Gone)?.patch(condition, fragment).await
    }
}

#[async_trait]
impl Answerer for WebRtc {
    async fn answer(&self, offer_sdp: &str) -> Result<Answered, TransportError> {
        let answer = WebRtc::answer(self, offer_sdp).await?;
        let port = RtpAudio::opus(answer.link).map_err(|error| TransportError::Connection(error.to_string()))?;
        let ice_tag = answer.ice.tag().await;
        Ok(Answered { sdp: answer.sdp, ice_tag, ice: Arc::new(answer.ice), port: Box::new(port) })
    }
}

#[async_trait]
impl IceAgent for IceSession {
    async fn patch(&self, condition: IceCondition, fragment: &str) -> Result<Patched, PatchError> {
        IceSession::patch(self, condition, fragment).await
    }

    fn is_open(&self) -> bool {
        IceSession::is_open(self)
    }
}
