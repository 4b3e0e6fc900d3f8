//! The scripted transcriber: known text after a known time.
//!
//! Owns: a delay and where the text comes from. Never does: listen; tests of logic and load use it, calls never do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use interview::io::{Transcript, Word};

use super::{Speech, SttError, Transcriber};

/// Text for the n-th call, counted from 0.
type Answers = Box<dyn Fn(u32, &Speech) -> String + Send + Sync>;

pub struct Scripted {
    delay: Duration,
    answers: Answers,
    calls: AtomicU32,
}

impl Scripted {
    /// `answers` gives the text for the n-th call (from 0); `delay` passes on tokio's clock before each.
    pub fn new(delay: Duration, answers: impl Fn(u32, &Speech) -> String + Send + Sync + 'static) -> Self {
        Self { delay, answers: Box::new(answers), calls: AtomicU32::new(0) }
    }

    /// These texts one after the other, the last one for ever.
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
        let text = (self.answers)(call, &speech);
        let texts: Vec<&str> = text.split_whitespace().collect();
        let length = speech.samples.len() as u64 / 16;
        let at = |index: usize| speech.start_ms + length * index as u64 / texts.len().max(1) as u64;
        let word = |(index, text): (usize, &&str)| Word {
            text: (*text).to_owned(),
            start_ms: at(index),
            end_ms: at(index + 1),
            confidence: 1.0,
        };
        Ok(Transcript { words: texts.iter().enumerate().map(word).collect(), rejected: None })
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}
