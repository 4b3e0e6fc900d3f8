//! Packets in both directions over a connection, as a [`Link`]: WebRTC today, and any other
//! transport that carries RTP.
//!
//! Owns: connections and packets. Never does: decode, pace or understand audio.

pub mod webrtc;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::port::LegEvent;

/// An audio packet from the other side.
#[derive(Debug, Clone)]
pub struct Packet {
    pub sequence: u16,
    /// The RTP timestamp, in units of the codec's clock (48 kHz for Opus).
    pub timestamp: u32,
    pub payload: Bytes,
    pub arrived: Instant,
}

/// A leg of a call that is connected or connecting.
pub struct Link {
    /// A bounded queue. If it is full, the newest packet is dropped and counted.
    pub packets: mpsc::Receiver<Packet>,
    pub events: mpsc::Receiver<LegEvent>,
    pub sink: Arc<dyn PacketSink>,
}

#[async_trait]
pub trait PacketSink: Send + Sync {
    /// Sends one Opus packet of 20 ms. `marker` is true for the first packet after silence.
    /// `skipped` is the number of frames of silence since the last packet: the RTP timestamp
    /// advances by them, and the sequence number does not.
    async fn send(&self, payload: Bytes, marker: bool, skipped: u32) -> Result<(), TransportError>;
    /// Closes the connection and everything that belongs to it.
    async fn close(&self);
}

/// A STUN or TURN server, in the form that browsers accept (`RTCIceServer`).
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct IceServer {
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl std::fmt::Debug for IceServer {
    // The credential is a secret and must not be printed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    #[error("the offer can't be used: {0}")]
    BadOffer(String),
    #[error("the offer has no codec that can be used: Opus is needed")]
    NoCodec,
    #[error("every UDP port in {0} is in use")]
    NoPort(String),
    #[error("the connection failed: {0}")]
    Connection(String),
    #[error("closed")]
    Closed,
}
