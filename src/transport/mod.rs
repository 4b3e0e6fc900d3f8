//! Bytes in and out: WebRTC now; SIP and the local microphone later, behind the same [`Link`].
//!
//! Owns: connections and packets. Never does: decode, pace or understand audio.

pub mod webrtc;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
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
