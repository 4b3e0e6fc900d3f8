//! An actor's sign of life, and the word that it has been replaced.
//!
//! Owns: two flags that actor and watcher share. Never does: judge them (the watcher does).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often a living actor says so.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);

/// Sign of life, read by the watcher.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// Raised when another actor has taken this one's place: the old one must not act any more.
    superseded: AtomicBool,
}

impl Heartbeat {
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    pub fn supersede(&self) {
        self.superseded.store(true, Ordering::Release);
    }

    pub fn is_superseded(&self) -> bool {
        self.superseded.load(Ordering::Acquire)
    }
}
