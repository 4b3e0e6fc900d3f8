//! The persona's voice: every line is synthesised and encoded before the call.
//!
//! Owns: the clips that the respondent speaks, and where speech begins and ends in each. Never
//! does: synthesise during a call, so that nothing disturbs what is measured.

use std::collections::HashMap;
use std::sync::Arc;

use super::capture::{AUDIBLE_DB, PACKET_MS, level_db};
use super::envelope::Envelope;
use super::persona::{Persona, Spoken};
use voice::audio::{Clip, SPEAK_RATE, codec};
use voice::inference::Priority;
use voice::tts::{Synthesizer, TtsError, Voice};

const PACKET_SAMPLES: usize = SPEAK_RATE as usize * PACKET_MS as usize / 1000;

#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    #[error("the persona's line `{line}` cannot be synthesised: {source}")]
    Synthesis { line: String, source: TtsError },
    #[error("the synthesised line `{0}` is silent")]
    Silent(String),
    #[error("a line cannot be encoded: {0}")]
    Encoding(String),
    #[error("the persona has the interviewer's voice {0}; choose another `voice` in the persona file")]
    SameVoice(String),
}

/// Every line of a persona. A clip begins with its first audible packet and ends with its last one.
pub struct Lines {
    clips: HashMap<Spoken, Clip>,
    /// A packet of silence.
    pub silence: bytes::Bytes,
}

impl Lines {
    /// Synthesises everything that the persona can say. `progress` is called with the number of
    /// finished lines and the number of all lines.
    pub async fn prepare(
        persona: &Persona,
        synthesizer: &Arc<dyn Synthesizer>,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Self, VoiceError> {
        let voice = Voice::new(persona.voice.clone(), 1.0);
        let all = persona.everything_said();
        let mut sounds = Vec::with_capacity(all.len());
        for (done, spoken) in all.iter().enumerate() {
            progress(done, all.len());
            let mut pcm = speech(synthesizer, &voice, &spoken.first).await?;
            if let Some((pause_ms, rest)) = &spoken.rest {
                pcm.resize(pcm.len() + (pause_ms * u64::from(SPEAK_RATE) / 1000) as usize, 0);
                pcm.extend(speech(synthesizer, &voice, rest).await?);
            }
            sounds.push((spoken.clone(), pcm));
        }
        progress(all.len(), all.len());
        Self::of(sounds)
    }

    /// Returns lines whose sound exists already, such as recordings of people, as 24 kHz mono PCM.
    pub fn of(sounds: impl IntoIterator<Item = (Spoken, Vec<i16>)>) -> Result<Self, VoiceError> {
        let mut clips = HashMap::new();
        for (spoken, pcm) in sounds {
            let text = spoken.text();
            let audible = trim(&pcm);
            if audible.is_empty() {
                return Err(VoiceError::Silent(text));
            }
            clips.insert(spoken, encode(&text, audible.to_vec())?);
        }
        let silence = encode("", vec![0; PACKET_SAMPLES * 3])?;
        let silence = silence.packets.last().cloned().ok_or_else(|| VoiceError::Silent(String::new()))?;
        Ok(Self { clips, silence })
    }

    /// Returns the clip of a line. Every line of [`Persona::everything_said`] has one.
    pub fn get(&self, spoken: &Spoken) -> Option<&Clip> {
        self.clips.get(spoken)
    }
}

/// Returns the envelope that `text` will have when the interviewer says it, from the same
/// synthesiser and voice. The persona uses it to notice that a question is about to end, and the
/// report to find where a question begins.
pub async fn expected(synthesizer: &Arc<dyn Synthesizer>, voice: &Voice, text: &str) -> Result<Envelope, VoiceError> {
    let pcm = synthesizer
        .synthesize(text, voice, Priority::Background)
        .await
        .map_err(|source| VoiceError::Synthesis { line: text.to_owned(), source })?;
    Ok(Envelope::of_speech(&pcm))
}

fn encode(text: &str, pcm: Vec<i16>) -> Result<Clip, VoiceError> {
    codec::encode_clip(text.to_owned(), pcm).map_err(|error| VoiceError::Encoding(error.to_string()))
}

/// Returns `text` as 24 kHz PCM without silence before and after it.
async fn speech(synthesizer: &Arc<dyn Synthesizer>, voice: &Voice, text: &str) -> Result<Vec<i16>, VoiceError> {
    let pcm = synthesizer
        .synthesize(text, voice, Priority::Background)
        .await
        .map_err(|source| VoiceError::Synthesis { line: text.to_owned(), source })?;
    let trimmed = trim(&pcm);
    if trimmed.is_empty() { Err(VoiceError::Silent(text.to_owned())) } else { Ok(trimmed.to_vec()) }
}

/// Cuts at packet boundaries, from the first audible 20 ms to the last.
fn trim(pcm: &[i16]) -> &[i16] {
    let audible = |chunk: &[i16]| level_db(chunk) >= AUDIBLE_DB;
    let mut chunks = pcm.chunks(PACKET_SAMPLES);
    let Some(first) = chunks.position(audible) else { return &[] };
    let last = pcm.chunks(PACKET_SAMPLES).collect::<Vec<_>>().iter().rposition(|chunk| audible(chunk)).unwrap_or(first);
    &pcm[first * PACKET_SAMPLES..((last + 1) * PACKET_SAMPLES).min(pcm.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_keeps_pauses_inside() {
        let mut pcm = vec![0i16; PACKET_SAMPLES * 4];
        pcm.extend(vec![5000i16; PACKET_SAMPLES]);
        pcm.extend(vec![0i16; PACKET_SAMPLES * 2]);
        pcm.extend(vec![5000i16; PACKET_SAMPLES / 2]);
        assert_eq!(trim(&pcm).len(), PACKET_SAMPLES * 3 + PACKET_SAMPLES / 2);
        assert!(trim(&[0; 4800]).is_empty());
    }
}
