//! Detects onset and offset of speech from probabilities, without a clock, threads or channels.
//!
//! Owns: hysteresis, and which audio belongs to the turn. Never does: compute a probability, or
//! wait.

use std::ops::Range;
use std::sync::Arc;

use interview::io::Ms;

use super::audio::{Chunk, ChunkBuffer, TurnAudio, share};
use super::chunker::{PER_MS, Raw};
use crate::vad::CHUNK;

/// The parameters of the endpointer. Times are in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EndpointerSettings {
    /// The probability from which on a chunk can begin speech, between 0 and 1.
    pub onset: f32,
    /// The number of consecutive such chunks (32 ms each) that begin speech.
    pub onset_chunks: u32,
    /// The probability below which a chunk counts as silence, between 0 and 1.
    pub offset: f32,
    /// The silence that makes a pause.
    pub pause_ms: Ms,
    /// Audio before the onset that is kept, because first consonants are soft.
    pub preroll_ms: Ms,
    /// Audio after the end of speech that is included, because the turn detector judges how speech
    /// fades.
    pub tail_ms: Ms,
    /// The longest audio of a turn that is kept. The oldest audio is dropped and counted.
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

/// An event of the endpointer. Every resumption after a pause is a new start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointerEvent {
    /// Speech began or resumed at this time on the call clock, about 64 ms ago.
    SpeechStarted { at: Ms },
    /// Speech ended at this time on the call clock, and it has been quiet since.
    SpeechPaused { end: Ms },
}

/// The present activity. Positions are samples since the call clock's zero.
#[derive(Clone, Copy)]
enum Activity {
    /// `run` is the number of consecutive chunks that could begin speech.
    Quiet { run: u32 },
    /// `onset` is the beginning of this stretch of speech, and `end` is the end of the last chunk
    /// that was not silence.
    Speech { onset: u64, end: u64 },
}

pub(super) struct Segmenter {
    settings: EndpointerSettings,
    buffer: ChunkBuffer,
    activity: Activity,
    /// The beginning of the turn's audio, or `None` if nothing was said since the last turn was
    /// taken.
    turn_start: Option<u64>,
    /// The end of the last speech.
    speech_end: u64,
    /// The sum of the squared samples of the present or last stretch of speech, and their number.
    energy: f64,
    samples: usize,
    /// Audio before this position belongs to turns that were taken.
    floor: u64,
    turn: u32,
    dropped_ms: Ms,
}

impl Segmenter {
    pub(super) fn new(settings: EndpointerSettings) -> Self {
        Self {
            settings,
            buffer: ChunkBuffer::default(),
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

    /// Returns the milliseconds that were dropped from overlong turns.
    pub(super) fn dropped_ms(&self) -> Ms {
        self.dropped_ms
    }

    /// Adds the next chunk with its probability of speech.
    pub(super) fn push(&mut self, raw: &Raw, probability: f32) -> Option<EndpointerEvent> {
        let voiced = probability >= self.settings.offset;
        if voiced && self.speaking() {
            self.energy += raw.samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
            self.samples += raw.samples.len();
        }
        self.buffer.push(raw.start, Chunk { samples: raw.samples, voiced });
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
            self.buffer.forget_before(oldest.max(start));
        } else {
            let onset = u64::from(self.settings.onset_chunks) * CHUNK as u64;
            self.buffer.forget_before(end.saturating_sub(self.settings.preroll_ms * PER_MS + onset));
        }
    }

    /// Ends the turn. Speech that continues belongs to the next turn from its onset on.
    pub(super) fn turn_taken(&mut self) {
        self.turn += 1;
        match self.activity {
            Activity::Speech { onset, .. } => {
                // The speaker resumed, and what was said before this onset has been taken.
                self.floor = self.floor.max(self.speech_end);
                let start = self.preroll_start(onset);
                self.turn_start = Some(start);
                self.buffer.forget_before(start);
            }
            Activity::Quiet { .. } => {
                self.floor = self.speech_end;
                self.turn_start = None;
                self.buffer.forget_before(self.floor);
            }
        }
    }

    /// Like [`Self::turn_taken`], but present sound is treated as no speech. If it continues, it
    /// begins anew.
    pub(super) fn hear_anew(&mut self) {
        if let Activity::Speech { end, .. } = self.activity {
            self.speech_end = end;
            self.activity = Activity::Quiet { run: 0 };
        }
        self.turn_taken();
    }

    /// Returns the level of the present or the last speech, in dBFS, or `None` before any speech.
    pub(super) fn level_db(&self) -> Option<f32> {
        (self.samples > 0).then(|| 10.0 * (self.energy / self.samples as f64).max(1e-12).log10() as f32)
    }

    /// Returns the pointers for a snapshot of the turn, or `None` while nothing was said in it.
    pub(super) fn cut(&self) -> Option<Cut> {
        let start = self.turn_start?;
        let (speech_end, end) = match self.activity {
            Activity::Speech { end, .. } => (end, u64::MAX),
            Activity::Quiet { .. } => (self.speech_end, self.speech_end + self.settings.tail_ms * PER_MS),
        };
        let (first, chunks) = self.buffer.cut(Range { start, end });
        let most = end.saturating_sub(first).min((chunks.len() * CHUNK) as u64) as usize;
        Some(Cut { start: first, speech_end, samples: most, chunks, paused: !self.speaking(), turn: self.turn })
    }

    #[cfg(test)]
    pub(super) fn kept_ms(&self) -> Ms {
        self.buffer.len() as Ms * super::audio::CHUNK_MS
    }
}

/// Pointers to the turn's chunks. They are collected under the lock and assembled outside it.
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

    /// Feeds this many chunks of this level, all of them voiced.
    fn hear(segmenter: &mut Segmenter, chunks: u64, level: f32, from: u64) -> Vec<EndpointerEvent> {
        let raw = |n| Raw { start: (from + n) * CHUNK as u64, samples: [level; CHUNK], filled: false };
        (0..chunks).filter_map(|n| segmenter.push(&raw(n), if level > 0.0 { 0.9 } else { 0.0 })).collect()
    }

    #[test]
    fn sound_that_is_heard_anew_begins_again_and_what_it_was_before_is_forgotten() {
        let mut segmenter = Segmenter::new(EndpointerSettings::default());
        assert_eq!(hear(&mut segmenter, 100, 0.1, 0), [EndpointerEvent::SpeechStarted { at: 0 }]);
        segmenter.hear_anew();
        assert!(segmenter.cut().is_none());
        assert_eq!(hear(&mut segmenter, 10, 0.1, 100), [EndpointerEvent::SpeechStarted { at: 3_200 }]);
        let audio = segmenter.cut().expect("a turn").into_audio();
        assert_eq!((audio.start_ms, audio.paused), (3_200, false));
    }

    #[test]
    fn loudness_is_that_of_the_latest_stretch_of_speech() {
        let mut segmenter = Segmenter::new(EndpointerSettings::default());
        assert_eq!(segmenter.level_db(), None);
        hear(&mut segmenter, 20, 0.1, 0);
        hear(&mut segmenter, 20, 0.0, 20);
        assert!(segmenter.level_db().is_some_and(|db| (db + 20.0).abs() < 0.1), "{:?}", segmenter.level_db());
        hear(&mut segmenter, 20, 0.01, 40);
        assert!(segmenter.level_db().is_some_and(|db| (db + 40.0).abs() < 0.1), "{:?}", segmenter.level_db());
    }
}
