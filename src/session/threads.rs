//! The threads that the calls' actors run on, a few for all calls.
//!
//! Owns: which thread an actor is started on, each thread's heartbeat, and leaving a frozen thread behind. Never does:
//! know what actors do, or start them.
//!
//! An actor never blocks its thread for longer than milliseconds. If one does so all the same, because of a bug, it
//! holds up its neighbours. The [watcher](super::watcher) then leaves the thread to itself and starts all of its calls
//! again from their logs, on other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Arbiter, ArbiterHandle};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// How often a thread beats.
pub(super) const BEAT: Duration = Duration::from_millis(250);
/// Threads for each core. With more than one, a call waits less often for a neighbour's work.
const PER_CORE: usize = 2;

/// The threads that calls may be started on.
pub(super) struct CallThreads {
    threads: Mutex<Vec<Arc<Thread>>>,
    most: usize,
    made: AtomicU64,
}

/// A thread that is shared by the actors of several calls.
pub(super) struct Thread {
    /// Unique in the process.
    pub number: u64,
    arbiter: ArbiterHandle,
    calls: AtomicUsize,
    beats: Arc<AtomicU64>,
    left: CancellationToken,
}

impl Thread {
    fn start(number: u64) -> std::io::Result<Arc<Self>> {
        let arbiter = Arbiter::try_new()?;
        let (beats, left) = (Arc::new(AtomicU64::new(0)), CancellationToken::new());
        let (counted, ends) = (Arc::clone(&beats), left.clone());
        arbiter.spawn(async move {
            while ends.run_until_cancelled(tokio::time::sleep(BEAT)).await.is_some() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            // The actors were told that they are superseded before the thread was left. They have
            // stopped by the next turn of the thread's loop.
            tokio::time::sleep(BEAT).await;
            Arbiter::current().stop();
        });
        Ok(Arc::new(Self { number, arbiter: arbiter.handle(), calls: AtomicUsize::new(0), beats, left }))
    }

    /// The number of its heartbeats so far.
    pub fn beats(&self) -> u64 {
        self.beats.load(Ordering::Relaxed)
    }
}

/// A call's place on a thread.
pub(super) struct Seat(Arc<Thread>);

impl Seat {
    pub fn arbiter(&self) -> &ArbiterHandle {
        &self.0.arbiter
    }

    /// The number of the thread.
    pub fn thread(&self) -> u64 {
        self.0.number
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl CallThreads {
    /// Returns as many threads as suit the machine. They are started when they are needed.
    pub fn for_this_machine() -> Self {
        Self::new(PER_CORE * std::thread::available_parallelism().map_or(1, usize::from))
    }

    fn new(most: usize) -> Self {
        Self { threads: Mutex::default(), most, made: AtomicU64::new(0) }
    }

    /// Returns a place on the thread with the fewest calls.
    ///
    /// # Errors
    /// The system's, if no thread can be started and there is none yet.
    pub fn seat(&self) -> std::io::Result<Seat> {
        let mut threads = self.threads.lock();
        let idlest = threads.iter().min_by_key(|thread| thread.calls.load(Ordering::Relaxed)).cloned();
        let is_idle = idlest.as_ref().is_some_and(|thread| thread.calls.load(Ordering::Relaxed) == 0);
        let thread = match idlest {
            Some(thread) if is_idle || threads.len() >= self.most => thread,
            idlest => match (Thread::start(self.made.fetch_add(1, Ordering::Relaxed)), idlest) {
                (Ok(thread), _) => {
                    threads.push(Arc::clone(&thread));
                    thread
                }
                (Err(_), Some(thread)) => thread,
                (Err(error), None) => return Err(error),
            },
        };
        thread.calls.fetch_add(1, Ordering::Relaxed);
        Ok(Seat(thread))
    }

    /// Returns the threads that calls may be started on.
    pub fn all(&self) -> Vec<Arc<Thread>> {
        self.threads.lock().clone()
    }

    /// Leaves a frozen thread to itself: nothing is started on it any more, and it ends if it ever
    /// continues. Its actors must have been superseded.
    pub fn leave(&self, number: u64) {
        self.threads.lock().retain(|thread| {
            let stays = thread.number != number;
            if !stays {
                thread.left.cancel();
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix::test]
    async fn calls_are_spread_over_the_threads_and_places_become_free() {
        let threads = CallThreads::new(2);
        let seats: Vec<Seat> = (0..4).map(|_| threads.seat().unwrap()).collect();
        assert_eq!(seats.iter().map(Seat::thread).collect::<Vec<_>>(), [0, 1, 0, 1]);
        drop(seats);
        let seat = threads.seat().unwrap();
        assert_eq!((seat.thread(), threads.all().len()), (0, 2), "an idle thread serves again");
    }

    #[actix::test]
    async fn a_thread_beats_until_it_is_frozen_and_nothing_is_started_on_it_after_that() {
        let threads = CallThreads::new(1);
        let seat = threads.seat().unwrap();
        let frozen = threads.all().remove(0);
        let (resume, frozen_until) = std::sync::mpsc::channel::<()>();
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        while frozen.beats() == 0 {
            tokio::task::yield_now().await;
        }
        seat.arbiter().spawn(async move {
            let _ended = ended;
            let _ = frozen_until.recv();
            std::future::pending::<()>().await;
        });
        threads.leave(seat.thread());
        let next = threads.seat().unwrap();
        assert_ne!(next.thread(), seat.thread());
        // The thread continues, and ends.
        resume.send(()).unwrap();
        assert!(end.await.is_err(), "what was left on it is dropped");
    }
}
