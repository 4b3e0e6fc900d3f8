//! When a turn of the respondent is over, and whether speech over the interviewer is meant as an
//! interruption.
//!
//! Owns: what is known of the respondent's turn: sound, words, and the judgement of the turn
//! detector. `policy` weighs it. Never does: know what the question was about, or what follows.
//!
//! `overlap` weighs speech over the interviewer, `pace` learns how a respondent pauses, and
//! `loudness` how loudly the respondent speaks.

pub mod loudness;
pub mod overlap;
pub mod pace;
mod policy;

pub use policy::Policy;

use crate::io::{EndRule, Ms, PauseId, Rejection, Transcript, Word};

/// What the words so far are, read in the light of the question.
// Each is a finding of its own, and most of them exclude nothing.
#[allow(clippy::struct_excessive_bools)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// They are a full answer to a question that asks for no more, or a request.
    pub full: bool,
    /// They answer a closed question, but say more than a yes or a no, and more may come.
    pub elaborated: bool,
    /// They are the beginning of something, or ask for time.
    pub unfinished: bool,
    /// The interview's time is up.
    pub time_up: bool,
    /// The question's own factor on waiting.
    pub patience: f32,
    /// The factor on waiting that follows from the respondent's own pauses.
    pub pace: f32,
}

impl Default for Reading {
    fn default() -> Self {
        Self { full: false, elaborated: false, unfinished: false, time_up: false, patience: 1.0, pace: 1.0 }
    }
}

/// What to do about the turn now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing has been said yet.
    Silent,
    /// Somebody is speaking.
    Speaking,
    /// It is undecided. Look again at this time at the latest.
    Wait(Ms),
    /// The turn is over.
    Over(EndRule),
    /// There was sound, but no words.
    Nothing(Rejection),
}

/// The respondent's turn, from the first sound to the decision that it is over.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Turn {
    speaking: bool,
    /// The last onset of speech.
    onset: Ms,
    /// The first onset of speech in this turn.
    began: Ms,
    /// The last sample of speech.
    end: Ms,
    /// The latest pause of this turn, if one was reported.
    pause: Option<PauseId>,
    transcribed: bool,
    /// The meaning of the words is being determined. Until this time it is waited for.
    meaning_by: Option<Ms>,
    probability: Option<f32>,
    words: Vec<Word>,
    rejected: Option<Rejection>,
    /// Silences after which the turn continued, in milliseconds.
    pauses: Vec<Ms>,
}

impl Turn {
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }

    /// Whether anything was heard in this turn.
    pub fn is_open(&self) -> bool {
        self.speaking || self.pause.is_some()
    }

    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// When the first sound of this turn began.
    pub fn began(&self) -> Ms {
        self.began
    }

    /// Silences within the turn that were not its end, in milliseconds.
    pub fn pauses(&self) -> &[Ms] {
        &self.pauses
    }

    pub fn onset(&self) -> Ms {
        self.onset
    }

    /// The last sample of speech on the call clock. It is 0 before any.
    pub fn end(&self) -> Ms {
        self.end
    }

    pub fn pause(&self) -> Option<PauseId> {
        self.pause
    }

    /// Whether an answer to [`crate::Output::Transcribe`] is still to come.
    pub fn awaits_transcript(&self) -> bool {
        self.pause.is_some() && !self.transcribed
    }

    pub fn started(&mut self, at: Ms) {
        if !self.is_open() {
            self.began = at;
        }
        let silence = at.saturating_sub(self.end);
        if self.pause.is_some() && !self.words.is_empty() && silence <= pace::LONGEST_MS {
            self.pauses.push(silence);
        }
        self.speaking = true;
        self.onset = at;
    }

    pub fn paused(&mut self, end: Ms, pause: PauseId) {
        self.speaking = false;
        self.end = end.max(self.end);
        self.pause = Some(pause);
        self.transcribed = false;
        self.meaning_by = None;
        self.probability = None;
        self.rejected = None;
    }

    /// Takes a transcript. Returns false if it belongs to an earlier pause. A rejection never
    /// removes words that were understood before.
    pub fn transcribed(&mut self, pause: PauseId, transcript: Transcript) -> bool {
        if self.pause != Some(pause) {
            return false;
        }
        self.transcribed = true;
        self.rejected = transcript.rejected;
        if transcript.words.iter().any(|w| !w.text.trim().is_empty()) {
            self.words = transcript.words;
        } else if self.rejected.is_none() {
            self.rejected = Some(Rejection::NoSpeech);
        }
        true
    }

    /// Takes what has been said although sound continues. Returns false if there are no words.
    pub fn said_so_far(&mut self, transcript: Transcript) -> bool {
        let said = transcript.words.iter().any(|w| !w.text.trim().is_empty());
        if said {
            self.words = transcript.words;
        }
        said
    }

    pub fn awaits_meaning(&mut self, until: Ms) {
        self.meaning_by = Some(until);
    }

    pub fn meaning_known(&mut self) {
        self.meaning_by = None;
    }

    pub fn judged(&mut self, pause: PauseId, probability: f32) {
        if self.pause == Some(pause) {
            // A model's answer that is no number counts as undecided.
            self.probability = Some(if probability.is_finite() { probability.clamp(0.0, 1.0) } else { 0.5 });
        }
    }

    /// Forgets the turn. Speech that is under way begins the next one.
    pub fn clear(&mut self) {
        *self =
            Self { speaking: self.speaking, onset: self.onset, began: self.onset, end: self.end, ..Self::default() };
    }

    /// Forgets also that somebody is speaking, because the connection is gone.
    pub fn reset(&mut self) {
        *self = Self { end: self.end, ..Self::default() };
    }

    /// Weighs what is known. `read` is called only when the words are there.
    pub fn verdict(&self, now: Ms, policy: &Policy, read: impl FnOnce(&str) -> Reading) -> Verdict {
        if self.speaking {
            return Verdict::Speaking;
        }
        if self.pause.is_none() {
            return Verdict::Silent;
        }
        let give_up = self.end + policy.transcript_wait_ms;
        if !self.transcribed && now < give_up {
            return Verdict::Wait(give_up);
        }
        if self.words.is_empty() {
            return Verdict::Nothing(self.rejected.unwrap_or(Rejection::Failed));
        }
        if let Some(by) = self.meaning_by.filter(|by| now < *by) {
            return Verdict::Wait(by);
        }
        let text = text_of(&self.words);
        let reading = read(&text);
        let judge_deadline = self.end + policy.judge_wait_ms;
        if self.probability.is_none() && now < judge_deadline {
            return Verdict::Wait(judge_deadline);
        }
        let (silence, rule) = policy.required_silence(&text, self.probability.unwrap_or(0.5), reading);
        let at = self.end.saturating_add(silence);
        if now >= at { Verdict::Over(rule) } else { Verdict::Wait(at) }
    }
}

/// The mean confidence of the words, 0…1. It is 0 without words.
pub fn confidence_of(words: &[Word]) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    (words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32).clamp(0.0, 1.0)
}

/// The words, joined by single spaces.
pub fn text_of(words: &[Word]) -> String {
    words.iter().map(|w| w.text.trim()).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn said(text: &str) -> Transcript {
        let words = text.split(' ').map(|t| Word { text: t.into(), start_ms: 0, end_ms: 1, confidence: 1.0 }).collect();
        Transcript { words, rejected: None }
    }

    fn paused(text: &str, probability: f32) -> Turn {
        let mut turn = Turn::default();
        turn.started(0);
        turn.paused(1_000, 1);
        assert!(turn.transcribed(1, said(text)));
        turn.judged(1, probability);
        turn
    }

    #[test]
    fn complete_open_answers_end_soon_and_unfinished_ones_do_not() {
        let policy = Policy::default();
        let verdict = |turn: &Turn, now| turn.verdict(now, &policy, |_| Reading::default());
        let complete = paused("I sell shoes in a small shop.", 0.98);
        assert_eq!(verdict(&complete, 1_550), Verdict::Over(EndRule::Complete));
        let unfinished = paused("I sell shoes in a small shop.", 0.1);
        assert_eq!(verdict(&unfinished, 1_400), Verdict::Wait(4_000));
        assert_eq!(verdict(&unfinished, 4_000), Verdict::Over(EndRule::Silence));
        let hanging = paused("I sell shoes and", 0.98);
        assert_eq!(verdict(&hanging, 1_400), Verdict::Wait(4_000));
        let perhaps = |probability| paused("It sells better than it was.", probability);
        assert_eq!(verdict(&perhaps(0.95), 1_400), Verdict::Wait(2_200));
        assert_eq!(verdict(&perhaps(0.8), 1_400), Verdict::Wait(4_000));
    }

    #[test]
    fn full_closed_answers_end_at_once() {
        let policy = Policy::default();
        let full = |_: &str| Reading { full: true, ..Reading::default() };
        assert_eq!(paused("Yes.", 0.9).verdict(1_150, &policy, full), Verdict::Over(EndRule::Closed));
        assert_eq!(paused("Yes.", 0.1).verdict(1_150, &policy, full), Verdict::Wait(1_700));
        let elaborated = |_: &str| Reading { elaborated: true, ..Reading::default() };
        let long = paused("Yes, we have had that for two years now.", 0.1);
        assert_eq!(long.verdict(1_150, &policy, elaborated), Verdict::Wait(2_200));
    }

    #[test]
    fn speech_makes_old_answers_stale() {
        let mut turn = paused("I sell", 0.9);
        turn.started(1_500);
        assert_eq!(turn.verdict(9_000, &Policy::default(), |_| Reading::default()), Verdict::Speaking);
        turn.paused(2_500, 2);
        assert!(!turn.transcribed(1, said("I sell")));
        turn.judged(1, 1.0);
        assert_eq!(turn.verdict(2_600, &Policy::default(), |_| Reading::default()), Verdict::Wait(12_500));
    }

    #[test]
    fn rejected_sound_is_nothing_but_keeps_earlier_words() {
        let policy = Policy::default();
        let mut turn = Turn::default();
        turn.started(0);
        turn.paused(200, 1);
        turn.transcribed(1, Transcript { words: vec![], rejected: Some(Rejection::NoSpeech) });
        assert_eq!(turn.verdict(300, &policy, |_| Reading::default()), Verdict::Nothing(Rejection::NoSpeech));
        let mut turn = paused("Four years from home.", 0.9);
        turn.started(1_100);
        turn.paused(1_200, 2);
        turn.transcribed(2, Transcript { words: vec![], rejected: Some(Rejection::NoSpeech) });
        turn.judged(2, 0.9);
        assert!(matches!(turn.verdict(5_000, &policy, |_| Reading::default()), Verdict::Over(_)));
    }

    #[test]
    fn models_that_never_answer_do_not_stall_the_turn() {
        let policy = Policy::default();
        let mut turn = Turn::default();
        turn.started(0);
        turn.paused(1_000, 1);
        assert_eq!(turn.verdict(11_000, &policy, |_| Reading::default()), Verdict::Nothing(Rejection::Failed));
        turn.transcribed(1, said("I sell shoes in a small shop."));
        assert_eq!(turn.verdict(1_500, &policy, |_| Reading::default()), Verdict::Wait(1_900));
        assert!(matches!(turn.verdict(2_200, &policy, |_| Reading::default()), Verdict::Over(EndRule::Silence)));
    }

    #[test]
    fn back_channels_leave_us_the_floor() {
        let policy = Policy::default();
        assert!(!policy.takes_the_floor(Language::english(), "Mm-hm.", 0.3));
        assert!(policy.takes_the_floor(Language::english(), "Okay.", 0.95));
        assert!(policy.takes_the_floor(Language::english(), "Actually I wanted to say", 0.1));
    }
}
