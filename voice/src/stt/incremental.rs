//! Transcribes a long turn without repeating earlier work at every pause.
//!
//! Owns: which words of the present turn are settled. Never does: decide whether the turn is over.

use std::sync::Arc;

use interview::io::{Ms, Transcript, Word};
use parking_lot::Mutex;

use super::{Speech, SttError, Transcriber};
use crate::turn::TurnAudio;

/// A stretch of at least this much speech is settled once a pause and more speech follow it.
const SETTLE_MS: Ms = 8000;
/// The cut is made this long after the end of the settled speech, inside the pause.
const CUT_MS: Ms = 80;
/// A silence of this length inside a turn settles what was said before it, because Whisper tends to
/// stop listening there.
const SILENCE_MS: Ms = 700;
/// How much of that silence remains at the end of the speech before it.
const TAIL_MS: Ms = 200;
/// Chunks of silence (32 ms each) that remain before the speech after a settled stretch.
const LEAD: usize = 10;

/// The transcripts of one call. Several pauses may be transcribed at once.
pub struct Incremental {
    transcriber: Arc<dyn Transcriber>,
    turn: Mutex<Turn>,
}

#[derive(Default)]
struct Turn {
    number: u32,
    settled: Vec<Word>,
    /// The time from which on words are not settled, on the call clock.
    from: Ms,
    last: Option<Heard>,
}

/// The newest transcript of what is not settled.
struct Heard {
    speech_end: Ms,
    /// True if it ends in a pause and not in the middle of a word.
    paused: bool,
    transcript: Transcript,
}

impl Incremental {
    pub fn new(transcriber: Arc<dyn Transcriber>) -> Self {
        Self { transcriber, turn: Mutex::new(Turn::default()) }
    }

    /// Returns everything said in the turn up to this snapshot of its audio. A pause that is asked
    /// for twice is transcribed once.
    pub async fn transcribe(&self, audio: &TurnAudio, language: &str) -> Result<Transcript, SttError> {
        let (mut settled, mut from) = {
            let mut turn = self.turn.lock();
            if let Some(known) = turn.prepare(audio) {
                return Ok(known);
            }
            (turn.settled.clone(), turn.from)
        };
        let mut rest = without_lead(audio.since(from));
        while let Some(silence) = rest.silence_inside(SILENCE_MS) {
            let words = self.hear(&rest.until(silence.start + TAIL_MS), language).await?.words;
            let next = silence.start.midpoint(silence.end);
            self.turn.lock().settle(audio.turn, from, next, &words);
            settled.extend(words);
            from = next;
            rest = without_lead(audio.since(from));
        }
        let transcript = self.hear(&rest, language).await?;
        self.turn.lock().remember(audio, from, &transcript);
        Ok(joined(settled, transcript))
    }

    async fn hear(&self, rest: &TurnAudio, language: &str) -> Result<Transcript, SttError> {
        let speech = Speech {
            samples: Arc::clone(&rest.samples),
            start_ms: rest.start_ms,
            language: language.to_owned(),
            voiced: rest.voiced,
        };
        self.transcriber.transcribe(speech).await
    }

    /// Forgets the turn, because it was taken. Audio of another turn has the same effect.
    pub fn reset(&self) {
        *self.turn.lock() = Turn::default();
    }
}

impl Turn {
    /// Settles what can be settled. Returns the transcript if this pause is known already.
    fn prepare(&mut self, audio: &TurnAudio) -> Option<Transcript> {
        if self.number != audio.turn {
            *self = Self { number: audio.turn, ..Self::default() };
        }
        // Only words that this audio contains can be settled, so its start is the earliest bound.
        let begun = self.from.max(audio.start_ms);
        let last = self.last.as_ref()?;
        if last.paused && last.speech_end == audio.speech_end_ms {
            return Some(joined(self.settled.clone(), last.transcript.clone()));
        }
        let long = last.speech_end >= begun + SETTLE_MS || audio.silence_after(last.speech_end) >= SILENCE_MS;
        if long && last.paused && last.transcript.rejected.is_none() && audio.speech_end_ms > last.speech_end {
            let last = self.last.take()?;
            self.settled.extend(last.transcript.words);
            self.from = last.speech_end + CUT_MS;
        }
        None
    }

    /// Settles the words up to `next`, unless another call has settled them meanwhile.
    fn settle(&mut self, number: u32, from: Ms, next: Ms, words: &[Word]) {
        if self.number == number && self.from == from {
            self.settled.extend_from_slice(words);
            self.from = next;
        }
    }

    fn remember(&mut self, audio: &TurnAudio, from: Ms, transcript: &Transcript) {
        // Another pause may have been transcribed first, or the turn may be over.
        let newer = self.last.as_ref().is_none_or(|last| last.speech_end <= audio.speech_end_ms);
        if self.number == audio.turn && self.from == from && newer {
            let transcript = transcript.clone();
            self.last = Some(Heard { speech_end: audio.speech_end_ms, paused: audio.paused, transcript });
        }
    }
}

fn without_lead(audio: TurnAudio) -> TurnAudio {
    let silent = audio.activity.iter().take_while(|voiced| !**voiced).count();
    if silent <= LEAD || silent == audio.activity.len() {
        return audio;
    }
    audio.since(audio.start_ms + (silent - LEAD) as Ms * 32)
}

fn joined(mut settled: Vec<Word>, rest: Transcript) -> Transcript {
    settled.extend(rest.words);
    let rejected = if settled.is_empty() { rest.rejected } else { None };
    Transcript { words: settled, rejected }
}
