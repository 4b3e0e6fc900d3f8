//! Clips, made once.
//!
//! Owns: the memory and disk caches, one synthesis for all who ask for the same words, making clips beforehand.
//! Never does: write personal words to disk, play anything.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::disk::{Disk, Key};
use super::sentences::with_short_opening;
use super::{Synthesizer, TtsError, Voice};
use crate::audio::Clip;
use crate::audio::codec::encode_clip;
use crate::inference::Priority;

/// Sentences made ahead of the one being played.
const AHEAD: usize = 2;

#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Folder of the clips that may be kept.
    pub folder: PathBuf,
    /// Bound of the folder.
    pub disk_bytes: u64,
    /// Bound of what is held in memory (PCM and packets).
    pub memory_bytes: usize,
}

impl StoreSettings {
    /// 512 MB on disk (some 30 hours of speech), 64 MB in memory (some 20 minutes).
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, disk_bytes: 512 << 20, memory_bytes: 64 << 20 }
    }
}

/// A handle on the store; cheap to clone.
#[derive(Clone)]
pub struct ClipStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// Where clips are made: not on the caller's runtime, which may end with its call.
    runtime: Handle,
    synthesizer: Arc<dyn Synthesizer>,
    disk: Disk,
    memory: Mutex<Memory>,
    flights: Mutex<HashMap<Key, Flight>>,
}

type Outcome = Option<Result<Arc<Clip>, String>>;

/// A synthesis under way. It ends with its clip, or when nobody waits any more.
struct Flight {
    outcome: watch::Sender<Outcome>,
    priority: watch::Sender<Priority>,
    keep: watch::Sender<bool>,
}

impl ClipStore {
    /// Clips are made by tasks on `runtime`, whoever asks for them.
    pub fn new(settings: &StoreSettings, synthesizer: Arc<dyn Synthesizer>, runtime: Handle) -> Result<Self, TtsError> {
        let disk = Disk::open(&settings.folder, settings.disk_bytes)?;
        let memory = Mutex::new(Memory::new(settings.memory_bytes));
        Ok(Self { inner: Arc::new(Inner { runtime, synthesizer, disk, memory, flights: Mutex::default() }) })
    }

    pub fn synthesizer(&self) -> &Arc<dyn Synthesizer> {
        &self.inner.synthesizer
    }

    /// The clip of `text`: from memory, from disk, or made now. Who asks for what is being made already waits for that,
    /// and raises its priority where his is higher. `keep`: the words are the guide's or our own, so they may rest on
    /// disk; personal words (`false`) stay in memory, for a while.
    pub async fn clip(&self, text: &str, voice: &Voice, priority: Priority, keep: bool) -> Result<Arc<Clip>, TtsError> {
        let key = Key::new(self.inner.synthesizer.name(), voice, text);
        let mut outcome = {
            // Whoever holds this lock sees a clip either under way or in memory.
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
                self.inner.runtime.spawn(fly(self.inner.clone(), key.clone(), work, sender.clone()));
                flights.insert(key, Flight { outcome: sender, priority, keep });
                receiver
            }
        };
        let done = outcome.wait_for(Option::is_some).await;
        match done.ok().and_then(|done| done.clone()) {
            Some(Ok(clip)) => Ok(clip),
            Some(Err(reason)) => Err(TtsError::Failed(reason)),
            None => Err(TtsError::Failed("the synthesis was given up".to_owned())),
        }
    }

    /// The clip of `text` if it can be had from memory at once.
    pub fn at_hand(&self, text: &str, voice: &Voice) -> Option<Arc<Clip>> {
        let key = Key::new(self.inner.synthesizer.name(), voice, text);
        self.inner.memory.lock().get(&key)
    }

    /// Makes the clips of `texts` in the background, in order. The work goes on when the handle is dropped, until
    /// [`Preparation::cancel`].
    pub fn prepare(&self, texts: Vec<String>, voice: Voice, priority: Priority, keep: bool) -> Preparation {
        let store = self.clone();
        let task = self.inner.runtime.spawn(async move {
            let mut failed = 0;
            for text in &texts {
                if let Err(error) = store.clip(text, &voice, priority, keep).await {
                    tracing::warn!(%error, "a clip could not be made beforehand");
                    failed += 1;
                }
            }
            failed
        });
        Preparation { task }
    }

    /// The clips of an unscripted text, sentence by sentence, the first as soon as it is made; each is made while the
    /// one before is played. Dropping the receiver ends the work.
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

/// Clips being made beforehand.
pub struct Preparation {
    task: JoinHandle<usize>,
}

impl Preparation {
    /// Waits for the end: how many clips could not be made (those are made when they are asked for).
    pub async fn finished(self) -> usize {
        self.task.await.unwrap_or(0)
    }

    /// Ends the work; what has not begun is taken out of the queue.
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

/// One flight, from take-off to landing.
async fn fly(inner: Arc<Inner>, key: Key, work: Work, outcome: watch::Sender<Outcome>) {
    let made = {
        let making = make(&inner, &key, &work);
        tokio::pin!(making);
        loop {
            tokio::select! {
                made = &mut making => break made,
                () = outcome.closed() => {
                    let mut flights = inner.flights.lock();
                    // Somebody may have boarded since: subscribing happens under this lock.
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
        if let Ok((clip, _)) = &made {
            inner.memory.lock().put(key.clone(), clip.clone());
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

/// The clip and whether it came from disk.
async fn make(inner: &Arc<Inner>, key: &Key, work: &Work) -> Result<(Arc<Clip>, bool), TtsError> {
    let looking = {
        let (inner, key, text) = (inner.clone(), key.clone(), work.text.clone());
        tokio::task::spawn_blocking(move || inner.disk.read(&key, &text))
    };
    if let Ok(Some(clip)) = looking.await {
        return Ok((Arc::new(clip), true));
    }
    let pcm = inner.synthesizer.synthesize_rising(&work.text, &work.voice, work.priority.clone()).await?;
    let text = work.text.clone();
    let encoded = tokio::task::spawn_blocking(move || encode_clip(text, pcm)).await;
    let clip = encoded
        .map_err(|error| TtsError::Failed(error.to_string()))?
        .map_err(|error| TtsError::Failed(error.to_string()))?;
    Ok((Arc::new(clip), false))
}

/// Clips in memory: the least recently used go first.
struct Memory {
    clips: HashMap<Key, (Arc<Clip>, u64)>,
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
        let (clip, used) = self.clips.get_mut(key)?;
        *used = self.clock;
        Some(clip.clone())
    }

    fn put(&mut self, key: Key, clip: Arc<Clip>) {
        self.clock += 1;
        self.bytes += size(&clip);
        if let Some((old, _)) = self.clips.insert(key, (clip, self.clock)) {
            self.bytes -= size(&old);
        }
        while self.bytes > self.max_bytes && self.clips.len() > 1 {
            let oldest = self.clips.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
            let Some((clip, _)) = oldest.and_then(|key| self.clips.remove(&key)) else { return };
            self.bytes -= size(&clip);
        }
    }
}

fn size(clip: &Clip) -> usize {
    clip.pcm.len() * 2 + clip.packets.iter().map(bytes::Bytes::len).sum::<usize>() + clip.text.len()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use async_trait::async_trait;
    use interview::guide::VoiceProfile;
    use tokio::sync::Semaphore;

    use super::*;

    /// How long anything may take before it counts as never happening.
    const LIMIT: Duration = Duration::from_secs(30);

    /// Makes nothing until it is let, and notes the priorities it was asked at.
    struct Gated {
        gate: Semaphore,
        begun: AtomicUsize,
        gone: Arc<AtomicUsize>,
        priorities: mpsc::UnboundedSender<Priority>,
    }

    struct Gone(Arc<AtomicUsize>);
    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[async_trait]
    impl Synthesizer for Gated {
        async fn synthesize(&self, _: &str, _: &Voice, priority: Priority) -> Result<Vec<i16>, TtsError> {
            let (_fixed, priority) = watch::channel(priority);
            self.synthesize_rising("", &voice(), priority).await
        }

        async fn synthesize_rising(
            &self,
            text: &str,
            _: &Voice,
            mut priority: watch::Receiver<Priority>,
        ) -> Result<Vec<i16>, TtsError> {
            let _gone = Gone(self.gone.clone());
            self.begun.fetch_add(1, Ordering::SeqCst);
            let now = *priority.borrow_and_update();
            self.priorities.send(now).unwrap();
            loop {
                tokio::select! {
                    permit = self.gate.acquire() => {
                        permit.unwrap().forget();
                        break;
                    }
                    Ok(()) = priority.changed() => {
                        let now = *priority.borrow_and_update();
                        self.priorities.send(now).unwrap();
                    }
                }
            }
            if text == "fail" { Err(TtsError::Failed("as asked".into())) } else { Ok(vec![1_000; 2_400]) }
        }

        fn resolve(&self, _: &VoiceProfile, _: &str) -> Result<(Voice, Vec<String>), TtsError> {
            Ok((voice(), Vec::new()))
        }

        fn name(&self) -> &str {
            "gated"
        }
    }

    struct World {
        store: ClipStore,
        engine: Arc<Gated>,
        priorities: mpsc::UnboundedReceiver<Priority>,
        folder: tempfile::TempDir,
    }

    fn world(permits: usize) -> World {
        let folder = tempfile::tempdir().unwrap();
        let (sender, priorities) = mpsc::unbounded_channel();
        let engine = Arc::new(Gated {
            gate: Semaphore::new(permits),
            begun: AtomicUsize::new(0),
            gone: Arc::default(),
            priorities: sender,
        });
        let store = ClipStore::new(&StoreSettings::new(folder.path().to_owned()), engine.clone()).unwrap();
        World { store, engine, priorities, folder }
    }

    fn voice() -> Voice {
        Voice { name: "v".into(), speed: 1.0 }
    }

    fn files(world: &World) -> usize {
        std::fs::read_dir(world.folder.path()).unwrap().count()
    }

    #[tokio::test]
    async fn two_who_ask_share_one_synthesis_at_the_higher_priority() {
        let mut world = world(0);
        let first = tokio::spawn({
            let store = world.store.clone();
            async move { store.clip("hello", &voice(), Priority::Background, true).await }
        });
        assert_eq!(world.priorities.recv().await, Some(Priority::Background));
        let second = tokio::spawn({
            let store = world.store.clone();
            async move { store.clip("hello", &voice(), Priority::FirstSentence, true).await }
        });
        assert_eq!(world.priorities.recv().await, Some(Priority::FirstSentence));
        world.engine.gate.add_permits(1);
        let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!((world.engine.begun.load(Ordering::SeqCst), first.packets.len()), (1, 5));
        assert!(world.store.at_hand("hello", &voice()));
    }

    #[tokio::test]
    async fn scripted_clips_survive_the_process_and_personal_ones_do_not() {
        let world = world(2);
        world.store.clip("our words", &voice(), Priority::Background, true).await.unwrap();
        world.store.clip("their words", &voice(), Priority::Background, false).await.unwrap();
        // The write follows the clip: it is done when the runtime's blocking work is.
        let written = async {
            while files(&world) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, written).await.expect("the clip is written");
        let again = ClipStore::new(&StoreSettings::new(world.folder.path().to_owned()), world.engine.clone()).unwrap();
        let clip = again.clip("our words", &voice(), Priority::Background, true).await.unwrap();
        assert_eq!((clip.packets.len(), clip.pcm.len()), (5, 2_400));
        assert_eq!((world.engine.begun.load(Ordering::SeqCst), files(&world)), (2, 1));
    }

    #[tokio::test]
    async fn a_failure_reaches_the_asker_and_is_not_remembered() {
        let world = world(2);
        for _ in 0..2 {
            let error = world.store.clip("fail", &voice(), Priority::Background, true).await.unwrap_err();
            assert!(error.to_string().contains("as asked"), "{error}");
        }
        assert_eq!(world.engine.begun.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_cancelled_preparation_gives_its_work_up() {
        let mut world = world(0);
        let preparation = world.store.prepare(vec!["a".into(), "b".into()], voice(), Priority::Background, true);
        assert_eq!(world.priorities.recv().await, Some(Priority::Background));
        preparation.cancel();
        let given_up = async {
            while world.engine.gone.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, given_up).await.expect("the engine's work is given up");
        assert_eq!(world.engine.begun.load(Ordering::SeqCst), 1);
        // Asked for again, it is made after all.
        world.engine.gate.add_permits(1);
        world.store.clip("a", &voice(), Priority::Background, true).await.unwrap();
    }

    #[tokio::test]
    async fn preparations_are_made_in_order_and_counted() {
        let world = world(3);
        let texts = vec!["a".to_owned(), "fail".to_owned(), "c".to_owned()];
        assert_eq!(world.store.prepare(texts, voice(), Priority::Background, true).finished().await, 1);
        assert!(world.store.at_hand("a", &voice()) && world.store.at_hand("c", &voice()));
    }

    #[tokio::test]
    async fn a_stream_gives_sentence_by_sentence() {
        let mut world = world(1);
        let mut stream = world.store.stream("First one. Second one.", &voice(), false);
        assert_eq!(stream.recv().await.unwrap().unwrap().text, "First one.");
        assert_eq!(world.priorities.recv().await, Some(Priority::FirstSentence));
        world.engine.gate.add_permits(1);
        assert_eq!(stream.recv().await.unwrap().unwrap().text, "Second one.");
        assert!(stream.recv().await.is_none());
        assert_eq!(files(&world), 0);
    }

    #[test]
    fn memory_forgets_the_least_recently_used() {
        let key = |text: &str| Key::new("e", &voice(), text);
        let clip = |text: &str| Arc::new(Clip { text: text.into(), pcm: vec![0; 500], packets: Vec::new() });
        let mut memory = Memory::new(2_500);
        memory.put(key("a"), clip("a"));
        memory.put(key("b"), clip("b"));
        assert!(memory.get(&key("a")).is_some());
        memory.put(key("c"), clip("c"));
        assert!(memory.get(&key("b")).is_none());
        assert!(memory.get(&key("a")).is_some() && memory.get(&key("c")).is_some());
        memory.put(key("c"), clip("c"));
        assert_eq!(memory.bytes, 2 * 1_001);
    }
}
