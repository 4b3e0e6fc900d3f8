//! How long the web server waits for its peers.
//!
//! Owns: these times and their defaults. Never does: keep them (`connection` and `received` do).

use std::time::Duration;

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the handshake of TLS.
    pub handshake: Duration,
    /// For a request's head.
    pub head: Duration,
    /// For a request's body, before a rate is demanded of it.
    pub body: Duration,
    /// How fast a body has to come on the whole, beyond that time.
    pub body_bytes_per_second: u32,
    /// Between two requests on one connection.
    pub keep_alive: Duration,
    /// For a peer that takes nothing of what is sent to it.
    pub stalled_write: Duration,
    /// Between the answer to a request that was not received to its end, and the end of the connection.
    pub linger: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            body_bytes_per_second: 1_000,
            keep_alive: Duration::from_secs(30),
            stalled_write: Duration::from_mins(1),
            linger: Duration::from_secs(2),
        }
    }
}
