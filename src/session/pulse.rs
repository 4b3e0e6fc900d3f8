//! An actor's sign of life, and the word that it has been replaced.
//!
//! Owns: two flags that actor and watcher share. Never does: judge them (the watcher does).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often a living actor says so.
pub const HEARTBEAT: Duration = Duration::from_millis(500);

/// Sign of life, read by the watcher.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: AtomicU64,
    /// Raised when another actor has taken this one's place: the old one must not act any more.
    deposed: AtomicBool,
}

impl Pulse {
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    pub fn depose(&self) {
        self.deposed.store(true, Ordering::Release);
    }

    pub fn is_deposed(&self) -> bool {
        self.deposed.load(Ordering::Acquire)
    }
}
