//! Sound that never stops, such as a television, a café or hold music.
//!
//! Owns: noticing that sound continues without words, saying so, and hearing answers through it.
//! Never does: tell what makes the sound.
//!
//! All of it belongs to the moment. After a crash it may be said once more. While sound continues
//! there is no pause, so nothing would ever be transcribed. Instead, the sound is looked at from
//! time to time: words in it count, and the silence after the last of them is a pause.

use super::{Interview, OVERRUN_MS, Target};
use crate::io::{Ms, Output, PauseId, RepeatReason, Transcript};

/// Sound without words that lasts this long is mentioned.
const WORDLESS_MS: Ms = 20_000;
/// Silence of this length ends it.
const QUIET_MS: Ms = 5_000;
/// How often it is searched for words once it is known.
const LOOK_EVERY_MS: Ms = 2_000;
/// The answer has paused this long after the last of the words.
const AFTER_WORDS_MS: Ms = 2_000;
/// How often it is mentioned in a call.
const MOST_NAMED: u32 = 2;
/// This long before the call ends in any case, the sound is looked at once more.
const BEFORE_LIMIT_MS: Ms = 3_000;

impl Interview {
    /// Returns when sound without words must be dealt with, or none while there is none.
    pub(super) fn noise_at(&self) -> Option<Ms> {
        let since = self.noise.since?;
        if !self.turn.is_speaking() {
            // Bursts of it, each rejected, are one sound. Words are judged with the turn.
            let settled = !self.turn.awaits_transcript() && self.turn.words().is_empty();
            return settled.then(|| (since + WORDLESS_MS).min(self.turn.end() + QUIET_MS));
        }
        let due = since + WORDLESS_MS;
        if self.noise.look.is_some() {
            return None;
        }
        if self.noise.wordless >= due {
            return Some(self.now);
        }
        let every = if self.noise.around { LOOK_EVERY_MS } else { WORDLESS_MS };
        let look = (self.turn.onset() + every).max(self.noise.looked + every);
        let limit = self.now + self.budget().over_in(&self.state, self.now, OVERRUN_MS).saturating_sub(BEFORE_LIMIT_MS);
        let limit = if self.noise.looked + BEFORE_LIMIT_MS >= limit { look } else { limit };
        Some(look.min(limit))
    }

    /// Looks for words in sound that continues, and mentions it if there are none. Returns whether
    /// something was done.
    pub(super) fn heed_noise(&mut self) -> bool {
        if self.noise_at().is_none_or(|at| self.now < at) {
            return false;
        }
        let due = self.noise.since.is_some_and(|since| self.now >= since + WORDLESS_MS);
        if self.turn.is_speaking() {
            if !due || self.noise.wordless < self.noise.since.unwrap_or(0) + WORDLESS_MS {
                self.next_pause += 1;
                (self.noise.look, self.noise.looked) = (Some(self.next_pause), self.now);
                self.out.push(Output::TranscribeSoFar { look: self.next_pause });
                return false;
            }
        } else if self.now >= self.turn.end() + QUIET_MS {
            (self.noise.since, self.noise.around) = (None, false);
            return false;
        }
        self.speak_of_noise();
        true
    }

    /// Takes what a look at continuing sound has found.
    pub(super) fn noise_heard(&mut self, look: PauseId, transcript: Transcript) {
        if self.noise.look != Some(look) {
            return;
        }
        self.noise.look = None;
        if !self.turn.is_speaking() {
            return;
        }
        let end = transcript.words.last().map(|word| word.end_ms);
        if !self.turn.said_so_far(transcript) {
            self.noise.wordless = self.noise.looked;
            return;
        }
        self.noise.since = Some(self.now);
        if let Some(end) = end.filter(|end| self.now >= end + AFTER_WORDS_MS) {
            self.noise.goes_on = true;
            self.pause(end.max(self.turn.onset()));
        }
    }

    fn speak_of_noise(&mut self) {
        self.carry();
        self.turn.reset();
        self.noise.goes_on = true;
        self.take_floor();
        (self.noise.since, self.noise.around) = (Some(self.now), true);
        if let Some(speech) = self.queued.take() {
            return self.say(speech);
        }
        let target = self.target();
        if self.noise.named >= MOST_NAMED {
            // Nobody can be heard, so it is handled like silence.
            return self.nothing_said(target);
        }
        self.noise.named += 1;
        let line = vec![self.lines().asides.noise.clone()];
        match target {
            Target::Nothing => self.ask_next(line),
            _ => self.resume_asking(RepeatReason::Resumed, line),
        }
    }
}
