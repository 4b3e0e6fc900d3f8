//! A synthesiser without a model, for tests of logic and load.
//!
//! Owns: a hum with a duration that depends on the number of words. Never does: imitate speech.

use std::f32::consts::TAU;
use std::time::Duration;

use async_trait::async_trait;
use interview::guide::VoiceProfile;

use super::{Locale, Synthesizer, TtsError, Voice, waveform};
use crate::audio::SPEAK_RATE;
use crate::inference::Priority;

/// The duration of sound per word, at any speed.
const WORD_MS: usize = 60;
const HUM_HZ: f32 = 150.0;
/// The level of the hum, -26 dBFS.
const HUM_LEVEL: f32 = 0.05;

/// Hums for 60 ms per word after a fixed delay.
pub struct Scripted {
    delay: Duration,
}

impl Scripted {
    pub fn new(delay: Duration) -> Self {
        Self { delay }
    }
}

#[async_trait]
impl Synthesizer for Scripted {
    async fn synthesize(&self, text: &str, _: &Voice, _: Priority) -> Result<Vec<i16>, TtsError> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let length = waveform::samples(WORD_MS * text.split_whitespace().count().max(1));
        let hum: Vec<f32> =
            (0..length).map(|at| (at as f32 * HUM_HZ * TAU / SPEAK_RATE as f32).sin() * HUM_LEVEL).collect();
        let mut pcm = Vec::with_capacity(length);
        waveform::append(&mut pcm, &hum);
        Ok(pcm)
    }

    fn resolve(&self, profile: &VoiceProfile, language: &str) -> Result<(Voice, Vec<String>), TtsError> {
        let name = profile.voice.clone().unwrap_or_else(|| "hum".to_owned());
        let voice = Voice { locale: Locale::of(language), ..Voice::new(name, 1.0) };
        Ok((voice, vec!["the scripted engine only hums, so every voice sounds the same".to_owned()]))
    }

    fn name(&self) -> &'static str {
        "scripted"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hums_as_long_as_the_text_after_the_delay() {
        let (voice, notes) = Scripted::new(Duration::ZERO).resolve(&VoiceProfile::default(), "en").unwrap();
        assert_eq!(notes.len(), 1);
        let late = Scripted::new(Duration::from_hours(1));
        let waiting = late.synthesize("one two three", &voice, Priority::Background);
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
        let prompt = Scripted::new(Duration::ZERO);
        let pcm = prompt.synthesize("one two three", &voice, Priority::Background).await.unwrap();
        assert_eq!(pcm.len(), waveform::samples(180));
        assert!(pcm.iter().any(|s| *s > 1_000));
    }
}
