//! The heartbeat of one run of a part, and the signal that the run has been superseded.
//!
//! Owns: what a run and its supervisor share: a count of heartbeats, how the run ended, and whether
//! another run has replaced it. Never does: judge any of this. The supervisor does.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The interval of heartbeats while a run waits.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);

/// Why a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The run panicked.
    Panicked,
    /// The run did not beat within its limit.
    Frozen,
    /// The run returned, although it was meant to run until it is stopped.
    Ended,
}

impl End {
    pub const ALL: [Self; 3] = [Self::Panicked, Self::Frozen, Self::Ended];

    /// Returns the label in metrics and health.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::Frozen => "frozen",
            Self::Ended => "ended",
        }
    }
}

/// A fault that tests inject into a part. Release builds, which have no debug assertions, do not
/// contain it.
#[cfg(debug_assertions)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    Panic,
    /// Blocks the thread for this long.
    Freeze(Duration),
}

/// The state that a run shares with its supervisor.
#[derive(Debug, Default)]
pub struct Heartbeat {
    beats: AtomicU64,
    /// Cancelled when another run has replaced this one, or when the part is stopped. The run must
    /// not act after that.
    superseded: CancellationToken,
    end: Mutex<Option<End>>,
    /// The fault to inject at the next heartbeat.
    #[cfg(debug_assertions)]
    fault: Mutex<Option<InjectedFault>>,
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

    /// Returns how the run ended, or `None` while it continues.
    pub fn end(&self) -> Option<End> {
        *self.end.lock()
    }

    /// Waits for `time`, and beats.
    pub async fn pause(&self, time: Duration) {
        self.during(tokio::time::sleep(time)).await;
    }

    /// Beats while `work` is awaited. This is for work that may take longer than the limit. A
    /// blocked thread does not beat.
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

    /// Injects a fault at the next heartbeat.
    #[cfg(debug_assertions)]
    pub fn inject(&self, fault: InjectedFault) {
        *self.fault.lock() = Some(fault);
    }

    #[cfg(debug_assertions)]
    fn suffer(&self) {
        let fault = self.fault.lock().take();
        match fault {
            None => {}
            Some(InjectedFault::Panic) => panic!("injected fault"),
            Some(InjectedFault::Freeze(time)) => std::thread::sleep(time),
        }
    }
}

/// A run holds this as long as it continues. Dropping it ends the run, also during a panic.
#[derive(Debug)]
pub struct Run(Arc<Heartbeat>);

impl Run {
    pub fn new(heartbeat: Arc<Heartbeat>) -> Self {
        Self(heartbeat)
    }

    /// Returns the heartbeat, to be shared with everything that the run consists of.
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
