//! The sign of life of one run of a part, and the word that the run has been replaced.
//!
//! Owns: what a run and its supervisor share: a count of heartbeats, how the run ended, and whether
//! another run has taken its place. Never does: judge any of it. The supervisor does.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often a run beats while it waits for something.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It panicked.
    Panicked,
    /// It did not beat within its limit.
    Frozen,
    /// It returned although it was meant to run until it is stopped.
    Ended,
}

impl End {
    pub const ALL: [Self; 3] = [Self::Panicked, Self::Frozen, Self::Ended];

    /// As metrics and health name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::Frozen => "frozen",
            Self::Ended => "ended",
        }
    }
}

/// What a bug in a part would do. It exists for tests: a release build, which has no debug
/// assertions, is without it.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    Panic,
    /// Blocks the thread for so long.
    Freeze(Duration),
}

/// Shared by a run and whoever watches it.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// Cancelled when another run has taken this one's place, or the part is stopped: it must not
    /// act any more.
    superseded: CancellationToken,
    end: Mutex<Option<End>>,
    /// What the next heartbeat does.
    #[cfg(debug_assertions)]
    sabotage: Mutex<Option<Sabotage>>,
}

impl Heartbeat {
    pub fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
        #[cfg(debug_assertions)]
        self.suffer();
    }

    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }

    pub fn supersede(&self) {
        self.superseded.cancel();
    }

    pub fn is_superseded(&self) -> bool {
        self.superseded.is_cancelled()
    }

    /// Returns when the run must not act any more.
    pub async fn superseded(&self) {
        self.superseded.cancelled().await;
    }

    /// How the run ended; none while it goes on.
    pub fn end(&self) -> Option<End> {
        *self.end.lock()
    }

    /// Waits for `time`, beating.
    pub async fn pause(&self, time: Duration) {
        self.during(tokio::time::sleep(time)).await;
    }

    /// Beats while `work` is awaited, for work that may take longer than the limit. A thread that
    /// is blocked does not beat.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        let mut ticks = interval(HEARTBEAT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => self.beat(),
            }
        }
    }

    /// The next heartbeat does this.
    #[cfg(debug_assertions)]
    pub fn sabotage(&self, sabotage: Sabotage) {
        *self.sabotage.lock() = Some(sabotage);
    }

    #[cfg(debug_assertions)]
    fn suffer(&self) {
        let sabotage = self.sabotage.lock().take();
        match sabotage {
            None => {}
            Some(Sabotage::Panic) => panic!("sabotage"),
            Some(Sabotage::Freeze(time)) => std::thread::sleep(time),
        }
    }
}

/// Held by a run for as long as it goes on: dropping it says that the run is over, by a panic or
/// without one.
#[derive(Debug)]
pub struct Run(Arc<Heartbeat>);

impl Run {
    pub fn new(heartbeat: Arc<Heartbeat>) -> Self {
        Self(heartbeat)
    }

    /// To be given to whatever the run consists of.
    pub fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.0)
    }
}

impl Deref for Run {
    type Target = Heartbeat;

    fn deref(&self) -> &Heartbeat {
        &self.0
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let end = if std::thread::panicking() { End::Panicked } else { End::Ended };
        self.0.end.lock().get_or_insert(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_how_it_ended() {
        let heartbeat = Arc::new(Heartbeat::default());
        let run = Run::new(Arc::clone(&heartbeat));
        assert_eq!(heartbeat.end(), None);
        drop(run);
        assert_eq!(heartbeat.end(), Some(End::Ended));

        let heartbeat = Arc::new(Heartbeat::default());
        let run = Run::new(Arc::clone(&heartbeat));
        let panicked = std::thread::spawn(move || {
            let _run = run;
            panic!("as it must");
        });
        assert!(panicked.join().is_err());
        assert_eq!(heartbeat.end(), Some(End::Panicked));
    }

    #[tokio::test]
    async fn whoever_waits_beats() {
        let heartbeat = Heartbeat::default();
        heartbeat.pause(HEARTBEAT_INTERVAL * 5 / 2).await;
        assert!(heartbeat.beats() >= 2, "{}", heartbeat.beats());
    }
}
