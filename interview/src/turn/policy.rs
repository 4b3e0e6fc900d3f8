//! The numbers of turn-taking, and how they are weighed.
//!
//! Owns: how much silence ends a turn, and what takes the floor from us. Never does: know what was said before.

use super::{Reading, overlap};
use crate::io::{EndRule, Ms};
use crate::language::Language;
use crate::understanding::whole::{is_hanging, is_rarely_the_end};

/// Every number of the turn-taking, in milliseconds of silence since the last sample of speech unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// A full answer to a closed, scale, multiple choice or consent question ends at once.
    pub closed_ms: Ms,
    /// The same, when the sound says that more is coming.
    pub closed_unsure_ms: Ms,
    /// Probability from which sound counts as complete.
    pub complete_probability: f32,
    /// Probability below which sound counts as unfinished.
    pub unfinished_probability: f32,
    /// Probability from which sound outweighs a last word that mostly goes on.
    pub surely_complete_probability: f32,
    /// Open answers that sound complete: at probability 1 (half a second is the commonest pause within an answer) …
    pub open_min_ms: Ms,
    /// … and at `complete_probability`.
    pub open_max_ms: Ms,
    /// Added for very short open answers, less with every word up to `short_words`.
    pub short_extra_ms: Ms,
    pub short_words: usize,
    /// Neither complete nor unfinished.
    pub middle_ms: Ms,
    /// Whatever the models say (SILENCE_DETECTION_SECONDS).
    pub silence_ms: Ms,
    /// When the interview's time is up.
    pub time_up_ms: Ms,
    /// How long to wait for the sound model before it counts as undecided.
    pub judge_wait_ms: Ms,
    /// How long to wait for the vectors of the words before only what is certain of them counts.
    pub meaning_wait_ms: Ms,
    /// How long to wait for the transcript before it counts as failed.
    pub transcript_wait_ms: Ms,
    /// Speech over ours.
    pub overlap: overlap::Limits,
    /// Speech that continues an answer that we took for finished stops us after so much.
    pub resume_ms: Ms,
    /// So long into the next question the answer before it stays open: who speaks then was not done, and goes on with it.
    pub held_open_ms: Ms,
    /// Share of a question that must have been heard for an answer over it to count.
    pub heard_share: f32,
    /// From this share on the question is practically over: even a short word is an answer.
    pub practically_over: f32,
    /// Silence after a question until it is asked again, and then given up.
    pub no_answer_ms: Ms,
    /// The same after "wait a moment".
    pub patience_ms: Ms,
    /// Spoken length of our own text, per character (150 words a minute), to know about where we are in it.
    pub ms_per_char: Ms,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            closed_ms: 0,
            closed_unsure_ms: 700,
            complete_probability: 0.7,
            unfinished_probability: 0.35,
            surely_complete_probability: 0.9,
            open_min_ms: 500,
            open_max_ms: 800,
            short_extra_ms: 300,
            short_words: 5,
            middle_ms: 1_200,
            silence_ms: 3_000,
            time_up_ms: 700,
            judge_wait_ms: 900,
            meaning_wait_ms: 500,
            transcript_wait_ms: 10_000,
            overlap: overlap::Limits::default(),
            resume_ms: 250,
            held_open_ms: 700,
            heard_share: 0.6,
            practically_over: 0.85,
            no_answer_ms: 8_000,
            patience_ms: 30_000,
            ms_per_char: 66,
        }
    }
}

impl Policy {
    /// How much silence ends a turn with this text, and the rule that would end it.
    ///
    /// ```
    /// use interview::turn::{Policy, Reading};
    /// let policy = Policy::default();
    /// let open = Reading::default();
    /// let (sure, _) = policy.required_silence("I sell shoes in a small shop.", 0.95, open);
    /// let (hanging, _) = policy.required_silence("I sell shoes because", 0.95, open);
    /// assert!(sure < 600 && hanging == policy.silence_ms);
    /// ```
    pub fn required_silence(&self, text: &str, probability: f32, reading: Reading) -> (Ms, EndRule) {
        let hanging = is_hanging(text) || reading.unfinished;
        let paced = |silence: Ms| ((silence as f32 * reading.pace) as Ms).min(self.silence_ms);
        let (silence, rule) = if reading.full && !hanging {
            let unsure = probability < 0.5;
            (if unsure { self.closed_unsure_ms } else { self.closed_ms }, EndRule::Closed)
        } else if hanging
            || probability < self.unfinished_probability
            || is_rarely_the_end(text) && probability < self.surely_complete_probability
        {
            (self.silence_ms, EndRule::Silence)
        } else if probability < self.complete_probability || is_rarely_the_end(text) {
            (paced(self.middle_ms), EndRule::Silence)
        } else {
            let range = (1.0 - self.complete_probability).max(0.01);
            let doubt = ((1.0 - probability) / range).clamp(0.0, 1.0);
            let span = self.open_max_ms.saturating_sub(self.open_min_ms);
            let words = text.split_whitespace().count();
            let missing = self.short_words.saturating_sub(words) as Ms;
            let extra = self.short_extra_ms * missing / (self.short_words.max(1) as Ms);
            (paced(self.open_min_ms + (span as f32 * doubt) as Ms + extra), EndRule::Complete)
        };
        let patient = |silence: Ms| (silence as f32 * reading.patience.clamp(0.5, 3.0)) as Ms;
        let silence = if rule == EndRule::Closed { silence } else { patient(silence) };
        // The question is answered already: no reason to wait long for what else there may be.
        let silence = if reading.elaborated && !hanging { silence.min(self.middle_ms) } else { silence };
        if reading.time_up && silence > self.time_up_ms { (self.time_up_ms, EndRule::TimeUp) } else { (silence, rule) }
    }

    /// Whether words said over us mean that we should stop. `heard` is the share of our text already spoken.
    pub fn takes_the_floor(&self, language: &Language, text: &str, heard: f32) -> bool {
        !text.trim().is_empty() && (!language.certain.is_back_channel(text) || heard >= self.practically_over)
    }

    /// About how long a text of ours lasts.
    pub fn spoken_ms(&self, text: &str) -> Ms {
        text.chars().count() as Ms * self.ms_per_char
    }
}
