//! The task that listens to a leg, and listens again when it was lost.
//!
//! Owns: that a detector which panics or fails costs a repeated question and not the rest of the call. Never does: decide about
//! turns, or repeat the question: the watcher does, when it learns of the loss.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    deaf: std::sync::atomic::AtomicBool,
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
