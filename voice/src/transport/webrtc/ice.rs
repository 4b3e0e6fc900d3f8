//! The ICE session of an established connection: trickled candidates and restarts, on either side.
//!
//! Owns: what each side has said about ICE so far, and the tag of the session (RFC 9725, 4.3.1).
//! Never does: keep a connection open; it holds a weak reference only.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::peer_connection::transport::RTCIceCandidateInit;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use webrtc::peer_connection::RTCSessionDescription;

use super::fragment::{BadFragment, Fragment, MAX_CANDIDATES, with_public_addresses};
use super::gathered_description;
use super::sender::Sender;
use crate::transport::TransportError;

/// The ICE session that a patch is meant for (`If-Match`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IceCondition {
    /// Any session, which requests a restart.
    Any,
    /// A session with one of these tags.
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

/// The effect of a patch of the ICE session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Patched {
    /// Its candidates were added.
    Trickled,
    /// ICE was restarted. The fields are the engine's side of the new session, and its tag.
    Restarted { fragment: String, tag: String },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    #[error("there is no such call")]
    Gone,
    #[error(transparent)]
    Bad(#[from] BadFragment),
    #[error("the ICE session has changed since")]
    OtherSession,
    #[error("ICE could not be restarted: {0}")]
    Failed(String),
}

/// The answering side's session, which `PATCH` on the call's URL changes.
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
    /// The number of candidates received from the other side since then.
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

    /// Returns the tag of the session, which a restart changes.
    pub async fn tag(&self) -> String {
        self.shared.state.lock().await.tag.clone()
    }

    /// Returns true if the connection still exists.
    pub fn is_open(&self) -> bool {
        self.shared.sender.upgrade().is_some_and(|sender| !sender.is_closed())
    }

    /// Applies a fragment: it adds candidates, or restarts ICE if the credentials are new.
    pub async fn patch(&self, condition: IceCondition, fragment: &str) -> Result<Patched, PatchError> {
        let fragment = Fragment::read(fragment)?;
        let shared = Arc::clone(&self.shared);
        on(&self.runtime, async move { shared.patch(condition, fragment).await }).await
    }
}

impl Shared {
    async fn patch(&self, condition: IceCondition, fragment: Fragment) -> Result<Patched, PatchError> {
        // The lock is held to the end. Otherwise two simultaneous patches could each take the
        // other's session for its own.
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
                return Err(BadFragment(format!("a session may have at most {MAX_CANDIDATES} candidates")).into());
            }
            for candidate in fragment.candidates {
                let candidate = RTCIceCandidateInit { candidate, ..Default::default() };
                let added = sender.peer().add_ice_candidate(candidate).await;
                added.map_err(|error| BadFragment(error.to_string()))?;
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

    /// Applies the renewed offer and returns the engine's description for it. The sockets stay,
    /// because the engine's addresses have not changed.
    async fn restart(&self, sender: &Sender, offer: &str) -> Result<String, TransportError> {
        let offer = RTCSessionDescription::offer(offer.to_owned()).map_err(super::connection)?;
        sender.gather_anew();
        sender.peer().set_remote_description(offer).await.map_err(super::connection)?;
        let answer = sender.peer().create_answer(None).await.map_err(super::connection)?;
        sender.peer().set_local_description(answer).await.map_err(super::connection)?;
        Ok(with_public_addresses(&gathered_description(sender).await?, &self.public_addresses))
    }
}

/// The calling side's session. It restarts ICE as a browser does when its network has changed.
pub struct CallerIce {
    sender: Weak<Sender>,
    answer: Mutex<String>,
    runtime: Handle,
}

impl CallerIce {
    pub(super) fn new(sender: &Arc<Sender>, answer: String, runtime: Handle) -> Self {
        Self { sender: Arc::downgrade(sender), answer: Mutex::new(answer), runtime }
    }

    /// Begins a restart over new sockets. Returns the fragment to send.
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

    /// Completes the restart with the other side's answer.
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

/// Returns the engine's username fragment, which every restart changes.
fn tag_of(description: &str) -> Result<String, TransportError> {
    let fragment = Fragment::of(description).map_err(super::connection)?;
    let (ufrag, _) =
        fragment.credentials.ok_or_else(|| super::connection("the engine's own description has no ICE credentials"))?;
    Ok(ufrag)
}

/// Runs a task on the media runtime, as negotiation does, so that a caller who stops waiting leaves
/// nothing half done.
async fn on<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = Result<T, PatchError>> + Send + 'static,
) -> Result<T, PatchError> {
    runtime.spawn(work).await.unwrap_or_else(|error| Err(PatchError::Failed(error.to_string())))
}
