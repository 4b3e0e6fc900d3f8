//! Tests of the store, with a synthesiser that waits for permission.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use interview::guide::VoiceProfile;
use tokio::sync::Semaphore;

use super::*;

/// The time after which something counts as never happening.
const LIMIT: Duration = Duration::from_secs(30);

/// Synthesises nothing without permission, and records the priorities that it was asked for.
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

    fn name(&self) -> &'static str {
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
    let store =
        ClipStore::new(&StoreSettings::new(folder.path().to_owned()), engine.clone(), Handle::current()).unwrap();
    World { store, engine, priorities, folder }
}

fn voice() -> Voice {
    Voice::new("v", 1.0)
}

fn wanted(texts: &[&str]) -> Vec<Wanted> {
    texts.iter().map(|text| Wanted { text: (*text).to_owned(), keep: true }).collect()
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
    assert!(world.store.at_hand("hello", &voice()).is_some());
}

#[tokio::test]
async fn scripted_clips_survive_the_process_and_personal_ones_do_not() {
    let world = world(2);
    world.store.clip("our words", &voice(), Priority::Background, true).await.unwrap();
    world.store.clip("their words", &voice(), Priority::Background, false).await.unwrap();
    // The file is written after the clip is returned. It is complete when the runtime's blocking
    // work is done.
    let written = async {
        while files(&world) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, written).await.expect("the clip is written");
    let settings = StoreSettings::new(world.folder.path().to_owned());
    let again = ClipStore::new(&settings, world.engine.clone(), Handle::current()).unwrap();
    let clip = again.clip("our words", &voice(), Priority::Background, true).await.unwrap();
    assert_eq!((clip.packets.len(), clip.pcm.len()), (5, 2_400));
    assert_eq!((world.engine.begun.load(Ordering::SeqCst), files(&world)), (2, 1));
}

#[tokio::test]
async fn personal_clips_are_forgotten_and_the_others_are_not() {
    let world = world(2);
    world.store.clip("our words", &voice(), Priority::Background, true).await.unwrap();
    world.store.clip("their words", &voice(), Priority::Background, false).await.unwrap();
    assert_eq!(world.store.forget_personal(), 1);
    assert!(world.store.at_hand("their words", &voice()).is_none());
    assert!(world.store.at_hand("our words", &voice()).is_some());
    assert_eq!(world.store.forget_personal(), 0);
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
    let preparation = world.store.prepare(wanted(&["a", "b"]), voice(), Priority::Background);
    assert_eq!(world.priorities.recv().await, Some(Priority::Background));
    preparation.cancel();
    let given_up = async {
        while world.engine.gone.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, given_up).await.expect("the engine's work is given up");
    assert_eq!(world.engine.begun.load(Ordering::SeqCst), 1);
    // A clip that is requested again is made.
    world.engine.gate.add_permits(1);
    world.store.clip("a", &voice(), Priority::Background, true).await.unwrap();
}

#[tokio::test]
async fn preparations_are_made_in_order_and_counted() {
    let world = world(3);
    let clips = wanted(&["a", "fail", "c"]);
    assert_eq!(world.store.prepare(clips, voice(), Priority::Background).finished().await, 1);
    assert!(world.store.at_hand("a", &voice()).is_some() && world.store.at_hand("c", &voice()).is_some());
}

/// Sets a pace that the clips made in a test hardly change.
fn settle_pace(world: &World, making_ms: u64, playing_ms: u64) {
    let text = "x".repeat(100_000);
    let of = |ms_a_character: u64| Duration::from_millis(ms_a_character * 100_000);
    world.store.inner.pace.lock().made(&text, of(making_ms), of(playing_ms));
}

#[tokio::test]
async fn an_utterance_can_begin_with_its_first_clip_where_the_rest_is_made_in_time() {
    let world = world(1);
    settle_pace(&world, 1, 66);
    let (spoken, after) = (wanted(&["a", "b"]), wanted(&["c"]));
    assert!(!world.store.can_begin(&spoken, &after, &voice()), "nothing can be sent");
    tokio::time::timeout(LIMIT, world.store.ready_to_begin(&spoken, &after, &voice())).await.expect("at once").unwrap();
    assert_eq!(world.engine.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_utterance_waits_for_what_would_come_too_late_and_for_what_follows_it() {
    let mut world = world(2);
    settle_pace(&world, 1_000, 66);
    let (store, spoken, after) = (world.store.clone(), wanted(&["a", "b"]), wanted(&["c"]));
    let waiting = tokio::spawn(async move { store.ready_to_begin(&spoken, &after, &voice()).await });
    for priority in [Priority::FirstSentence, Priority::FirstSentence, Priority::Ahead] {
        assert_eq!(world.priorities.recv().await, Some(priority));
    }
    assert!(world.store.at_hand("a", &voice()).is_some() && world.store.at_hand("b", &voice()).is_some());
    assert!(!waiting.is_finished(), "the third one would not be there in time");
    world.engine.gate.add_permits(1);
    tokio::time::timeout(LIMIT, waiting).await.expect("all is there").unwrap().unwrap();
}

#[tokio::test]
async fn an_utterance_that_cannot_be_made_is_an_error_and_one_after_it_is_none() {
    let world = world(3);
    settle_pace(&world, 1_000, 66);
    world.store.ready_to_begin(&wanted(&["a"]), &wanted(&["fail"]), &voice()).await.unwrap();
    world.store.ready_to_begin(&wanted(&["fail"]), &[], &voice()).await.unwrap_err();
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
    memory.put(key("a"), clip("a"), false);
    memory.put(key("b"), clip("b"), false);
    assert!(memory.get(&key("a")).is_some());
    memory.put(key("c"), clip("c"), false);
    assert!(memory.get(&key("b")).is_none());
    assert!(memory.get(&key("a")).is_some() && memory.get(&key("c")).is_some());
    memory.put(key("c"), clip("c"), false);
    assert_eq!(memory.bytes, 2 * 1_001);
}
