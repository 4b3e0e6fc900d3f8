//! The task that listens to one call.
//!
//! Owns: the way from frames to events, and the handle on the turn's audio. Never does: block the media path: the lock
//! is held for pointers only.

use std::sync::Arc;
use std::time::Duration;

use interview::io::Ms;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::audio::TurnAudio;
use super::chunker::{Chunker, Raw};
use super::hearing::{EndpointerEvent, EndpointerSettings, Hearing};
use crate::audio::Frame;
use crate::vad::{ActivityDetector, VadError};

/// While somebody speaks and no frame comes for so long, it is taken for silence: a pause must not wait for a peer that
/// stopped sending.
const STALL: Duration = Duration::from_millis(500);

/// The listening side: give it to a task with [`Endpointer::run`] or [`Endpointer::listen`].
pub struct Endpointer {
    chunker: Chunker,
    hearing: Arc<Mutex<Hearing>>,
    detector: Box<dyn ActivityDetector>,
}

/// The asking side; cheap to clone.
#[derive(Clone)]
pub struct EndpointerHandle {
    hearing: Arc<Mutex<Hearing>>,
}

impl Endpointer {
    pub fn new(settings: EndpointerSettings, detector: Box<dyn ActivityDetector>) -> (Self, EndpointerHandle) {
        let hearing = Arc::new(Mutex::new(Hearing::new(settings)));
        let handle = EndpointerHandle { hearing: Arc::clone(&hearing) };
        (Self { chunker: Chunker::default(), hearing, detector }, handle)
    }

    /// Listens until the frames end or nobody wants the events any more. An event is sent after the audio that it is
    /// about can be had from the handle.
    ///
    /// # Errors
    /// The detector's, when it fails: the call is deaf from then on.
    pub async fn run(
        self,
        mut frames: mpsc::Receiver<Frame>,
        events: mpsc::Sender<EndpointerEvent>,
    ) -> Result<(), VadError> {
        self.listen(&mut frames, &events).await
    }

    /// The same, leaving the frames to whoever listens next should this one fail.
    ///
    /// # Errors
    /// The detector's.
    pub async fn listen(
        mut self,
        frames: &mut mpsc::Receiver<Frame>,
        events: &mpsc::Sender<EndpointerEvent>,
    ) -> Result<(), VadError> {
        let mut chunks = Vec::new();
        loop {
            let speaking = self.hearing.lock().speaking();
            let frame = if speaking { timeout(STALL, frames.recv()).await } else { Ok(frames.recv().await) };
            match frame {
                Ok(Some(frame)) => self.chunker.push(&frame, &mut chunks),
                Ok(None) => return Ok(()),
                Err(_) => self.chunker.stall(STALL.as_millis() as Ms, &mut chunks),
            }
            for chunk in chunks.drain(..) {
                if let Some(event) = hear(&self.hearing, self.detector.as_mut(), &chunk).await?
                    && events.send(event).await.is_err()
                {
                    return Ok(());
                }
            }
        }
    }
}

async fn hear(
    hearing: &Mutex<Hearing>,
    detector: &mut dyn ActivityDetector,
    chunk: &Raw,
) -> Result<Option<EndpointerEvent>, VadError> {
    let probability = if chunk.filled { 0.0 } else { detector.probability(&chunk.samples).await? };
    Ok(hearing.lock().push(chunk, probability))
}

impl EndpointerHandle {
    /// Another listening side in the place of one that failed: it begins with nothing heard.
    pub fn listen_anew(&self, settings: EndpointerSettings, detector: Box<dyn ActivityDetector>) -> Endpointer {
        *self.hearing.lock() = Hearing::new(settings);
        Endpointer { chunker: Chunker::default(), hearing: Arc::clone(&self.hearing), detector }
    }

    /// Everything said in this turn up to now; none when nothing was.
    pub fn snapshot(&self) -> Option<TurnAudio> {
        let cut = self.hearing.lock().cut();
        cut.map(super::hearing::Cut::into_audio)
    }

    /// The turn is over: its audio is forgotten. Speech that goes on right now belongs to the next turn, from its onset.
    pub fn turn_taken(&self) {
        self.hearing.lock().turn_taken();
    }

    /// The turn's audio is forgotten, and sound that goes on right now is taken for no speech: what comes of it begins with
    /// a start of its own.
    pub fn hear_anew(&self) {
        self.hearing.lock().hear_anew();
    }

    /// How loud the speech is that goes on or was the last, in dB of full scale.
    pub fn level_db(&self) -> Option<f32> {
        self.hearing.lock().level_db()
    }

    /// Milliseconds dropped from turns that were too long, in this call.
    pub fn dropped_ms(&self) -> Ms {
        self.hearing.lock().dropped_ms()
    }
}
