//! The queue of the inference threads, and the threads.
//!
//! Owns: one first-in-first-out queue per priority, all under one lock, and the rules by which
//! threads take work. Never does: inspect the work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{PRIORITIES, Priority};

/// A function that runs the work.
type Work = Box<dyn FnOnce() -> Done + Send>;

/// Work that has been run.
pub(super) struct Done {
    pub(super) panicked: bool,
    /// Sends the result to the waiting task. It is called after the statistics are updated, so that
    /// whoever has the result sees them.
    pub(super) reply: Box<dyn FnOnce() + Send>,
}

/// Held background work begins nevertheless after it has waited this long, because somebody is
/// always speaking on an engine with many calls.
const PATIENCE: Duration = Duration::from_secs(10);
/// The interval at which a thread checks whether [`PATIENCE`] has passed.
const LOOK: Duration = Duration::from_secs(1);

struct Job {
    id: u64,
    queued: Instant,
    work: Work,
}

/// Statistics of the scheduler since its start. Arrays are indexed by `priority as usize`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// The number of threads.
    pub threads: usize,
    /// Threads that are working now.
    pub busy: usize,
    /// Jobs that are waiting now.
    pub queued: [usize; PRIORITIES],
    /// Jobs that were begun.
    pub started: [u64; PRIORITIES],
    /// The sum of the times for which the begun jobs had waited. Divided by `started`, it is the
    /// mean.
    pub waited: [Duration; PRIORITIES],
    /// Jobs that were withdrawn before they began.
    pub withdrawn: u64,
    pub panicked: u64,
}

#[derive(Default)]
struct State {
    waiting: [VecDeque<Job>; PRIORITIES],
    stats: Stats,
    next_id: u64,
    /// The number of open turns. See [`super::Inference::hold_background`].
    holds: usize,
    closed: bool,
}

impl State {
    /// Returns the next job that may run now. Jobs that nobody waits for must leave a thread free
    /// for a turn that ends meanwhile.
    fn take(&mut self) -> Option<Job> {
        for priority in Priority::ALL {
            let spare = self.stats.threads - self.stats.busy;
            if priority >= Priority::Ahead && spare < 2 {
                return None;
            }
            let index = priority as usize;
            let held = priority == Priority::Background && self.holds > 0;
            if held && self.waiting[index].front().is_none_or(|job| job.queued.elapsed() < PATIENCE) {
                return None;
            }
            if let Some(job) = self.waiting[index].pop_front() {
                self.stats.busy += 1;
                self.stats.started[index] += 1;
                self.stats.waited[index] += job.queued.elapsed();
                return Some(job);
            }
        }
        None
    }
}

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    /// Queues a job and returns its number, or `None` if the threads have been told to end.
    pub(super) fn push(&self, priority: Priority, work: Work) -> Option<u64> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let id = state.next_id;
        state.next_id += 1;
        state.waiting[priority as usize].push_back(Job { id, queued: Instant::now(), work });
        // Waking one thread is enough. Whether a job may begin depends on how many threads are busy
        // and not on which one asks, and a thread that finishes a job asks for the next one itself.
        self.changed.notify_one();
        Some(id)
    }

    pub(super) fn withdraw(&self, priority: Priority, id: u64) {
        let mut state = self.state.lock();
        let waiting = &mut state.waiting[priority as usize];
        if let Some(place) = waiting.iter().position(|job| job.id == id) {
            let job = waiting.remove(place);
            state.stats.withdrawn += 1;
            drop(state);
            // The work may own much memory, so it is freed outside the lock.
            drop(job);
        }
    }

    pub(super) fn hold(&self) {
        self.state.lock().holds += 1;
    }

    pub(super) fn release(&self) {
        let mut state = self.state.lock();
        state.holds -= 1;
        // A thread that finishes a job takes the next one itself, as described in `push`.
        if state.holds == 0 {
            self.changed.notify_one();
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.state.lock();
        Stats { queued: std::array::from_fn(|index| state.waiting[index].len()), ..state.stats }
    }

    /// Accepts no more work, and drops waiting work.
    fn shut(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        // Dropping the work drops its reply, which notifies the waiting task.
        drop(waiting);
    }

    /// Like `shut`, but returns only when no work is running.
    pub(super) fn close(&self) {
        self.shut();
        let mut state = self.state.lock();
        while state.stats.busy > 0 {
            self.changed.wait(&mut state);
        }
    }

    fn work(&self) {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return;
            }
            let Some(job) = state.take() else {
                if state.holds > 0 && !state.waiting[Priority::Background as usize].is_empty() {
                    self.changed.wait_for(&mut state, LOOK);
                } else {
                    self.changed.wait(&mut state);
                }
                continue;
            };
            drop(state);
            let done = (job.work)();
            state = self.state.lock();
            state.stats.busy -= 1;
            state.stats.panicked += u64::from(done.panicked);
            MutexGuard::unlocked(&mut state, done.reply);
            if state.closed {
                self.changed.notify_all();
            }
        }
    }
}

/// Keeps the threads alive. Dropping it ends them.
pub(super) struct Owner {
    queue: Arc<Queue>,
}

impl Owner {
    pub(super) fn start(threads: usize) -> Self {
        let state = State { stats: Stats { threads: 0, ..Stats::default() }, ..State::default() };
        let queue = Arc::new(Queue { state: Mutex::new(state), changed: Condvar::new() });
        for number in 0..threads {
            let of_thread = Arc::clone(&queue);
            let spawned = thread::Builder::new().name(format!("inference-{number}")).spawn(move || of_thread.work());
            match spawned {
                Ok(_) => queue.state.lock().stats.threads += 1,
                Err(error) => tracing::error!(%error, number, "an inference thread could not be started"),
            }
        }
        Self { queue }
    }

    pub(super) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.queue.shut();
    }
}
