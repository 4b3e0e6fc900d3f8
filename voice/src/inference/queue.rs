//! The queue before the inference threads, and the threads.
//!
//! Owns: the first-in-first-out queues, one a priority, under one lock, and who may take what.
//! Never does: look into the work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{PRIORITIES, Priority};

/// Runs the work.
type Work = Box<dyn FnOnce() -> Done + Send>;

/// Work that has been run.
pub(super) struct Done {
    pub(super) panicked: bool,
    /// Tells who waits. It is called after the accounts are made up, so that who has the answer sees them.
    pub(super) reply: Box<dyn FnOnce() + Send>,
}

/// Held background work begins nevertheless once it has waited for so long: on an engine with many calls somebody is
/// always speaking.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a thread looks whether that has come.
const LOOK: Duration = Duration::from_secs(1);

struct Job {
    id: u64,
    queued: Instant,
    work: Work,
}

/// What the scheduler did so far. Arrays are indexed by `priority as usize`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Threads there are.
    pub threads: usize,
    /// Threads at work now.
    pub busy: usize,
    /// Work that waits now.
    pub queued: [usize; PRIORITIES],
    /// Work that was begun.
    pub started: [u64; PRIORITIES],
    /// Sum of the times that begun work had waited: divide by `started` for the mean.
    pub waited: [Duration; PRIORITIES],
    /// Work withdrawn before it began.
    pub withdrawn: u64,
    pub panicked: u64,
}

#[derive(Default)]
struct State {
    waiting: [VecDeque<Job>; PRIORITIES],
    stats: Stats,
    next_id: u64,
    /// Turns that are open: see [`super::Inference::hold_background`].
    holds: usize,
    closed: bool,
}

impl State {
    /// The next job that may run now. What nobody waits for must leave a thread free for a turn that ends meanwhile.
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
    /// Number of the queued job, or none when the threads have been told to end.
    pub(super) fn push(&self, priority: Priority, work: Work) -> Option<u64> {
        let mut state = self.state.lock();
        if state.closed {
            return None;
        }
        let id = state.next_id;
        state.next_id += 1;
        state.waiting[priority as usize].push_back(Job { id, queued: Instant::now(), work });
        // One is enough: whether a job may begin depends on how many threads are busy, not on which one asks, and a
        // thread that finishes asks by itself.
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
            // The work may own much; it is freed outside the lock.
            drop(job);
        }
    }

    pub(super) fn hold(&self) {
        self.state.lock().holds += 1;
    }

    pub(super) fn release(&self) {
        let mut state = self.state.lock();
        state.holds -= 1;
        // One that finishes takes the next by itself, see `push`.
        if state.holds == 0 {
            self.changed.notify_one();
        }
    }

    pub(super) fn stats(&self) -> Stats {
        let state = self.state.lock();
        Stats { queued: std::array::from_fn(|index| state.waiting[index].len()), ..state.stats }
    }

    /// Takes no more work, and forgets what waits.
    fn shut(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.changed.notify_all();
        // Dropping the work drops its reply, which tells whoever waits for it.
        drop(waiting);
    }

    /// The same; returns when nothing runs any more.
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

/// Keeps the threads alive; dropping it ends them.
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
