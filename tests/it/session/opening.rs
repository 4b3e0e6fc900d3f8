//! The opening of a call, with a stand-in that makes no sound before it is let: what is made first, and how long the page
//! says that it is being prepared.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use interview::guide::VoiceProfile;
use interview::io::CallState;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use voice::inference::Priority;
use voice::tts::{ClipStore, StoreSettings, Synthesizer, TtsError, Voice};

use super::Stage;
use crate::support::caller::is_state;

/// Longer than the clips it makes: nothing can be made in time while something else is said.
const MAKING: Duration = Duration::from_millis(30);
/// 20 ms.
const CLIP: usize = 480;

/// Makes one clip a permit, and tells which it is asked for.
struct Gated {
    gate: Semaphore,
    asked: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Synthesizer for Gated {
    async fn synthesize(&self, text: &str, _: &Voice, _: Priority) -> Result<Vec<i16>, TtsError> {
        // Closed when the test is over.
        let _ = self.asked.send(text.to_owned());
        self.gate.acquire().await.unwrap().forget();
        tokio::time::sleep(MAKING).await;
        Ok(vec![1_000; CLIP])
    }

    fn resolve(&self, _: &VoiceProfile, _: &str) -> Result<(Voice, Vec<String>), TtsError> {
        Ok((Voice::new("gated", 1.0), Vec::new()))
    }

    fn name(&self) -> &'static str {
        "gated stand-in"
    }
}

#[actix_web::test]
async fn the_page_says_preparing_until_the_opening_and_the_first_question_are_sure_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let clips = StoreSettings::new(folder.path().join("clips"));
    let (sender, mut asked) = mpsc::unbounded_channel();
    let gated = Arc::new(Gated { gate: Semaphore::new(0), asked: sender });
    let synthesizer: Arc<dyn Synthesizer> = gated.clone();
    let stage = Stage::start_as(folder, &[], |engines| {
        engines.clips = ClipStore::new(&clips, Arc::clone(&synthesizer), Handle::current()).unwrap();
        engines.synthesizer = synthesizer;
    })
    .await;
    let invitation = stage.invite(2).await;
    let (_call, mut page) = stage.called(&invitation).await;
    page.until(is_state(CallState::Preparing)).await;
    // In the order in which they are needed, and nothing else in between.
    let needed = [
        "Hello, Dana.",
        "I am an automated interviewer.",
        "I am calling for a study called Things.",
        "Its aim: Things.",
        "It takes about",
        "Would you like to take part?",
        "Thank you.",
        "May I record this conversation?",
        "Let's begin.",
        "What is thing 1?",
    ];
    for text in needed {
        let next = loop {
            tokio::select! {
                biased;
                told = page.next() => {
                    let notice = told.expect("the page is there").notice;
                    assert!(!is_state(CallState::Speaking)(&notice), "it began before {text} was there");
                }
                next = asked.recv() => break next.unwrap(),
            }
        };
        assert!(next.starts_with(text), "{next}, not {text}");
        gated.gate.add_permits(1);
    }
    page.until(is_state(CallState::Speaking)).await;
    gated.gate.add_permits(1_000);
    stage.engine.stop(Duration::ZERO).await;
}
