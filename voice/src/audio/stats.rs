//! The counters of a call's media.
//!
//! Owns: what is counted. Never does: count; the port and the sending task do.

use std::sync::atomic::AtomicU64;

/// The counters of a call since its start.
#[derive(Debug, Default)]
pub struct MediaStats {
    pub packets_received: AtomicU64,
    /// Packets that arrived after their place had been filled.
    pub packets_late: AtomicU64,
    pub packets_lost: AtomicU64,
    /// Packets that are not of the leg's codec.
    pub packets_malformed: AtomicU64,
    /// Frames that were dropped because the listener was too slow.
    pub frames_dropped: AtomicU64,
    pub events_dropped: AtomicU64,
    pub packets_sent: AtomicU64,
    /// Packets that were sent more than 10 ms late.
    pub deadline_misses: AtomicU64,
    /// Frames that were skipped because sending was too late to catch up.
    pub frames_skipped: AtomicU64,
    /// How long the jitter buffer waits for a missing packet at present, in ms.
    pub jitter_depth_ms: AtomicU64,
}
