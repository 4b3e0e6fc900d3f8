//! The task that listens to one call.
//!
//! Owns: the path from frames to events, and the handle on the turn's audio. Never does: block the
//! media path; the lock is held only while pointers are copied.

use std::sync::Arc;
use std::time::Duration;

use interview::io::Ms;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::audio::TurnAudio;
use super::chunker::{Chunker, Raw};
use super::segmenter::{EndpointerEvent, EndpointerSettings, Segmenter};
use crate::audio::Frame;
use crate::vad::{ActivityDetector, VadError};

/// If no frame arrives for this long during speech, silence is assumed, so that a pause is noticed
/// even if the peer stops sending.
const STALL: Duration = Duration::from_millis(500);

/// The listening side. [`Endpointer::run`] and [`Endpointer::listen`] are its tasks.
pub struct Endpointer {
    chunker: Chunker,
    segmenter: Arc<Mutex<Segmenter>>,
    detector: Box<dyn ActivityDetector>,
}

/// The handle for snapshots of the audio. It is cheap to clone.
#[derive(Clone)]
pub struct EndpointerHandle {
    segmenter: Arc<Mutex<Segmenter>>,
}

impl Endpointer {
    pub fn new(settings: EndpointerSettings, detector: Box<dyn ActivityDetector>) -> (Self, EndpointerHandle) {
        let segmenter = Arc::new(Mutex::new(Segmenter::new(settings)));
        let handle = EndpointerHandle { segmenter: Arc::clone(&segmenter) };
        (Self { chunker: Chunker::default(), segmenter, detector }, handle)
    }

    /// Listens until the frames end or the receiver of events is dropped. The audio that an event
    /// is about is available from the handle before the event is sent.
    ///
    /// # Errors
    /// Returns the detector's error if it fails. The call then recognises no more speech.
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
            let speaking = self.segmenter.lock().speaking();
            let frame = if speaking { timeout(STALL, frames.recv()).await } else { Ok(frames.recv().await) };
            match frame {
                Ok(Some(frame)) => self.chunker.push(&frame, &mut chunks),
                Ok(None) => return Ok(()),
                Err(_) => self.chunker.stall(STALL.as_millis() as Ms, &mut chunks),
            }
            for chunk in chunks.drain(..) {
                if let Some(event) = hear(&self.segmenter, self.detector.as_mut(), &chunk).await?
                    && events.send(event).await.is_err()
                {
                    return Ok(());
                }
            }
        }
    }
}

async fn hear(
    segmenter: &Mutex<Segmenter>,
    detector: &mut dyn ActivityDetector,
    chunk: &Raw,
) -> Result<Option<EndpointerEvent>, VadError> {
    let probability = if chunk.filled { 0.0 } else { detector.probability(&chunk.samples).await? };
    Ok(segmenter.lock().push(chunk, probability))
}

impl EndpointerHandle {
    /// Another listening side in the place of one that failed: it begins with nothing heard.
    pub fn listen_anew(&self, settings: EndpointerSettings, detector: Box<dyn ActivityDetector>) -> Endpointer {
        *self.segmenter.lock() = Segmenter::new(settings);
        Endpointer { chunker: Chunker::default(), segmenter: Arc::clone(&self.segmenter), detector }
    }

    /// Returns everything said in this turn so far, or `None` if nothing was said.
    pub fn snapshot(&self) -> Option<TurnAudio> {
        let cut = self.segmenter.lock().cut();
        cut.map(super::segmenter::Cut::into_audio)
    }

    /// Forgets the audio of the turn, which is over. Speech that continues belongs to the next turn
    /// from its onset on.
    pub fn turn_taken(&self) {
        self.segmenter.lock().turn_taken();
    }

    /// Forgets the turn's audio, and treats present sound as no speech. If it continues, it begins
    /// with a start event of its own.
    pub fn hear_anew(&self) {
        self.segmenter.lock().hear_anew();
    }

    /// Returns the level of the present or the last speech, in dBFS.
    pub fn level_db(&self) -> Option<f32> {
        self.segmenter.lock().level_db()
    }

    /// Returns the milliseconds that were dropped from overlong turns in this call.
    pub fn dropped_ms(&self) -> Ms {
        self.segmenter.lock().dropped_ms()
    }
}
