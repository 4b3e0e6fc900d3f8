//! What may be asked of live calls, by the API and by signalling. The session layer implements it.

use async_trait::async_trait;
use interview::io::{Command, Ms, Notice};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;
use uuid::Uuid;

use storage::StorageError;
use voice::port::AudioPort;
use voice::transport::TransportError;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    #[error("a call is live in this interview already")]
    AlreadyLive,
    /// After so many seconds the other engine's lease expires, unless it is renewed.
    #[error("a call is live in this interview at another engine")]
    Elsewhere { retry_after_s: u64 },
    #[error("the engine holds as many calls as it can")]
    Full { retry_after_s: u64 },
    #[error("the interview is over")]
    Over,
    /// The call was admitted, and its connection could not be made.
    #[error(transparent)]
    Connection(#[from] TransportError),
    #[error("calls can't be taken now: {0}")]
    Unavailable(String),
}

/// Makes the connection of a call, once the call has been admitted: the part of a join that belongs to signalling.
#[async_trait]
pub trait Connect: Send {
    async fn connect(&mut self) -> Result<Box<dyn AudioPort>, TransportError>;
}

/// There is no such call (any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such call")]
pub struct NotLive;

/// A message for the page, as it goes over the events socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CallMessage)]
pub struct PageMessage {
    /// Counted up per interview; what `?after=` names.
    pub seq: u64,
    /// Milliseconds on the call clock.
    pub at_ms: Ms,
    #[serde(flatten)]
    pub notice: Notice,
    /// The message (a partial caption) that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
}

/// What speaks and listens, for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineInfo {
    /// Engine and model: `whisper base-q8_0`, `scripted`.
    pub stt: String,
    pub tts: String,
    pub turn: String,
    pub vad: String,
    /// Who proposes follow-ups.
    pub proposer: String,
    /// Any of these is a scripted stand-in.
    pub scripted: bool,
    /// New calls are taken (not while draining).
    pub accepting: bool,
    /// MAX_CONCURRENT_INTERVIEWS.
    pub capacity: usize,
}

/// Why an interview can't be barred.
#[derive(Debug, thiserror::Error)]
pub enum BarError {
    #[error("a call is on in interview {0}")]
    Live(Uuid),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// While it lives, nobody gets into the interviews it was made for.
pub struct Bar(#[allow(dead_code)] Box<dyn std::any::Any + Send>);

impl Bar {
    /// `lift` is dropped when the bar is lifted.
    pub fn new(lift: impl std::any::Any + Send) -> Self {
        Self(Box::new(lift))
    }
}

/// What was dropped of some interviews, beside tables and stored files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Files of recordings that this engine had and the store did not.
    pub recordings: u64,
    pub recording_bytes: u64,
    pub page_messages: u64,
    pub refused_events: u64,
    pub clips: u64,
}

/// It can't be done now: events still wait for the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events still wait for the database")]
pub struct StillWaiting;

/// The live calls of this engine.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Begins the call, or goes on with it over another connection; `takeover` ends the one that somebody is on. Returns the
    /// call's id. `connection` is asked for a port only when the call is admitted.
    async fn join(&self, interview_id: Uuid, takeover: bool, connection: &mut dyn Connect)
    -> Result<String, JoinError>;
    /// Ends this call; another call of the same interview is left alone.
    async fn hang_up(&self, interview_id: Uuid, call_id: &str) -> Result<(), NotLive>;
    async fn command(&self, interview_id: Uuid, command: Command) -> Result<(), NotLive>;
    /// Final messages after `after` (all of them without), and everything from now on. Messages in both have the same
    /// `seq`. Works before the call begins, too.
    fn subscribe(&self, interview_id: Uuid, after: Option<u64>)
    -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>);
    /// An interview was scheduled: whatever can be made ready for its call may be made now, in the background.
    fn prepare(&self, _interview_id: Uuid) {}
    /// Keeps everybody out of these interviews, on any engine.
    ///
    /// # Errors
    /// [`BarError::Live`] with an interview that somebody is in.
    async fn bar(&self, interviews: &[Uuid]) -> Result<Bar, BarError>;
    /// Waits until everything said in these interviews is committed, then drops what is kept of them beside tables and
    /// the store of files: refused events, the page's messages, clips with personal words, recordings that are not stored yet.
    async fn forget(&self, interviews: &[Uuid]) -> Result<Forgotten, StillWaiting>;
    /// Calls that are live.
    fn active(&self) -> usize;
    fn engines(&self) -> EngineInfo;
}
