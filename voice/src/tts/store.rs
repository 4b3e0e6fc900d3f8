//! The store of clips, each of which is synthesised once.
//!
//! Owns: the caches in memory and on disk, one synthesis for all requests for the same words, and
//! making clips in advance. Never does: write personal words to disk, or play anything.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::disk::{Disk, Key};
use super::pace::{Pace, Stretch, can_begin};
use super::sentences::with_short_opening;
use super::{Synthesizer, TtsError, Voice};
use crate::audio::codec::encode_clip;
use crate::audio::{Clip, SPEAK_RATE};
use crate::inference::Priority;

/// The number of sentences that are made before the one being played has ended.
const AHEAD: usize = 2;

#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder of the clips that may be stored.
    pub folder: PathBuf,
    /// The size limit of the folder, in bytes.
    pub disk_bytes: u64,
    /// The size limit of the clips in memory (PCM and packets), in bytes.
    pub memory_bytes: usize,
}

impl StoreSettings {
    /// Limits the disk cache to 512 MB (about 30 hours of speech) and the memory cache to 64 MB
    /// (about 20 minutes).
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, disk_bytes: 512 << 20, memory_bytes: 64 << 20 }
    }
}

/// A clip to be made. `keep` is true if its words are the guide's or the engine's own, so that it
/// may be stored on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub text: String,
    pub keep: bool,
}

/// A handle on the store. It is cheap to clone.
#[derive(Clone)]
pub struct ClipStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// The runtime on which clips are made. It must not be the caller's, which may end with its
    /// call.
    runtime: Handle,
    synthesizer: Arc<dyn Synthesizer>,
    disk: Disk,
    memory: Mutex<Memory>,
    flights: Mutex<HashMap<Key, Flight>>,
    pace: Mutex<Pace>,
}

type Outcome = Option<Result<Arc<Clip>, String>>;

/// A synthesis in progress. It ends with its clip, or when nobody waits for it.
struct Flight {
    outcome: watch::Sender<Outcome>,
    priority: watch::Sender<Priority>,
    keep: watch::Sender<bool>,
}

impl ClipStore {
    /// Returns a store whose clips are made by tasks on `runtime`, whoever requests them.
    pub fn new(settings: &StoreSettings, synthesizer: Arc<dyn Synthesizer>, runtime: Handle) -> Result<Self, TtsError> {
        let disk = Disk::open(&settings.folder, settings.disk_bytes)?;
        let memory = Mutex::new(Memory::new(settings.memory_bytes));
        let (flights, pace) = <_>::default();
        Ok(Self { inner: Arc::new(Inner { runtime, synthesizer, disk, memory, flights, pace }) })
    }

    /// Returns the clip of `text` from memory, from disk, or newly made. A request for a clip that
    /// is being made waits for it, and raises its priority if its own is higher. `keep` is true if
    /// the words are the guide's or the engine's own, so that they may be stored on disk. Personal
    /// words (`false`) stay in memory for a limited time.
    pub async fn clip(&self, text: &str, voice: &Voice, priority: Priority, keep: bool) -> Result<Arc<Clip>, TtsError> {
        let key = Key::new(self.inner.synthesizer.name(), voice, text);
        let mut outcome = {
            // Whoever holds this lock sees a clip either in progress or in memory.
            let mut flights = self.inner.flights.lock();
            if let Some(clip) = self.inner.memory.lock().get(&key) {
                return Ok(clip);
            }
            if let Some(flight) = flights.get(&key) {
                flight.priority.send_if_modified(|now| {
                    let raised = priority < *now;
                    *now = priority.min(*now);
                    raised
                });
                flight.keep.send_if_modified(|now| {
                    *now |= keep;
                    false
                });
                flight.outcome.subscribe()
            } else {
                let (sender, receiver) = watch::channel(None);
                let (priority, priority_changes) = watch::channel(priority);
                let (keep, keep_now) = watch::channel(keep);
                let work =
                    Work { text: text.to_owned(), voice: voice.clone(), priority: priority_changes, keep: keep_now };
                self.inner.runtime.spawn(run_flight(self.inner.clone(), key.clone(), work, sender.clone()));
                flights.insert(key, Flight { outcome: sender, priority, keep });
                receiver
            }
        };
        let done = outcome.wait_for(Option::is_some).await;
        match done.ok().and_then(|done| done.clone()) {
            Some(Ok(clip)) => Ok(clip),
            Some(Err(reason)) => Err(TtsError::Failed(reason)),
            None => Err(TtsError::Failed("the synthesis was cancelled".to_owned())),
        }
    }

    /// Removes every clip from memory that may not be stored on disk, such as names and words that
    /// quote somebody. A clip that is still needed is made again. Returns the number of clips
    /// removed.
    pub fn forget_personal(&self) -> u64 {
        self.inner.memory.lock().forget_personal()
    }

    /// Returns the clip of `text` if it is in memory.
    pub fn at_hand(&self, text: &str, voice: &Voice) -> Option<Arc<Clip>> {
        let key = Key::new(self.inner.synthesizer.name(), voice, text);
        self.inner.memory.lock().get(&key)
    }

    /// Makes these clips in the background, in order. The work continues when the handle is
    /// dropped, until [`Preparation::cancel`].
    pub fn prepare(&self, clips: Vec<Wanted>, voice: Voice, priority: Priority) -> Preparation {
        let store = self.clone();
        let task = self.inner.runtime.spawn(async move {
            let mut failed = 0;
            for Wanted { text, keep } in &clips {
                if let Err(error) = store.clip(text, &voice, priority, *keep).await {
                    tracing::warn!(%error, "a clip could not be made in advance");
                    failed += 1;
                }
            }
            failed
        });
        Preparation { task }
    }

    /// Returns as soon as `spoken` can begin: its first clip is ready, and according to the
    /// measured pace no further clip will be late, nor any of `after` when all of it has been
    /// played. Until then, the clips are made in this order. The caller must prepare the rest.
    pub async fn ready_to_begin(&self, spoken: &[Wanted], after: &[Wanted], voice: &Voice) -> Result<(), TtsError> {
        for (number, Wanted { text, keep }) in spoken.iter().chain(after).enumerate() {
            if self.can_begin(spoken, after, voice) {
                break;
            }
            let comes_after = number >= spoken.len();
            let priority = if comes_after { Priority::Ahead } else { Priority::FirstSentence };
            let made = self.clip(text, voice, priority, *keep).await;
            // Later clips may still be made in time, but the utterance cannot begin without its own
            // words.
            if !comes_after {
                made?;
            }
        }
        Ok(())
    }

    /// Returns true if all clips are ready or will be in time, as for [`Self::ready_to_begin`].
    pub fn can_begin(&self, spoken: &[Wanted], after: &[Wanted], voice: &Voice) -> bool {
        let pace = *self.inner.pace.lock();
        let stretch = |wanted: &Wanted| match self.at_hand(&wanted.text, voice) {
            Some(clip) => Stretch { making: Duration::ZERO, playing: playing_time(&clip.pcm) },
            None => Stretch { making: pace.making(&wanted.text), playing: pace.playing(&wanted.text) },
        };
        let stretches = |wanted: &[Wanted]| wanted.iter().map(stretch).collect::<Vec<_>>();
        can_begin(&stretches(spoken), &stretches(after))
    }

    /// Returns the clips of an unscripted text sentence by sentence, the first as soon as it is
    /// made. Each is made while the one before it is played. Dropping the receiver ends the work.
    pub fn stream(&self, text: &str, voice: &Voice, keep: bool) -> mpsc::Receiver<Result<Arc<Clip>, TtsError>> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let parts: Vec<String> = with_short_opening(text).into_iter().map(str::to_owned).collect();
        let (store, voice) = (self.clone(), voice.clone());
        self.inner.runtime.spawn(async move {
            for part in parts {
                let clip = tokio::select! {
                    clip = store.clip(&part, &voice, Priority::FirstSentence, keep) => clip,
                    () = sender.closed() => return,
                };
                let failed = clip.is_err();
                if sender.send(clip).await.is_err() || failed {
                    return;
                }
            }
        });
        receiver
    }
}

/// Clips that are being made in advance.
pub struct Preparation {
    task: JoinHandle<usize>,
}

impl Preparation {
    /// Waits for the end. Returns the number of clips that could not be made, which are made again
    /// when they are requested.
    pub async fn finished(self) -> usize {
        self.task.await.unwrap_or(0)
    }

    /// Ends the work. What has not begun is removed from the queue.
    pub fn cancel(&self) {
        self.task.abort();
    }

    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

struct Work {
    text: String,
    voice: Voice,
    priority: watch::Receiver<Priority>,
    keep: watch::Receiver<bool>,
}

/// Makes one clip, and publishes it to everybody who waits for it.
async fn run_flight(inner: Arc<Inner>, key: Key, work: Work, outcome: watch::Sender<Outcome>) {
    let made = {
        let making = make(&inner, &key, &work);
        tokio::pin!(making);
        loop {
            tokio::select! {
                made = &mut making => break made,
                () = outcome.closed() => {
                    let mut flights = inner.flights.lock();
                    // A further request may have subscribed meanwhile, which happens under this
                    // lock.
                    if outcome.receiver_count() == 0 {
                        flights.remove(&key);
                        return;
                    }
                }
            }
        }
    };
    let made = made.map_err(|error| error.to_string());
    {
        let mut flights = inner.flights.lock();
        if let Ok((clip, from_disk)) = &made {
            let personal = !from_disk && !*work.keep.borrow();
            inner.memory.lock().put(key.clone(), clip.clone(), personal);
        }
        flights.remove(&key);
        outcome.send_replace(Some(made.clone().map(|(clip, _)| clip)));
    }
    if let Ok((clip, false)) = made
        && *work.keep.borrow()
    {
        let written = tokio::task::spawn_blocking(move || inner.disk.write(&key, &clip)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, "a clip cannot be kept on disk");
        }
    }
}

/// Returns the clip, and whether it came from disk.
async fn make(inner: &Arc<Inner>, key: &Key, work: &Work) -> Result<(Arc<Clip>, bool), TtsError> {
    let looking = {
        let (inner, key, text) = (inner.clone(), key.clone(), work.text.clone());
        tokio::task::spawn_blocking(move || inner.disk.read(&key, &text))
    };
    if let Ok(Some(clip)) = looking.await {
        return Ok((Arc::new(clip), true));
    }
    // Background work waits for other work as long as necessary, so its duration is not measured.
    let urgent = *work.priority.borrow() < Priority::Background;
    let began = Instant::now();
    let pcm = inner.synthesizer.synthesize_rising(&work.text, &work.voice, work.priority.clone()).await?;
    if urgent {
        inner.pace.lock().made(&work.text, began.elapsed(), playing_time(&pcm));
    }
    let text = work.text.clone();
    let encoded = tokio::task::spawn_blocking(move || encode_clip(text, pcm)).await;
    let clip = encoded
        .map_err(|error| TtsError::Failed(error.to_string()))?
        .map_err(|error| TtsError::Failed(error.to_string()))?;
    Ok((Arc::new(clip), false))
}

/// Returns the duration of these samples.
fn playing_time(pcm: &[i16]) -> Duration {
    Duration::from_secs_f64(pcm.len() as f64 / f64::from(SPEAK_RATE))
}

struct Remembered {
    clip: Arc<Clip>,
    used: u64,
    /// True if the clip may not be stored on disk.
    personal: bool,
}

/// Clips in memory. The least recently used are removed first.
struct Memory {
    clips: HashMap<Key, Remembered>,
    clock: u64,
    bytes: usize,
    max_bytes: usize,
}

impl Memory {
    fn new(max_bytes: usize) -> Self {
        Self { clips: HashMap::new(), clock: 0, bytes: 0, max_bytes }
    }

    fn get(&mut self, key: &Key) -> Option<Arc<Clip>> {
        self.clock += 1;
        let remembered = self.clips.get_mut(key)?;
        remembered.used = self.clock;
        Some(remembered.clip.clone())
    }

    fn put(&mut self, key: Key, clip: Arc<Clip>, personal: bool) {
        self.clock += 1;
        self.bytes += size(&clip);
        if let Some(old) = self.clips.insert(key, Remembered { clip, used: self.clock, personal }) {
            self.bytes -= size(&old.clip);
        }
        while self.bytes > self.max_bytes && self.clips.len() > 1 {
            let oldest = self.clips.iter().min_by_key(|(_, clip)| clip.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest.and_then(|key| self.clips.remove(&key)) else { return };
            self.bytes -= size(&oldest.clip);
        }
    }

    fn forget_personal(&mut self) -> u64 {
        let before = self.clips.len();
        self.clips.retain(|_, remembered| !remembered.personal);
        self.bytes = self.clips.values().map(|remembered| size(&remembered.clip)).sum();
        (before - self.clips.len()) as u64
    }
}

fn size(clip: &Clip) -> usize {
    clip.pcm.len() * 2 + clip.packets.iter().map(bytes::Bytes::len).sum::<usize>() + clip.text.len()
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
