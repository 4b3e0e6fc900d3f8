//! Onset and offset of speech from probabilities, without clock, threads or channels.
//!
//! Owns: hysteresis, and which audio belongs to the turn. Never does: compute a probability, wait.

use std::ops::Range;
use std::sync::Arc;

use interview::io::Ms;

use super::audio::{Chunk, Tape, TurnAudio, share};
use super::chunker::{PER_MS, Raw};
use crate::vad::CHUNK;

/// What the endpointer goes by. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndpointerSettings {
    /// Probability from which a chunk can begin speech.
    pub onset: f32,
    /// So many of them in a row begin it (32 ms each).
    pub onset_chunks: u32,
    /// Probability under which a chunk counts as silence.
    pub offset: f32,
    /// Silence that makes a pause.
    pub pause_ms: Ms,
    /// Audio kept from before the onset: first consonants are soft.
    pub preroll_ms: Ms,
    /// Audio given out after the end of speech: turn detection listens to how it fades.
    pub tail_ms: Ms,
    /// Most audio kept of a turn; the oldest is dropped and counted.
    pub longest_ms: Ms,
}

impl Default for EndpointerSettings {
    fn default() -> Self {
        Self {
            onset: 0.5,
            onset_chunks: 2,
            offset: 0.35,
            pause_ms: 160,
            preroll_ms: 300,
            tail_ms: 200,
            longest_ms: 300_000,
        }
    }
}

/// What the endpointer notices. Every resumption after a pause is a new start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointerEvent {
    /// Speech began (or went on) at this time of the call clock, some 64 ms ago.
    SpeechStarted { at: Ms },
    /// Speech ended at this time of the call clock; it has been quiet since.
    SpeechPaused { end: Ms },
}

/// Positions are samples since the call clock's zero.
#[derive(Clone, Copy)]
enum Activity {
    /// `run`: chunks in a row that could begin speech.
    Quiet { run: u32 },
    /// `onset` of this stretch of speech; `end` of the last chunk that was not silence.
    Speech { onset: u64, end: u64 },
}

pub(super) struct Hearing {
    settings: EndpointerSettings,
    tape: Tape,
    activity: Activity,
    /// Where the turn's audio begins; none while nothing was said since the last turn was taken.
    turn_start: Option<u64>,
    /// End of the last speech.
    speech_end: u64,
    /// Squares of the samples of speech in the stretch that goes on or was the last, and how many there are.
    energy: f64,
    samples: usize,
    /// Audio before this belongs to turns that were taken.
    floor: u64,
    turn: u32,
    dropped_ms: Ms,
}

impl Hearing {
    pub(super) fn new(settings: EndpointerSettings) -> Self {
        Self {
            settings,
            tape: Tape::default(),
            activity: Activity::Quiet { run: 0 },
            turn_start: None,
            speech_end: 0,
            energy: 0.0,
            samples: 0,
            floor: 0,
            turn: 0,
            dropped_ms: 0,
        }
    }

    pub(super) fn speaking(&self) -> bool {
        matches!(self.activity, Activity::Speech { .. })
    }

    /// Milliseconds of turns that were too long to keep.
    pub(super) fn dropped_ms(&self) -> Ms {
        self.dropped_ms
    }

    /// Takes the next chunk with its probability.
    pub(super) fn push(&mut self, raw: &Raw, probability: f32) -> Option<EndpointerEvent> {
        let voiced = probability >= self.settings.offset;
        if voiced && self.speaking() {
            self.energy += raw.samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
            self.samples += raw.samples.len();
        }
        self.tape.push(raw.start, Chunk { samples: raw.samples, voiced });
        let end = raw.start + CHUNK as u64;
        let event = match &mut self.activity {
            Activity::Quiet { run } if probability >= self.settings.onset => {
                *run += 1;
                if *run < self.settings.onset_chunks { None } else { Some(self.start_speech(end)) }
            }
            Activity::Quiet { run } => {
                *run = 0;
                None
            }
            Activity::Speech { end: speech_end, .. } if voiced => {
                *speech_end = end;
                None
            }
            Activity::Speech { end: speech_end, .. } => {
                let speech_end = *speech_end;
                (end - speech_end >= self.settings.pause_ms * PER_MS).then(|| self.pause(speech_end))
            }
        };
        self.keep_what_is_needed(end);
        event
    }

    fn start_speech(&mut self, end: u64) -> EndpointerEvent {
        let onset = end.saturating_sub(u64::from(self.settings.onset_chunks) * CHUNK as u64);
        self.activity = Activity::Speech { onset, end };
        (self.energy, self.samples) = (0.0, 0);
        let start = self.preroll_start(onset);
        self.turn_start.get_or_insert(start);
        EndpointerEvent::SpeechStarted { at: onset / PER_MS }
    }

    fn pause(&mut self, end: u64) -> EndpointerEvent {
        self.activity = Activity::Quiet { run: 0 };
        self.speech_end = end;
        EndpointerEvent::SpeechPaused { end: end / PER_MS }
    }

    fn preroll_start(&self, onset: u64) -> u64 {
        onset.saturating_sub(self.settings.preroll_ms * PER_MS).max(self.floor)
    }

    fn keep_what_is_needed(&mut self, end: u64) {
        if let Some(start) = self.turn_start {
            let oldest = end.saturating_sub(self.settings.longest_ms * PER_MS);
            if oldest > start {
                self.turn_start = Some(oldest);
                self.dropped_ms += (oldest - start) / PER_MS;
            }
            self.tape.forget_before(oldest.max(start));
        } else {
            let onset = u64::from(self.settings.onset_chunks) * CHUNK as u64;
            self.tape.forget_before(end.saturating_sub(self.settings.preroll_ms * PER_MS + onset));
        }
    }

    /// The turn is over. Speech that goes on right now belongs to the next one, from its onset.
    pub(super) fn turn_taken(&mut self) {
        self.turn += 1;
        match self.activity {
            Activity::Speech { onset, .. } => {
                // A resumption: what was said before its onset has been taken.
                self.floor = self.floor.max(self.speech_end);
                let start = self.preroll_start(onset);
                self.turn_start = Some(start);
                self.tape.forget_before(start);
            }
            Activity::Quiet { .. } => {
                self.floor = self.speech_end;
                self.turn_start = None;
                self.tape.forget_before(self.floor);
            }
        }
    }

    /// The same, and whatever goes on right now is no speech to wait for: what follows begins anew.
    pub(super) fn hear_anew(&mut self) {
        if let Activity::Speech { end, .. } = self.activity {
            self.speech_end = end;
            self.activity = Activity::Quiet { run: 0 };
        }
        self.turn_taken();
    }

    /// How loud the speech is that goes on or was the last, in dB of full scale; none before any.
    pub(super) fn level_db(&self) -> Option<f32> {
        (self.samples > 0).then(|| 10.0 * (self.energy / self.samples as f64).max(1e-12).log10() as f32)
    }

    /// What a picture of the turn needs; none while nothing was said in it.
    pub(super) fn cut(&self) -> Option<Cut> {
        let start = self.turn_start?;
        let (speech_end, end) = match self.activity {
            Activity::Speech { end, .. } => (end, u64::MAX),
            Activity::Quiet { .. } => (self.speech_end, self.speech_end + self.settings.tail_ms * PER_MS),
        };
        let (first, chunks) = self.tape.cut(Range { start, end });
        let most = end.saturating_sub(first).min((chunks.len() * CHUNK) as u64) as usize;
        Some(Cut { start: first, speech_end, samples: most, chunks, paused: !self.speaking(), turn: self.turn })
    }

    #[cfg(test)]
    pub(super) fn kept_ms(&self) -> Ms {
        self.tape.len() as Ms * super::audio::CHUNK_MS
    }
}

/// Pointers to the turn's chunks: taken under the lock, put together outside it.
pub(super) struct Cut {
    start: u64,
    speech_end: u64,
    samples: usize,
    chunks: Vec<Arc<Chunk>>,
    paused: bool,
    turn: u32,
}

impl Cut {
    pub(super) fn into_audio(self) -> TurnAudio {
        let mut samples: Vec<f32> = Vec::with_capacity(self.chunks.len() * CHUNK);
        for chunk in &self.chunks {
            samples.extend_from_slice(&chunk.samples);
        }
        samples.truncate(self.samples);
        let activity: Vec<bool> = self.chunks.iter().map(|chunk| chunk.voiced).collect();
        TurnAudio {
            samples: samples.into(),
            start_ms: self.start / PER_MS,
            speech_end_ms: self.speech_end / PER_MS,
            voiced: share(&activity),
            activity: activity.into(),
            paused: self.paused,
            turn: self.turn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many chunks of this level, voiced all of them.
    fn hear(hearing: &mut Hearing, chunks: u64, level: f32, from: u64) -> Vec<EndpointerEvent> {
        let raw = |n| Raw { start: (from + n) * CHUNK as u64, samples: [level; CHUNK], filled: false };
        (0..chunks).filter_map(|n| hearing.push(&raw(n), if level > 0.0 { 0.9 } else { 0.0 })).collect()
    }

    #[test]
    fn sound_that_is_heard_anew_begins_again_and_what_it_was_before_is_forgotten() {
        let mut hearing = Hearing::new(EndpointerSettings::default());
        assert_eq!(hear(&mut hearing, 100, 0.1, 0), [EndpointerEvent::SpeechStarted { at: 0 }]);
        hearing.hear_anew();
        assert!(hearing.cut().is_none());
        assert_eq!(hear(&mut hearing, 10, 0.1, 100), [EndpointerEvent::SpeechStarted { at: 3_200 }]);
        let audio = hearing.cut().expect("a turn").into_audio();
        assert_eq!((audio.start_ms, audio.paused), (3_200, false));
    }

    #[test]
    fn loudness_is_that_of_the_latest_stretch_of_speech() {
        let mut hearing = Hearing::new(EndpointerSettings::default());
        assert_eq!(hearing.level_db(), None);
        hear(&mut hearing, 20, 0.1, 0);
        hear(&mut hearing, 20, 0.0, 20);
        assert!(hearing.level_db().is_some_and(|db| (db + 20.0).abs() < 0.1), "{:?}", hearing.level_db());
        hear(&mut hearing, 20, 0.01, 40);
        assert!(hearing.level_db().is_some_and(|db| (db + 40.0).abs() < 0.1), "{:?}", hearing.level_db());
    }
}
