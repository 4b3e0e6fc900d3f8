//! The queue of events that wait for the database.
//!
//! Owns: which batches are tried next, and which batch is at fault. A batch that fails while others
//! are committed is tried separately, at growing intervals, and is set aside after a bounded number
//! of attempts. Batches of other interviews continue in the meantime. The queue outlives the
//! writer, so the batches of a lost writer are still in it. Never does: write, or wait.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{AppendError, Forget};
use storage::Batch;

/// The number of records that may wait for the database. This is enough for hours of a few calls or
/// minutes of many.
const MAX_WAITING: usize = 200_000;
/// The number of batches in one transaction.
const GROUP: usize = 256;

/// How long a batch that fails separately is retried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The number of attempts. Between any two of them, a batch of another interview was committed.
    pub tries: u32,
    /// The pause between the first two attempts. Each further pause is twice as long.
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Patience {
    /// The default is about two minutes, which is longer than any lock in the database is held.
    fn default() -> Self {
        Self { tries: 30, first: Duration::from_millis(100), longest: Duration::from_secs(5) }
    }
}

impl Patience {
    pub(super) fn pauses(&self) -> ExponentialBackoff {
        ExponentialBuilder::new().with_min_delay(self.first).with_max_delay(self.longest).without_max_times().build()
    }
}

pub(super) type Reply = oneshot::Sender<Result<(), AppendError>>;

/// A batch on its way to the log.
pub(super) struct Waiting {
    number: u64,
    pub batch: Arc<Batch>,
    /// `None` for a batch from the spool.
    pub reply: Option<Reply>,
    spooled: bool,
    /// An attempt ended without an answer, so the database may have stored the batch.
    doubtful: bool,
}

/// A batch that the writer is processing. It remains in the queue until it is settled.
pub(super) struct InHand {
    pub number: u64,
    pub batch: Arc<Batch>,
    /// An earlier attempt ended without an answer, so the database may have stored the batch.
    pub doubtful: bool,
    /// Nobody receives the outcome.
    pub unheard: bool,
}

/// An interview whose first batch failed separately.
struct Hold {
    until: Instant,
    pauses: ExponentialBackoff,
    /// The number of failures between which others were committed.
    failures: u32,
    /// The value of `Queue::committed` at the last failure.
    committed: u64,
}

/// What the writer does next.
pub(super) enum Next {
    Write(Vec<InHand>),
    /// Nothing is due before this time.
    At(Instant),
    /// Nothing waits.
    Nothing,
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// The number of records in `waiting`.
    records: usize,
    numbers: u64,
    /// The numbers of the batches that the writer is processing.
    writing: Vec<u64>,
    /// A group has failed. That says nothing about its members, so they are tried one at a time.
    doubt: bool,
    held: HashMap<Uuid, Hold>,
    /// The number of groups that were committed.
    committed: u64,
    /// The spool of an earlier process has been checked.
    looked: bool,
    /// The content of the spool has been added to the queue.
    loaded: bool,
    /// Interviews whose log ends before their last events.
    broken: HashSet<Uuid>,
    flushes: Vec<(Option<Uuid>, oneshot::Sender<()>)>,
    forgets: Vec<Forget>,
    patience: Patience,
}

impl Queue {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, ..Self::default() }
    }

    /// Returns the number of records that wait.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    pub(super) fn batches(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a batch, unless the queue is full.
    pub(super) fn push(&mut self, batch: Batch, reply: Reply) -> bool {
        if self.records + batch.records.len() > MAX_WAITING {
            // The receiver may be gone, if its session is.
            let _ = reply.send(Err(AppendError::Full));
            return false;
        }
        let waiting = self.enlisted(batch, Some(reply));
        self.waiting.push_back(waiting);
        true
    }

    /// Returns true if the content of the spool has been added.
    pub(super) fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Adds the batches of an earlier process before everything else.
    pub(super) fn load(&mut self, batches: Vec<Batch>) {
        (self.looked, self.loaded) = (true, true);
        for batch in batches.into_iter().rev() {
            let waiting = self.enlisted(batch, None);
            self.waiting.push_front(waiting);
        }
        self.answer_flushes();
    }

    /// Records that the spool cannot be read now. Nothing waits for it.
    pub(super) fn not_loaded(&mut self) {
        self.looked = true;
        self.answer_flushes();
    }

    fn enlisted(&mut self, batch: Batch, reply: Option<Reply>) -> Waiting {
        self.numbers += 1;
        self.records += batch.records.len();
        let spooled = reply.is_none();
        Waiting { number: self.numbers, batch: Arc::new(batch), reply, spooled, doubtful: false }
    }

    pub(super) fn next(&mut self, now: Instant) -> Next {
        if self.waiting.is_empty() {
            return Next::Nothing;
        }
        let due = |hold: &Hold| hold.until <= now;
        // It is tried separately, so that it cannot delay others again.
        let first_held = || self.waiting.iter().find(|one| self.held.get(&one.batch.interview_id).is_some_and(due));
        let held = if self.held.is_empty() { None } else { first_held() };
        let chosen: Vec<&Waiting> = if let Some(held) = held {
            vec![held]
        } else {
            let free = self.waiting.iter().filter(|one| !self.held.contains_key(&one.batch.interview_id));
            free.take(if self.doubt { 1 } else { GROUP }).collect()
        };
        if chosen.is_empty() {
            let first = self.held.values().map(|hold| hold.until).min();
            return first.map_or(Next::Nothing, Next::At);
        }
        self.writing = chosen.iter().map(|one| one.number).collect();
        let in_hand = |one: &Waiting| InHand {
            number: one.number,
            batch: Arc::clone(&one.batch),
            doubtful: one.doubtful,
            unheard: one.reply.is_none() || self.broken.contains(&one.batch.interview_id),
        };
        Next::Write(chosen.into_iter().map(in_hand).collect())
    }

    /// Removes a batch that is committed or refused, after everything that follows from that is
    /// done.
    pub(super) fn settle(&mut self, number: u64) -> Option<Waiting> {
        self.writing.retain(|writing| *writing != number);
        let settled = self.remove(number)?;
        self.held.remove(&settled.batch.interview_id);
        Some(settled)
    }

    /// Records that everything in progress is settled, so the database accepts events.
    pub(super) fn committed(&mut self) {
        self.committed += 1;
        self.doubt = false;
    }

    /// Records that the database did not answer. No batch is at fault.
    pub(super) fn put_back(&mut self) {
        self.doubted();
        self.doubt = true;
        self.writing.clear();
    }

    /// Records that the database refused the batches in progress for a reason that may be
    /// temporary, or that the writer was lost while processing them. Returns the batch to set
    /// aside, if it was a single batch and has failed often enough.
    pub(super) fn failed(&mut self, now: Instant) -> Option<Waiting> {
        self.doubted();
        let writing = std::mem::take(&mut self.writing);
        let [number] = writing[..] else {
            self.doubt |= !writing.is_empty();
            return None;
        };
        let interview = self.waiting.iter().find(|one| one.number == number)?.batch.interview_id;
        let (committed, patience) = (self.committed, self.patience);
        let hold = self.held.entry(interview).or_insert_with(|| Hold {
            until: now,
            pauses: patience.pauses(),
            failures: 0,
            committed: u64::MAX,
        });
        // If nothing was committed in between, the database may be at fault, for example because
        // its disk is full.
        if hold.committed == u64::MAX || hold.committed < committed {
            hold.failures += 1;
        }
        hold.committed = committed;
        hold.until = now + hold.pauses.next().unwrap_or(patience.longest);
        if hold.failures < patience.tries {
            return None;
        }
        self.held.remove(&interview);
        self.broken.insert(interview);
        self.remove(number)
    }

    fn doubted(&mut self) {
        let writing = &self.writing;
        self.waiting.iter_mut().filter(|one| writing.contains(&one.number)).for_each(|one| one.doubtful = true);
    }

    fn remove(&mut self, number: u64) -> Option<Waiting> {
        let place = self.waiting.iter().position(|one| one.number == number)?;
        let one = self.waiting.remove(place)?;
        self.records -= one.batch.records.len();
        Some(one)
    }

    /// Returns true if nothing waits, of this interview or of any.
    pub(super) fn is_done(&self, interview: Option<Uuid>) -> bool {
        self.looked
            && match interview {
                None => self.waiting.is_empty(),
                Some(id) => self.waiting.iter().all(|one| one.batch.interview_id != id),
            }
    }

    /// Replies when nothing waits, of this interview or of any.
    pub(super) fn flush(&mut self, interview: Option<Uuid>, reply: oneshot::Sender<()>) {
        self.flushes.push((interview, reply));
        self.answer_flushes();
    }

    pub(super) fn answer_flushes(&mut self) {
        let (done, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.flushes).into_iter().partition(|(interview, _)| self.is_done(*interview));
        self.flushes = rest;
        for (_, reply) in done {
            // The caller may have given up.
            let _ = reply.send(());
        }
    }

    pub(super) fn forget(&mut self, forget: Forget) {
        self.forgets.push(forget);
    }

    /// Returns the requests whose interviews have nothing waiting.
    pub(super) fn due_forgets(&mut self) -> Vec<Forget> {
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.forgets)
            .into_iter()
            .partition(|forget| forget.interviews.iter().all(|id| self.is_done(Some(*id))));
        self.forgets = rest;
        due
    }

    /// Returns the batches that wait and are not on disk.
    pub(super) fn unspooled(&self) -> Vec<(u64, Arc<Batch>)> {
        self.waiting.iter().filter(|one| !one.spooled).map(|one| (one.number, Arc::clone(&one.batch))).collect()
    }

    pub(super) fn spooled(&mut self, numbers: &HashSet<u64>) {
        self.waiting.iter_mut().filter(|one| numbers.contains(&one.number)).for_each(|one| one.spooled = true);
    }

    pub(super) fn needs_spool(&self) -> bool {
        self.waiting.iter().any(|one| one.spooled)
    }
}
