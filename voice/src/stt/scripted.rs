//! A scripted transcriber that returns given text after a given delay.
//!
//! Owns: a delay and the source of the text. Never does: recognise speech; only tests of logic and
//! load use it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use interview::io::{Rejection, Transcript, Word};

use super::{Speech, SttError, Transcriber};

/// Returns the result of the n-th transcription, counted from 0.
type Answers = Box<dyn Fn(u32, &Speech) -> Heard + Send + Sync>;

/// The result of a scripted transcription.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// These words, each with this confidence between 0 and 1, after this delay.
    Words { text: String, confidence: f32, delay: Duration },
    /// Sound that the guards rejected.
    Rejected(Rejection),
    /// The engine failed.
    Failure,
}

pub struct Scripted {
    delay: Duration,
    answers: Answers,
    calls: AtomicU32,
}

impl Scripted {
    /// Returns a transcriber for which `answers` gives the text of the n-th transcription, counted
    /// from 0. Before each, `delay` passes on tokio's clock.
    pub fn new(delay: Duration, answers: impl Fn(u32, &Speech) -> String + Send + Sync + 'static) -> Self {
        let heard = move |call, speech: &Speech| Heard::Words {
            text: answers(call, speech),
            confidence: 1.0,
            delay: Duration::ZERO,
        };
        Self::hearing(delay, heard)
    }

    /// Like [`Self::new`], with confidences and faults.
    pub fn hearing(delay: Duration, heard: impl Fn(u32, &Speech) -> Heard + Send + Sync + 'static) -> Self {
        Self { delay, answers: Box::new(heard), calls: AtomicU32::new(0) }
    }

    /// Returns a transcriber that returns these texts one after the other, and then repeats the
    /// last one.
    pub fn sequence(delay: Duration, texts: Vec<String>) -> Self {
        let last = texts.len().saturating_sub(1);
        Self::new(delay, move |call, _| texts.get((call as usize).min(last)).cloned().unwrap_or_default())
    }
}

#[async_trait]
impl Transcriber for Scripted {
    async fn transcribe(&self, speech: Speech) -> Result<Transcript, SttError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(self.delay).await;
        let (text, confidence) = match (self.answers)(call, &speech) {
            Heard::Words { text, confidence, delay } => {
                tokio::time::sleep(delay).await;
                (text, confidence)
            }
            Heard::Rejected(reason) => return Ok(Transcript { words: Vec::new(), rejected: Some(reason) }),
            Heard::Failure => return Err(SttError::Failed("the script says so".to_owned())),
        };
        let texts: Vec<&str> = text.split_whitespace().collect();
        let length = speech.samples.len() as u64 / 16;
        let at = |index: usize| speech.start_ms + length * index as u64 / texts.len().max(1) as u64;
        let word = |(index, text): (usize, &&str)| Word {
            text: (*text).to_owned(),
            start_ms: at(index),
            end_ms: at(index + 1),
            confidence,
        };
        Ok(Transcript { words: texts.iter().enumerate().map(word).collect(), rejected: None })
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}
