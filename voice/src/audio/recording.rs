//! Recordings: one mono Ogg/Opus file per side, on the call clock, written from the packets
//! unchanged (RFC 7845).
//!
//! Owns: the files of running calls and the one thread that writes them. Never does: decide that a
//! call may be recorded (nothing is stored before [`Recorder::start`]), re-encode packets, or delay
//! the media path.
//!
//! Sample *n* of a file, counted at 48 kHz, is at *n* / 48 ms on the call clock. Gaps (before
//! consent, between utterances, lost packets) are filled with small packets of silence, because
//! players treat gaps differently. Open pages are completed and written at a short interval, so
//! that a file is playable even if the process is killed.
//!
//! `folder.rs` says what the names of files mean to whoever brings them elsewhere.

mod cut;
mod fault;
mod folder;
mod message;
mod mix;
mod ogg;

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use interview::io::{Ms, RecordingFault};
use tokio::sync::{Notify, oneshot};

pub use self::cut::{Clip, Passage, cut};
use self::fault::Fault;
pub use self::folder::{DISCARDED, PART};
use self::folder::{adopt, empty};
use self::message::Message;
pub use self::mix::{decode, mix};
use self::ogg::Track;

/// Packets of all calls that can wait for the disk.
const QUEUE: usize = 8192;
/// The interval at which open pages are written.
const FLUSH: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("this is no Ogg/Opus recording: {0}")]
    Format(String),
    #[error(transparent)]
    Codec(#[from] super::codec::CodecError),
    #[error("the recording cannot be written: {0}")]
    Write(#[from] io::Error),
    #[error("the recording thread has ended")]
    Stopped,
}

/// The side of a call that is heard in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    Respondent,
    Interviewer,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Respondent => "respondent",
            Self::Interviewer => "interviewer",
        }
    }
}

/// Returns the path of a side's recording: `<dir>/<interview>/<side>.ogg`, or `<side>-leg<n>.ogg`
/// from the second leg on.
pub fn path(dir: &Path, interview: &str, side: Side, leg: u32) -> PathBuf {
    let name = match leg {
        0 | 1 => format!("{}.ogg", side.name()),
        leg => format!("{}-leg{leg}.ogg", side.name()),
    };
    dir.join(interview).join(name)
}

/// A handle on the recording thread, cheap to clone. The thread ends when the last handle and the
/// last recorder are dropped.
#[derive(Clone)]
pub struct Recordings {
    dir: Arc<PathBuf>,
    queue: Sender<Message>,
    next: Arc<AtomicU64>,
    changed: Arc<Notify>,
}

/// The recording of one leg of a call, cheap to clone. It stores nothing before
/// [`start`](Self::start).
#[derive(Clone)]
pub struct Recorder {
    call: Arc<Call>,
}

struct Call {
    id: u64,
    paths: [PathBuf; 2],
    queue: Sender<Message>,
    started: AtomicBool,
    dropped: AtomicU64,
    fault: Fault,
}

impl Recordings {
    /// Starts the thread. Recordings are stored below `dir`. What a process that died was writing there is complete as it is.
    pub fn start(dir: PathBuf) -> io::Result<Self> {
        Self::start_beating(dir, || ())
    }

    /// The same, calling `beat` twice a second for as long as the thread goes on.
    pub fn start_beating(dir: PathBuf, beat: impl FnMut() + Send + 'static) -> io::Result<Self> {
        adopt(&dir)?;
        let (queue, messages) = crossbeam_channel::bounded(QUEUE);
        let changed = Arc::new(Notify::new());
        let writer = Writer { changed: Arc::clone(&changed), ..Writer::default() };
        std::thread::Builder::new().name("recording".into()).spawn(move || writer.run(&messages, beat))?;
        Ok(Self { dir: Arc::new(dir), queue, next: Arc::default(), changed })
    }

    /// Told whenever a file has become complete, or an interview was discarded.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Returns a recorder for one leg of an interview. No file is created yet.
    pub fn recorder(&self, interview: &str, leg: u32) -> Recorder {
        let paths = [Side::Respondent, Side::Interviewer].map(|side| path(&self.dir, interview, side, leg));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let queue = self.queue.clone();
        let (started, dropped, fault) = (AtomicBool::new(false), AtomicU64::new(0), Fault::default());
        let call = Call { id, paths, queue, started, dropped, fault };
        Recorder { call: Arc::new(call) }
    }
}

impl Recorder {
    /// Stores packets from now on, because consent was given.
    pub fn start(&self) {
        self.call.started.store(true, Ordering::Release);
    }

    /// Returns true if packets that are offered now are stored.
    pub fn is_recording(&self) -> bool {
        self.call.started.load(Ordering::Acquire)
    }

    /// Stores nothing from now on, because consent no longer holds. What is stored already stays;
    /// erasing it is up to the owner.
    pub fn pause(&self) {
        self.call.started.store(false, Ordering::Release);
    }

    /// Stores nothing more and removes what was said from `from_ms` on, because consent was
    /// withdrawn.
    pub fn cut(&self, from_ms: Ms) {
        self.pause();
        self.tell(Message::Cut { call: self.call.id, from_ms });
    }

    /// Deletes everything stored of this interview, including earlier legs.
    pub fn discard(&self) {
        self.pause();
        if let Some(folder) = self.call.paths[0].parent() {
            self.tell(Message::Discard { call: self.call.id, folder: folder.to_owned() });
        }
    }

    /// Sends a message that must not be dropped. If the queue is full, a separate thread waits
    /// until there is room.
    fn tell(&self, message: Message) {
        if let Err(TrySendError::Full(message)) = self.call.queue.try_send(message) {
            let queue = self.call.queue.clone();
            std::thread::spawn(move || queue.send(message));
        }
    }

    /// Offers a packet whose first sample is at `at_ms`. This never blocks. If the disk is too
    /// slow, the packet is dropped and counted, and the file has silence in its place.
    pub fn write(&self, side: Side, at_ms: Ms, payload: Bytes) {
        if !self.is_recording() {
            return;
        }
        let path = self.call.paths[side as usize].clone();
        let fault = self.call.fault.clone();
        let message = Message::Packet { call: self.call.id, path, side, at_ms, payload, fault };
        match self.call.queue.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.call.dropped.fetch_add(1, Ordering::Relaxed);
                self.call.fault.report(RecordingFault::TooSlow);
            }
            Err(TrySendError::Disconnected(_)) => self.call.fault.report(RecordingFault::WriterLost),
        }
    }

    /// Why part of the recording is missing; none while everything is kept.
    pub fn fault(&self) -> Option<RecordingFault> {
        self.call.fault.get()
    }

    /// Returns as soon as part of the recording is missing: why. It does not return while everything is kept.
    pub async fn incomplete(&self) -> RecordingFault {
        self.call.fault.found().await
    }

    /// Returns the path of a side's file, which exists if anything was stored.
    #[cfg(test)]
    pub(crate) fn path(&self, side: Side) -> &Path {
        &self.call.paths[side as usize]
    }

    /// Completes the files and stores nothing more. Returns when they are written.
    ///
    /// # Errors
    /// Returns the first error that one of the files had since the start.
    pub async fn finish(&self) -> Result<(), RecordingError> {
        self.pause();
        let (done, finished) = oneshot::channel();
        let mut message = Message::Finish { call: self.call.id, done: Some(done) };
        while let Err(error) = self.call.queue.try_send(message) {
            match error {
                TrySendError::Full(back) => message = back,
                TrySendError::Disconnected(_) => return Err(RecordingError::Stopped),
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        finished.await.map_err(|_| RecordingError::Stopped)?
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // After an earlier finish, this has no effect. If the queue is full, the file only lacks
        // its end mark.
        let _ = self.queue.try_send(Message::Finish { call: self.id, done: None });
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "the disk was too slow, and packets are missing from a recording");
        }
    }
}

/// The state of the thread.
#[derive(Default)]
struct Writer {
    tracks: HashMap<(u64, Side), Track>,
    failed: HashMap<u64, RecordingError>,
    /// To be told when a call's recording breaks off.
    faults: HashMap<u64, Fault>,
    /// Calls of which nothing more is stored. Without this set, a packet that was queued when
    /// consent ended would create the file again.
    closed: HashSet<u64>,
    changed: Arc<Notify>,
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>, mut beat: impl FnMut()) {
        let mut flushed = Instant::now();
        beat();
        loop {
            match messages.recv_timeout(FLUSH) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush();
                beat();
            }
        }
        let calls: Vec<u64> = self.tracks.keys().map(|(call, _)| *call).collect();
        for call in calls {
            self.finish(call, None);
        }
    }

    /// What panics over one call's recording ends that one, and no other.
    fn take(&mut self, message: Message) {
        let call = message.call();
        let taken = AssertUnwindSafe(|| match message {
            Message::Packet { call, path, side, at_ms, payload, fault } => {
                if let Err(error) = self.packet(call, side, path, at_ms, payload, &fault) {
                    self.fail(call, error);
                }
            }
            Message::Cut { call, from_ms } => self.cut(call, from_ms),
            Message::Discard { call, folder } => self.discard(call, &folder),
            Message::Finish { call, done } => self.finish(call, done),
        });
        if catch_unwind(taken).is_err() {
            self.fail(call, RecordingError::Stopped);
        }
    }

    fn packet(
        &mut self,
        call: u64,
        side: Side,
        path: PathBuf,
        at_ms: Ms,
        payload: Bytes,
        fault: &Fault,
    ) -> Result<(), RecordingError> {
        self.faults.entry(call).or_insert_with(|| fault.clone());
        if self.failed.contains_key(&call) || self.closed.contains(&call) {
            return Ok(());
        }
        let track = match self.tracks.entry((call, side)) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(Track::create(path)?),
        };
        track.write(at_ms, payload)
    }

    fn flush(&mut self) {
        let mut failures = Vec::new();
        for ((call, _), track) in &mut self.tracks {
            if let Err(error) = track.flush() {
                failures.push((*call, error));
            }
        }
        for (call, error) in failures {
            self.fail(call, error);
        }
    }

    fn fail(&mut self, call: u64, error: RecordingError) {
        tracing::error!(%error, "a call's recording failed and ends here");
        if let Some(fault) = self.faults.get(&call) {
            fault.report(RecordingFault::WriteFailed);
        }
        for (_, track) in self.tracks.extract_if(|(owner, _), _| *owner == call) {
            if let Err(error) = track.abandon() {
                tracing::error!(%error, "what there is of a recording keeps the name of an unfinished one");
            }
        }
        self.failed.entry(call).or_insert(error);
        self.changed.notify_one();
    }

    fn cut(&mut self, call: u64, from_ms: Ms) {
        self.closed.insert(call);
        for side in [Side::Respondent, Side::Interviewer] {
            if let Some(track) = self.tracks.remove(&(call, side))
                && let Err(error) = track.cut(from_ms)
            {
                tracing::error!(%error, "a recording could not be cut where consent ended");
            }
        }
        self.changed.notify_one();
    }

    fn discard(&mut self, call: u64, folder: &Path) {
        self.closed.insert(call);
        self.tracks.retain(|(owner, _), _| *owner != call);
        if let Err(error) = empty(folder) {
            tracing::error!(folder = %folder.display(), %error, "a recording could not be deleted");
        }
        self.changed.notify_one();
    }

    fn finish(&mut self, call: u64, done: Option<oneshot::Sender<Result<(), RecordingError>>>) {
        let mut result = self.failed.remove(&call).map_or(Ok(()), Err);
        let fault = self.faults.remove(&call);
        for side in [Side::Respondent, Side::Interviewer] {
            if let Some(track) = self.tracks.remove(&(call, side)) {
                result = result.and(track.finish());
            }
        }
        if let (Err(_), Some(fault)) = (&result, fault) {
            fault.report(RecordingFault::WriteFailed);
        }
        self.changed.notify_one();
        if let Some(done) = done {
            self.closed.insert(call);
            let _ = done.send(result);
            return;
        }
        // No recorder is left that could send a packet.
        self.closed.remove(&call);
        if let Err(error) = result {
            tracing::error!(%error, "a recording could not be completed");
        }
    }
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
