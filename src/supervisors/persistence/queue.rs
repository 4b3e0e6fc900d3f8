//! What waits for the database, in its order.
//!
//! Owns: which batches are tried next, and which one is at fault itself. A batch that fails while
//! others are committed is tried on its own, at growing pauses, and is set aside after a bounded
//! number of tries. Batches of other interviews go on meanwhile. A queue outlives the writer: what
//! a writer that was lost had in hand is still here. Never does: write, or wait.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{AppendError, Forget};
use storage::Batch;

/// Records that may wait for the database: hours of a few calls, minutes of many.
const MAX_WAITING: usize = 200_000;
/// Batches in one transaction.
const GROUP: usize = 256;

/// How long a batch that fails on its own is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// So many tries, between any two of which a batch of another interview was committed.
    pub tries: u32,
    /// Between the first two tries. Each further pause is twice as long.
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Patience {
    /// About two minutes: longer than any lock in the database is held.
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
    /// None for what comes from the spool.
    pub reply: Option<Reply>,
    spooled: bool,
    /// A try ended without an answer: the database may have it.
    doubtful: bool,
}

/// A batch that the writer has in hand. It stays in the queue until it is settled.
pub(super) struct InHand {
    pub number: u64,
    pub batch: Arc<Batch>,
    /// An earlier try ended without an answer: the database may have it.
    pub doubtful: bool,
    /// Nobody is told what becomes of it.
    pub unheard: bool,
}

/// An interview whose first batch failed on its own.
struct Hold {
    until: Instant,
    pauses: ExponentialBackoff,
    /// Failures between which others were committed.
    failures: u32,
    /// `Queue::committed` at the last failure.
    committed: u64,
}

/// What the writer does next.
pub(super) enum Next {
    Write(Vec<InHand>),
    /// Nothing is due before this.
    At(Instant),
    /// Nothing waits.
    Nothing,
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Of `waiting`.
    records: usize,
    numbers: u64,
    /// What the writer has in hand.
    writing: Vec<u64>,
    /// A group failed: that says nothing about its members, so they are tried one at a time.
    doubt: bool,
    held: HashMap<Uuid, Hold>,
    /// Groups that were committed.
    committed: u64,
    /// It was looked for what an earlier process left.
    looked: bool,
    /// That is here.
    loaded: bool,
    /// Interviews whose log ends before what they said last.
    broken: HashSet<Uuid>,
    flushes: Vec<(Option<Uuid>, oneshot::Sender<()>)>,
    forgets: Vec<Forget>,
    patience: Patience,
}

impl Queue {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, ..Self::default() }
    }

    /// Of all that wait.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    pub(super) fn batches(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a batch in, unless too much waits already.
    pub(super) fn push(&mut self, batch: Batch, reply: Reply) -> bool {
        if self.records + batch.records.len() > MAX_WAITING {
            // A session that is gone needs no answer.
            let _ = reply.send(Err(AppendError::Full));
            return false;
        }
        let waiting = self.enlisted(batch, Some(reply));
        self.waiting.push_back(waiting);
        true
    }

    /// Whether what an earlier process left has been taken in.
    pub(super) fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Takes in what an earlier process left, before everything else.
    pub(super) fn load(&mut self, batches: Vec<Batch>) {
        (self.looked, self.loaded) = (true, true);
        for batch in batches.into_iter().rev() {
            let waiting = self.enlisted(batch, None);
            self.waiting.push_front(waiting);
        }
        self.answer_flushes();
    }

    /// What an earlier process left can't be read now. Nothing waits for it.
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
        // On its own, so that it can't hold up others again.
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

    /// This one is committed or refused, and whatever follows from that is done.
    pub(super) fn settle(&mut self, number: u64) -> Option<Waiting> {
        self.writing.retain(|writing| *writing != number);
        let settled = self.remove(number)?;
        self.held.remove(&settled.batch.interview_id);
        Some(settled)
    }

    /// Everything that was in hand is settled: the database takes events.
    pub(super) fn committed(&mut self) {
        self.committed += 1;
        self.doubt = false;
    }

    /// The database did not answer. That is nobody's fault.
    pub(super) fn put_back(&mut self) {
        self.doubted();
        self.doubt = true;
        self.writing.clear();
    }

    /// The database refused what was in hand for a reason that may pass, or the writer was lost
    /// over it: the batch that is set aside because of that, if it was one batch and has failed
    /// often enough.
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
        // Without anything committed in between, the fault may be the database's: a disk that is
        // full, say.
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

    /// Whether nothing waits: of this interview, or of any.
    pub(super) fn is_done(&self, interview: Option<Uuid>) -> bool {
        self.looked
            && match interview {
                None => self.waiting.is_empty(),
                Some(id) => self.waiting.iter().all(|one| one.batch.interview_id != id),
            }
    }

    /// Answered when nothing waits of this interview, or of any.
    pub(super) fn flush(&mut self, interview: Option<Uuid>, reply: oneshot::Sender<()>) {
        self.flushes.push((interview, reply));
        self.answer_flushes();
    }

    pub(super) fn answer_flushes(&mut self) {
        let (done, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.flushes).into_iter().partition(|(interview, _)| self.is_done(*interview));
        self.flushes = rest;
        for (_, reply) in done {
            // Whoever asked may have given up.
            let _ = reply.send(());
        }
    }

    pub(super) fn forget(&mut self, forget: Forget) {
        self.forgets.push(forget);
    }

    /// Those that nothing waits for any more.
    pub(super) fn due_forgets(&mut self) -> Vec<Forget> {
        let (due, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.forgets)
            .into_iter()
            .partition(|forget| forget.interviews.iter().all(|id| self.is_done(Some(*id))));
        self.forgets = rest;
        due
    }

    /// What waits and is not on disk.
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
