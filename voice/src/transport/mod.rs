//! Bytes in and out: WebRTC now; SIP and the local microphone later, behind the same [`Link`].
//!
//! Owns: connections and packets. Never does: decode, pace or understand audio.

pub mod webrtc;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;

/// One audio packet from the other side.
#[derive(Debug, Clone)]
pub struct Packet {
    pub sequence: u16,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    pub payload: Bytes,
    pub arrived: Instant,
}

/// What became of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEvent {
    Connected,
    /// No longer reachable; may come back.
    Lost,
    Closed,
}

/// A connected (or connecting) leg of a call.
pub struct Link {
    /// Bounded; a full queue drops the newest packet and counts it.
    pub packets: mpsc::Receiver<Packet>,
    pub events: mpsc::Receiver<LinkEvent>,
    pub sink: Arc<dyn PacketSink>,
}

#[async_trait]
pub trait PacketSink: Send + Sync {
    /// Sends one Opus packet of 20 ms. `marker`: the first after silence. `skipped`: frames of silence since the last one
    /// (the RTP timestamp moves on by them, the sequence number does not).
    async fn send(&self, payload: Bytes, marker: bool, skipped: u32) -> Result<(), TransportError>;
    /// Closes the connection and everything that belongs to it.
    async fn close(&self);
}

/// A STUN or TURN server, in the shape that browsers take (`RTCIceServer`).
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    // The credential is a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

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

#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error("the offer can't be read: {0}")]
    BadOffer(String),
    #[error("the offer has no Opus audio")]
    NoCodec,
    #[error("no free UDP port in {0}")]
    NoPort(String),
    #[error("connection: {0}")]
    Connection(String),
    #[error("closed")]
    Closed,
}
