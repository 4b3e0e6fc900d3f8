//! The timeouts of the web server.
//!
//! Owns: these times and their defaults. Never does: apply them (`connection` and `received` do).

use std::time::Duration;

/// How long a peer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The TLS handshake.
    pub handshake: Duration,
    /// The head of a request.
    pub head: Duration,
    /// The body of a request, before a minimum rate applies.
    pub body: Duration,
    /// The average rate of a body after that time, in bytes per second.
    pub body_bytes_per_second: u32,
    /// The idle time between two requests on one connection.
    pub keep_alive: Duration,
    /// The time for which a peer may accept none of the data that is sent to it.
    pub stalled_write: Duration,
    /// The time between the answer to a request that was not received completely and the end of the
    /// connection.
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
