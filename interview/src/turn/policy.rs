//! The numbers of turn-taking, and how they are weighed.
//!
//! Owns: how much silence ends a turn, and which words stop the interviewer. Never does: know what
//! was said before.

use super::{Reading, overlap};
use crate::io::{EndRule, Ms};
use crate::language::Language;
use crate::understanding::whole::{is_hanging, is_rarely_the_end};

/// Every number of turn-taking. Times are in milliseconds of silence since the last sample of
/// speech unless stated otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Ends a full answer to a closed, scale, multiple-choice or consent question.
    pub closed_ms: Ms,
    /// Ends the same when the sound says that more is coming.
    pub closed_unsure_ms: Ms,
    /// The probability from which the sound counts as complete.
    pub complete_probability: f32,
    /// The probability below which the sound counts as unfinished.
    pub unfinished_probability: f32,
    /// The probability from which the sound outweighs a last word that is usually followed by more.
    pub surely_complete_probability: f32,
    /// Ends an open answer that sounds complete with probability 1. 500 ms is the commonest pause
    /// within an answer.
    pub open_min_ms: Ms,
    /// Ends an open answer that sounds complete with `complete_probability`.
    pub open_max_ms: Ms,
    /// Added for very short open answers, less with every word up to `short_words`.
    pub short_extra_ms: Ms,
    pub short_words: usize,
    /// Ends an answer that sounds neither complete nor unfinished.
    pub middle_ms: Ms,
    /// Ends a turn whatever the models say (`SILENCE_DETECTION_SECONDS`).
    pub silence_ms: Ms,
    /// Ends a turn when the interview's time is up.
    pub time_up_ms: Ms,
    /// How long the turn detector is waited for before it counts as undecided.
    pub judge_wait_ms: Ms,
    /// How long the vectors of the words are waited for. After that, only certain wordings count.
    pub meaning_wait_ms: Ms,
    /// How long the transcript is waited for before it counts as failed.
    pub transcript_wait_ms: Ms,
    /// The limits of speech over the interviewer's.
    pub overlap: overlap::Limits,
    /// Speech that continues an answer that was taken for finished stops the interviewer after this
    /// many milliseconds.
    pub resume_ms: Ms,
    /// The time into the next question during which the answer before it stays open. A respondent
    /// who speaks then was not done, and continues that answer.
    pub held_open_ms: Ms,
    /// The share of a question that must have been heard for an answer over it to count, 0…1.
    pub heard_share: f32,
    /// The share of a question from which it is practically over, 0…1. Then even a short word is an
    /// answer.
    pub practically_over: f32,
    /// The silence after a question until it is asked again, and then given up.
    pub no_answer_ms: Ms,
    /// The same after "wait a moment".
    pub patience_ms: Ms,
    /// The spoken length of the interviewer's text in milliseconds per character, at 150 words per
    /// minute. It tells roughly how far playback has come.
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
    /// Returns how much silence ends a turn with this text, in milliseconds, and the rule that
    /// would end it.
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
        // The question is answered, so there is no reason to wait long for more.
        let silence = if reading.elaborated && !hanging { silence.min(self.middle_ms) } else { silence };
        if reading.time_up && silence > self.time_up_ms { (self.time_up_ms, EndRule::TimeUp) } else { (silence, rule) }
    }

    /// Whether words over the interviewer's speech mean that it should stop. `heard` is the share
    /// of its text that was spoken, 0…1.
    pub fn takes_the_floor(&self, language: &Language, text: &str, heard: f32) -> bool {
        !text.trim().is_empty() && (!language.certain.is_back_channel(text) || heard >= self.practically_over)
    }

    /// Returns about how long a text of the interviewer lasts, in milliseconds.
    pub fn spoken_ms(&self, text: &str) -> Ms {
        text.chars().count() as Ms * self.ms_per_char
    }
}
