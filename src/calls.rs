//! The operations on live calls that the API and signalling use. The session layer implements them.

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
    #[error("this interview already has a live call")]
    AlreadyLive,
    /// The lease of the other engine expires after so many seconds unless it is renewed.
    #[error("this interview has a live call at another engine")]
    Elsewhere { retry_after_s: u64 },
    #[error("the engine has as many calls as it can serve")]
    Full { retry_after_s: u64 },
    #[error("the interview is over")]
    Over,
    /// The call was admitted, but its connection could not be made.
    #[error(transparent)]
    Connection(#[from] TransportError),
    #[error("calls cannot be accepted at present: {0}")]
    Unavailable(String),
}

/// Makes the connection of a call after the call has been admitted. This is the part of a join that
/// belongs to signalling.
#[async_trait]
pub trait Connect: Send {
    async fn connect(&mut self) -> Result<Box<dyn AudioPort>, TransportError>;
}

/// The call does not exist, or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such call")]
pub struct NotLive;

/// A message for the page, as it is sent over the events socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = CallMessage)]
pub struct PageMessage {
    /// The number of the message within the interview, which `?after=` refers to.
    pub seq: u64,
    /// The time on the call clock in milliseconds.
    pub at_ms: Ms,
    #[serde(flatten)]
    pub notice: Notice,
    /// The message that this one replaces, which is a partial caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
}

/// The speech engines and the proposer, for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EngineInfo {
    /// The engine and the model, such as `whisper base-q8_0` or `scripted`.
    pub stt: String,
    pub tts: String,
    pub turn: String,
    pub vad: String,
    /// The proposer of follow-ups.
    pub proposer: String,
    /// True if any of these is a scripted stand-in.
    pub scripted: bool,
    /// True if new calls are accepted. It is false while the engine drains.
    pub accepting: bool,
    /// The value of MAX_CONCURRENT_INTERVIEWS.
    pub capacity: usize,
}

/// The reason why joins of an interview can't be blocked.
#[derive(Debug, thiserror::Error)]
pub enum JoinBlockError {
    #[error("interview {0} has a live call")]
    Live(Uuid),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// While this exists, nobody can join the interviews that it was made for.
pub struct JoinBlock(#[allow(dead_code)] Box<dyn std::any::Any + Send>);

impl JoinBlock {
    /// `lift` is dropped when the block is lifted.
    pub fn new(lift: impl std::any::Any + Send) -> Self {
        Self(Box::new(lift))
    }
}

/// What was deleted of some interviews outside of tables and stored files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Files of recordings that this engine had and the store did not.
    pub recordings: u64,
    pub recording_bytes: u64,
    pub page_messages: u64,
    pub refused_events: u64,
    pub clips: u64,
}

/// The operation is not possible yet, because events are still waiting for the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events are still waiting for the database")]
pub struct StillWaiting;

/// The live calls of this engine.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Starts a call, or continues it over another connection. `takeover` ends a live call of
    /// another client. Returns the id of the call. `connection` is asked for a port only after the
    /// call is admitted.
    async fn join(&self, interview_id: Uuid, takeover: bool, connection: &mut dyn Connect)
    -> Result<String, JoinError>;
    /// Ends this call. Another call of the same interview is not affected.
    async fn hang_up(&self, interview_id: Uuid, call_id: &str) -> Result<(), NotLive>;
    async fn command(&self, interview_id: Uuid, command: Command) -> Result<(), NotLive>;
    /// Returns the final messages after `after`, or all of them without it, and a subscription to
    /// all later ones. Messages in both have the same `seq`. This also works before the call
    /// begins.
    fn subscribe(&self, interview_id: Uuid, after: Option<u64>)
    -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>);
    /// Prepares the call of a scheduled interview in the background.
    fn prepare(&self, _interview_id: Uuid) {}
    /// Keeps everybody out of these interviews, on any engine.
    ///
    /// # Errors
    /// Returns [`JoinBlockError::Live`] with an interview that has a live call.
    async fn block_joins(&self, interviews: &[Uuid]) -> Result<JoinBlock, JoinBlockError>;
    /// Waits until everything said in these interviews is committed. Then deletes what is kept of
    /// them outside of tables and the store of files: refused events, the page's messages, clips
    /// with personal words, and recordings that are not uploaded yet.
    async fn forget(&self, interviews: &[Uuid]) -> Result<Forgotten, StillWaiting>;
    /// Returns the number of live calls.
    fn active(&self) -> usize;
    fn engines(&self) -> EngineInfo;
}
