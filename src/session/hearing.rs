//! The task that listens to a leg, and listens again when it was lost.
//!
//! Owns: that a detector which panics or fails costs a repeated question and not the rest of the
//! call. Never does: decide about turns, or repeat the question: the watcher does, when it learns
//! of the loss.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tracing::error;

use voice::audio::Frame;
use voice::turn::{Endpointer, EndpointerEvent, EndpointerHandle, EndpointerSettings};
use voice::vad::ActivityEngine;

/// Pauses before it is listened again. When they are used up, the leg is deaf.
const FIRST: Duration = Duration::from_millis(50);
const TRIES: usize = 5;
/// After so long without a failure, it may fail as often again.
const STEADY: Duration = Duration::from_mins(1);

/// How a leg's listening stands, shared with whoever watches the leg.
#[derive(Debug, Default)]
pub struct Listening {
    losses: AtomicU64,
    /// How many of them the watcher has seen to.
    seen: AtomicU64,
    deaf: AtomicBool,
}

impl Listening {
    /// Whether it was lost since this was asked last: what was being said is not known to anybody.
    pub(super) fn take_loss(&self) -> bool {
        let losses = self.losses.load(Ordering::Acquire);
        self.seen.swap(losses, Ordering::AcqRel) != losses
    }

    /// It fails again and again: nothing more will be heard on this leg.
    pub(super) fn is_deaf(&self) -> bool {
        self.deaf.load(Ordering::Acquire)
    }
}

/// Listens until the frames end.
pub(super) async fn listen(
    mut frames: mpsc::Receiver<Frame>,
    events: mpsc::Sender<EndpointerEvent>,
    vad: Arc<dyn ActivityEngine>,
    (first, handle): (Endpointer, EndpointerHandle),
    listening: Arc<Listening>,
) {
    let (mut endpointer, mut pauses) = (first, pauses());
    loop {
        let begun = Instant::now();
        let outcome = AssertUnwindSafe(endpointer.listen(&mut frames, &events)).catch_unwind().await;
        let problem = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        error!(problem, "the endpointer of a leg was lost");
        if begun.elapsed() >= STEADY {
            pauses = self::pauses();
        }
        let Some(pause) = pauses.next() else {
            error!("the endpointer fails again and again: the leg is given up");
            listening.deaf.store(true, Ordering::Release);
            return;
        };
        listening.losses.fetch_add(1, Ordering::AcqRel);
        tokio::time::sleep(pause).await;
        endpointer = handle.listen_anew(EndpointerSettings::default(), vad.detector());
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::new().with_min_delay(FIRST).with_max_times(TRIES).build()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use voice::vad::{ActivityDetector, CHUNK, VadError};

    use super::*;

    /// Fails or panics at the chunks of these numbers, counted over all detectors; everything else
    /// is speech.
    #[derive(Clone)]
    struct Failing {
        chunks: Arc<AtomicU64>,
        fails: fn(u64) -> bool,
    }

    #[async_trait]
    impl ActivityDetector for Failing {
        async fn probability(&mut self, _: &[f32; CHUNK]) -> Result<f32, VadError> {
            let number = self.chunks.fetch_add(1, Ordering::SeqCst);
            assert!(!(self.fails)(number) || number.is_multiple_of(2), "on purpose");
            if (self.fails)(number) { Err(VadError::Failed("on purpose".to_owned())) } else { Ok(1.0) }
        }
    }

    impl ActivityEngine for Failing {
        fn detector(&self) -> Box<dyn ActivityDetector> {
            Box::new(self.clone())
        }

        fn name(&self) -> &'static str {
            "failing"
        }
    }

    /// Listens to speech until the endpointer has heard so much of it, or is given up.
    async fn heard(fails: fn(u64) -> bool) -> (Arc<Listening>, Vec<EndpointerEvent>) {
        let vad = Failing { chunks: Arc::default(), fails };
        let endpointers = Endpointer::new(EndpointerSettings::default(), vad.detector());
        let listening = Arc::new(Listening::default());
        let (speaker, frames) = mpsc::channel(256);
        let (events, mut told) = mpsc::channel(16);
        let speaking = tokio::spawn(async move {
            for number in 0..100 {
                let frame = Frame { at_ms: number * 20, samples: [0.5; 320], concealed: false };
                // Given up: nobody listens.
                if speaker.send(frame).await.is_err() {
                    return;
                }
            }
        });
        listen(frames, events, Arc::new(vad), endpointers, Arc::clone(&listening)).await;
        speaking.await.unwrap();
        let mut heard = Vec::new();
        while let Some(event) = told.recv().await {
            heard.push(event);
        }
        (listening, heard)
    }

    #[tokio::test]
    async fn a_detector_that_fails_now_and_then_is_listened_through_again() {
        // One error and one panic, the second while speech is known to go on.
        let (listening, heard) = heard(|number| matches!(number, 0 | 11)).await;
        assert!(!listening.is_deaf());
        assert!(listening.take_loss() && !listening.take_loss(), "told once");
        let starts = heard.iter().filter(|event| matches!(event, EndpointerEvent::SpeechStarted { .. })).count();
        assert_eq!(starts, 2, "what goes on after a loss begins anew: {heard:?}");
    }

    #[tokio::test]
    async fn a_detector_that_always_fails_makes_the_leg_deaf() {
        let (listening, heard) = heard(|_| true).await;
        assert!(listening.is_deaf() && listening.take_loss());
        assert_eq!(heard, []);
    }
}
