//! The ICE session of a connection that is on: trickled candidates and restarts, on either side.
//!
//! Owns: what each side has said about ICE so far, and the tag of the session (RFC 9725, 4.3.1). Never does: keep a
//! connection open: it holds no more than a weak reference.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::transport::RTCIceCandidateInit;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use webrtc::peer_connection::RTCSessionDescription;

use super::fragment::{Fragment, MAX_CANDIDATES, with_public_addresses};
use super::gathered_description;
use super::peer::Sender;
use crate::transport::TransportError;

/// Which ICE session a patch is meant for (`If-Match`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IceCondition {
    /// Whichever it is: how a restart is asked for.
    Any,
    /// One of these.
    Tags(Vec<String>),
}

impl IceCondition {
    pub fn holds(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Tags(tags) => tags.iter().any(|known| known == tag),
        }
    }
}

/// What a patch of the ICE session did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patched {
    /// Its candidates were taken.
    Trickled,
    /// ICE was restarted: our side of the new session, and its tag.
    Restarted { fragment: String, tag: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    #[error("there is no such call")]
    Gone,
    #[error("the fragment can't be used: {0}")]
    Bad(String),
    #[error("the ICE session has changed since")]
    OtherSession,
    #[error("ICE could not be restarted: {0}")]
    Failed(String),
}

/// The answering side's session: what `PATCH` on the call's URL works on.
#[derive(Clone)]
pub struct IceSession {
    shared: Arc<Shared>,
    runtime: Handle,
}

struct Shared {
    sender: Weak<Sender>,
    public_addresses: Vec<IpAddr>,
    state: Mutex<State>,
}

struct State {
    /// The other side's description, as of its last restart.
    offer: String,
    /// Candidates of the other side that have been taken since.
    candidates: usize,
    tag: String,
}

impl IceSession {
    pub(super) fn new(
        sender: &Arc<Sender>,
        (offer, candidates): (String, usize),
        answer: &str,
        public_addresses: &[IpAddr],
        runtime: Handle,
    ) -> Result<Self, TransportError> {
        let tag = tag_of(answer)?;
        let shared = Shared {
            sender: Arc::downgrade(sender),
            public_addresses: public_addresses.to_vec(),
            state: Mutex::new(State { offer, candidates, tag }),
        };
        Ok(Self { shared: Arc::new(shared), runtime })
    }

    /// What the session is called; a restart changes it.
    pub async fn tag(&self) -> String {
        self.shared.state.lock().await.tag.clone()
    }

    /// Whether the connection that it is about is still there.
    pub fn is_open(&self) -> bool {
        self.shared.sender.upgrade().is_some_and(|sender| !sender.is_closed())
    }

    /// Takes a fragment: more candidates, or, with new credentials, a restart.
    pub async fn patch(&self, condition: IceCondition, fragment: &str) -> Result<Patched, PatchError> {
        let fragment = Fragment::read(fragment)?;
        let shared = Arc::clone(&self.shared);
        on(&self.runtime, async move { shared.patch(condition, fragment).await }).await
    }
}

impl Shared {
    async fn patch(&self, condition: IceCondition, fragment: Fragment) -> Result<Patched, PatchError> {
        // Held to the end: two patches at once would each take the other's session for theirs.
        let mut state = self.state.lock().await;
        let sender = self.sender.upgrade().filter(|sender| !sender.is_closed()).ok_or(PatchError::Gone)?;
        if !condition.holds(&state.tag) {
            return Err(PatchError::OtherSession);
        }
        let current = Fragment::of(&state.offer)?.credentials;
        let is_restart = fragment.credentials.is_some() && fragment.credentials != current;
        if !is_restart {
            state.candidates += fragment.candidates.len();
            if state.candidates > MAX_CANDIDATES {
                return Err(PatchError::Bad(format!("more than {MAX_CANDIDATES} candidates are not taken")));
            }
            for candidate in fragment.candidates {
                let candidate = RTCIceCandidateInit { candidate, ..Default::default() };
                let added = sender.peer().add_ice_candidate(candidate).await;
                added.map_err(|error| PatchError::Bad(error.to_string()))?;
            }
            return Ok(Patched::Trickled);
        }
        let taken = fragment.candidates.len();
        let offer = fragment.renew(&state.offer);
        let renewed = self.restart(&sender, &offer).await.map_err(|error| PatchError::Failed(error.to_string()))?;
        state.offer = offer;
        state.candidates = taken;
        state.tag = tag_of(&renewed).map_err(|error| PatchError::Failed(error.to_string()))?;
        tracing::info!("ICE restarted by the other side");
        Ok(Patched::Restarted { fragment: Fragment::of(&renewed)?.write(), tag: state.tag.clone() })
    }

    /// Takes the renewed offer; our own description for it. The sockets stay: our addresses have not changed.
    async fn restart(&self, sender: &Sender, offer: &str) -> Result<String, TransportError> {
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(super::connection)?;
        sender.gather_anew();
        sender.peer().set_remote_description(offer).await.map_err(super::connection)?;
        let answer = sender.peer().create_answer(None).await.map_err(super::connection)?;
        sender.peer().set_local_description(answer).await.map_err(super::connection)?;
        Ok(with_public_addresses(&gathered_description(sender).await?, &self.public_addresses))
    }
}

/// The calling side's session: restarts it, as a browser whose network has changed does.
pub struct CallerIce {
    sender: Weak<Sender>,
    answer: Mutex<String>,
    runtime: Handle,
}

impl CallerIce {
    pub(super) fn new(sender: &Arc<Sender>, answer: String, runtime: Handle) -> Self {
        Self { sender: Arc::downgrade(sender), answer: Mutex::new(answer), runtime }
    }

    /// Begins a restart over new sockets; the fragment to send.
    pub async fn restart(&self) -> Result<String, TransportError> {
        let sender = self.sender.upgrade().ok_or(TransportError::Closed)?;
        super::on(&self.runtime, async move {
            sender.gather_anew();
            let options = RTCOfferOptions { ice_restart: true };
            let offer = sender.peer().create_offer(Some(options)).await.map_err(super::connection)?;
            sender.peer().set_local_description(offer).await.map_err(super::connection)?;
            let offer = gathered_description(&sender).await?;
            Ok(Fragment::of(&offer).map_err(super::connection)?.write())
        })
        .await
    }

    /// Completes it with what the other side answered.
    pub async fn restarted(&self, fragment: &str) -> Result<(), TransportError> {
        let sender = self.sender.upgrade().ok_or(TransportError::Closed)?;
        let fragment = Fragment::read(fragment).map_err(super::connection)?;
        let mut answer = self.answer.lock().await;
        let renewed = fragment.renew(&answer);
        renewed.clone_into(&mut answer);
        super::on(&self.runtime, async move {
            let answer = RTCSessionDescription::answer(renewed).map_err(super::connection)?;
            sender.peer().set_remote_description(answer).await.map_err(super::connection)
        })
        .await
    }
}

/// Our username fragment: it is what a restart changes for certain.
fn tag_of(description: &str) -> Result<String, TransportError> {
    let fragment = Fragment::of(description).map_err(super::connection)?;
    let (ufrag, _) = fragment.credentials.ok_or_else(|| super::connection("our description has no ICE credentials"))?;
    Ok(ufrag)
}

/// As negotiation: on the media runtime, and a caller who gives up leaves nothing half done.
async fn on<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = Result<T, PatchError>> + Send + 'static,
) -> Result<T, PatchError> {
    runtime.spawn(work).await.unwrap_or_else(|error| Err(PatchError::Failed(error.to_string())))
}
