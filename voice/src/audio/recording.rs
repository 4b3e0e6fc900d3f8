//! Recordings: one mono Ogg/Opus file a side, on the call clock, written from the packets as they are (RFC 7845).
//!
//! Owns: the files of running calls and the one thread that writes them. Never does: decide that a call may be recorded
//! (nothing is stored before [`Recorder::start`]), re-encode, hold up the media path.
//!
//! Sample *n* of a file is *n* / 48 ms on the call clock: what is missing (before consent, between utterances, lost
//! packets) is filled with small packets of silence, because players differ in what they do about holes. Every half second
//! the open pages are completed and written, so a file is playable wherever the process ends.
//!
//! The folder is for whoever brings the files elsewhere: a file is called `<name>.part` until nothing more is written to it,
//! and an empty file `discarded` says that everything that was stored of the interview before is to go.

mod cut;
mod mix;
mod ogg;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use interview::io::Ms;
use tokio::sync::{Notify, oneshot};

pub use self::cut::{Clip, Passage, cut};
pub use self::mix::{decode, mix};
use self::ogg::Track;

/// What a file is called beside its name while it is being written.
pub const PART: &str = "part";
/// A file of this name says that everything that was stored of the interview before is to go.
pub const DISCARDED: &str = "discarded";
/// Packets of all calls that wait for the disk.
const QUEUE: usize = 8192;
/// How often open pages are written.
const FLUSH: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
    #[error("this is no Ogg/Opus recording: {0}")]
    Format(String),
    #[error(transparent)]
    Codec(#[from] super::codec::CodecError),
    #[error("writing: {0}")]
    Write(#[from] io::Error),
    #[error("the recording thread is gone")]
    Stopped,
}

/// Who is heard in a file.
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

/// Where a side's recording lies: `<dir>/<interview>/<side>.ogg`, from the second leg on `<side>-leg<n>.ogg`.
pub fn path(dir: &Path, interview: &str, side: Side, leg: u32) -> PathBuf {
    let name = match leg {
        0 | 1 => format!("{}.ogg", side.name()),
        leg => format!("{}-leg{leg}.ogg", side.name()),
    };
    dir.join(interview).join(name)
}

/// The recording thread; cheap to clone. It ends when the last handle and recorder are dropped.
#[derive(Clone)]
pub struct Recordings {
    dir: Arc<PathBuf>,
    queue: Sender<Message>,
    next: Arc<AtomicU64>,
    changed: Arc<Notify>,
}

/// One call's (leg's) recording; cheap to clone. Silent until [`start`](Self::start).
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
}

enum Message {
    Packet {
        call: u64,
        path: PathBuf,
        side: Side,
        at_ms: Ms,
        payload: Bytes,
    },
    /// Nothing from `from_ms` on stays; nothing more is stored.
    Cut {
        call: u64,
        from_ms: Ms,
    },
    /// Everything of this interview goes, earlier legs included.
    Discard {
        call: u64,
        folder: PathBuf,
    },
    Finish {
        call: u64,
        done: Option<oneshot::Sender<Result<(), RecordingError>>>,
    },
}

impl Recordings {
    /// Starts the thread; recordings go into `dir`. What a process that died was writing there is complete as it is.
    pub fn start(dir: PathBuf) -> io::Result<Self> {
        adopt(&dir)?;
        let (queue, messages) = crossbeam_channel::bounded(QUEUE);
        let changed = Arc::new(Notify::new());
        let writer = Writer { changed: Arc::clone(&changed), ..Writer::default() };
        std::thread::Builder::new().name("recording".into()).spawn(move || writer.run(&messages))?;
        Ok(Self { dir: Arc::new(dir), queue, next: Arc::default(), changed })
    }

    /// Told whenever a file has become complete, or an interview was discarded.
    pub fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// A recorder for one leg of an interview; makes no file yet.
    pub fn recorder(&self, interview: &str, leg: u32) -> Recorder {
        let paths = [Side::Respondent, Side::Interviewer].map(|side| path(&self.dir, interview, side, leg));
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let queue = self.queue.clone();
        let call = Call { id, paths, queue, started: AtomicBool::new(false), dropped: AtomicU64::new(0) };
        Recorder { call: Arc::new(call) }
    }
}

impl Recorder {
    /// Consent is there: store from here on.
    pub fn start(&self) {
        self.call.started.store(true, Ordering::Release);
    }

    /// Whether what is offered now is stored.
    pub fn is_recording(&self) -> bool {
        self.call.started.load(Ordering::Acquire)
    }

    /// Consent is gone: store nothing from here on (what is stored stays; erasing is the owner's).
    pub fn pause(&self) {
        self.call.started.store(false, Ordering::Release);
    }

    /// Consent was taken back: nothing more is stored, and what was said from `from_ms` on goes.
    pub fn cut(&self, from_ms: Ms) {
        self.pause();
        self.tell(Message::Cut { call: self.call.id, from_ms });
    }

    /// Deletes whatever was stored of this interview, earlier legs included.
    pub fn discard(&self) {
        self.pause();
        if let Some(folder) = self.call.paths[0].parent() {
            self.tell(Message::Discard { call: self.call.id, folder: folder.to_owned() });
        }
    }

    /// What must not be dropped: where the queue is full, a thread of its own waits for room in it.
    fn tell(&self, message: Message) {
        if let Err(TrySendError::Full(message)) = self.call.queue.try_send(message) {
            let queue = self.call.queue.clone();
            std::thread::spawn(move || queue.send(message));
        }
    }

    /// Offers a packet whose first sample is at `at_ms`. Never blocks; what the disk is too slow for is dropped and
    /// counted, and is silence in the file.
    pub fn write(&self, side: Side, at_ms: Ms, payload: Bytes) {
        if !self.is_recording() {
            return;
        }
        let path = self.call.paths[side as usize].clone();
        let message = Message::Packet { call: self.call.id, path, side, at_ms, payload };
        if self.call.queue.try_send(message).is_err() {
            self.call.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where a side is stored (if anything is).
    #[cfg(test)]
    pub(crate) fn path(&self, side: Side) -> &Path {
        &self.call.paths[side as usize]
    }

    /// Completes the files and stores nothing more; returns when they are written.
    ///
    /// # Errors
    /// The first thing that went wrong with one of the files since the start.
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
        // Harmless when it was finished before; when the queue is full the file lacks only its end mark.
        let _ = self.queue.try_send(Message::Finish { call: self.id, done: None });
        let dropped = self.dropped.load(Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "the disk was too slow: packets are missing in a recording");
        }
    }
}

/// What the thread holds.
#[derive(Default)]
struct Writer {
    tracks: HashMap<(u64, Side), Track>,
    failed: HashMap<u64, RecordingError>,
    /// Calls of which nothing more is stored: a packet that was on its way when consent ended would else begin the file anew.
    closed: HashSet<u64>,
    changed: Arc<Notify>,
}

/// Gives the files that nobody is writing any more their names.
fn adopt(dir: &Path) -> io::Result<()> {
    let folders = match std::fs::read_dir(dir) {
        Ok(folders) => folders,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for folder in folders {
        let folder = folder?.path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == PART) {
                std::fs::rename(&path, path.with_extension(""))?;
            }
        }
    }
    Ok(())
}

impl Writer {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut flushed = Instant::now();
        loop {
            match messages.recv_timeout(FLUSH) {
                Ok(Message::Packet { call, path, side, at_ms, payload }) => {
                    if let Err(error) = self.packet(call, side, path, at_ms, payload) {
                        self.fail(call, error);
                    }
                }
                Ok(Message::Cut { call, from_ms }) => self.cut(call, from_ms),
                Ok(Message::Discard { call, folder }) => self.discard(call, &folder),
                Ok(Message::Finish { call, done }) => self.finish(call, done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if flushed.elapsed() >= FLUSH {
                flushed = Instant::now();
                self.flush();
            }
        }
        let calls: Vec<u64> = self.tracks.keys().map(|(call, _)| *call).collect();
        for call in calls {
            self.finish(call, None);
        }
    }

    fn packet(
        &mut self,
        call: u64,
        side: Side,
        path: PathBuf,
        at_ms: Ms,
        payload: Bytes,
    ) -> Result<(), RecordingError> {
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
        tracing::error!(%error, "a call's recording ends here");
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
        for side in [Side::Respondent, Side::Interviewer] {
            if let Some(track) = self.tracks.remove(&(call, side)) {
                result = result.and(track.finish());
            }
        }
        self.changed.notify_one();
        if let Some(done) = done {
            self.closed.insert(call);
            let _ = done.send(result);
            return;
        }
        // Nobody is left who could send a packet.
        self.closed.remove(&call);
        if let Err(error) = result {
            tracing::error!(%error, "completing a recording");
        }
    }
}

/// Leaves nothing in the folder but the mark that says so.
fn empty(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // First: whoever dies in between has the rest removed.
    std::fs::write(folder.join(DISCARDED), "")?;
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.file_name().is_some_and(|name| name != DISCARDED) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
