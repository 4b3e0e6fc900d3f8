//! Speech over ours: a sign of listening, words for somebody else, a noise, or an interruption.
//!
//! Owns: what is known of it while it goes on, and when that is enough to stop, or to come back up. Never does: duck;
//! that happens at the first sound, whatever it is.

use crate::io::{Ms, PauseId, Word};
use crate::language::Language;
use crate::understanding::Kind;

use super::{confidence_of, text_of};

/// Times in milliseconds of speech over ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Its words are looked at for the first time after so much …
    pub first_look_ms: Ms,
    /// … and again after so much more.
    pub look_every_ms: Ms,
    /// Speech of which nothing is known by then stops us.
    pub unknown_ms: Ms,
    /// What sounds like a sign of listening may go on for so long; sound without words has turned out to be none.
    pub listening_ms: Ms,
    /// So much quieter than the respondent's answers, in dB, speech is meant for somebody else in the room …
    pub aside_db: f32,
    /// … unless it goes on for so long.
    pub aside_ms: Ms,
    /// Words that say something by themselves.
    pub words: usize,
    /// Mean confidence of words that are believed.
    pub confidence: f32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_look_ms: 250,
            look_every_ms: 150,
            unknown_ms: 900,
            listening_ms: 1_500,
            aside_db: 10.0,
            aside_ms: 2_500,
            words: 2,
            confidence: 0.5,
        }
    }
}

impl Limits {
    /// Any speech of so long stops us, whatever its words are.
    pub fn of_length_alone(ms: Ms) -> Self {
        Self { first_look_ms: Ms::MAX / 4, unknown_ms: ms, aside_db: f32::INFINITY, ..Self::default() }
    }
}

/// What the words so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A request, certain if these are all of its words: then it is for us, however quiet it is.
    Request,
    /// Other words that are no sign of listening.
    Words,
    /// A sign of listening, or what may be the beginning of one.
    Listening,
    /// No words.
    Wordless,
}

impl Sign {
    pub fn of(language: &Language, limits: &Limits, words: &[Word]) -> Self {
        let text = text_of(words);
        if text.is_empty() {
            return Self::Wordless;
        }
        let certain = &language.certain;
        if matches!(certain.read(&text, false), Some(Kind::Request(_))) {
            return Self::Request;
        }
        let plain = text.split_whitespace().count() >= limits.words && confidence_of(words) >= limits.confidence;
        if plain && !certain.begins_back_channel(&text) { Self::Words } else { Self::Listening }
    }
}

/// What to do about it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Stop,
    /// It is nothing: back to full voice.
    Rise,
    /// Find out what its words are.
    Look,
    Wait(Ms),
}

/// One stretch of speech over ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Since when it is over ours.
    began: Ms,
    /// A look that has not been answered yet.
    pub look: Option<PauseId>,
    /// The newest answer: asked for when, and what it was.
    seen: Option<(Ms, Sign)>,
    looked: Ms,
    risen: bool,
}

impl Overlap {
    pub fn new(began: Ms) -> Self {
        Self { began, look: None, seen: None, looked: began, risen: false }
    }

    /// Speech goes on after a pause: nothing is known of what comes.
    pub fn again(&mut self, began: Ms) {
        *self = Self { look: self.look, ..Self::new(began) };
    }

    pub fn sign(&self) -> Option<Sign> {
        self.seen.map(|(_, sign)| sign)
    }

    pub fn looks(&mut self, look: PauseId, now: Ms) {
        (self.look, self.looked) = (Some(look), now);
    }

    pub fn saw(&mut self, look: PauseId, sign: Sign) {
        if self.look == Some(look) {
            self.look = None;
            self.seen = Some((self.looked, sign));
        }
    }

    /// What could not be found out is not known.
    pub fn saw_nothing(&mut self, look: PauseId) {
        if self.look == Some(look) {
            self.look = None;
        }
    }

    pub fn rises(&mut self) {
        self.risen = true;
    }

    /// `quiet`: much quieter than this respondent's answers.
    pub fn next(&self, limits: &Limits, now: Ms, quiet: bool) -> Step {
        let aside = |at: Ms| if quiet { at.max(self.began + limits.aside_ms) } else { at };
        let stop = match self.sign() {
            Some(Sign::Request | Sign::Words) => Some(aside(self.began)),
            Some(Sign::Wordless) => None,
            Some(Sign::Listening) => Some(aside(self.began + limits.listening_ms)),
            None => Some(aside(self.began + limits.unknown_ms)),
        };
        if stop.is_some_and(|at| now >= at) {
            return Step::Stop;
        }
        let rise = (self.sign() == Some(Sign::Wordless) && !self.risen).then_some(self.began + limits.listening_ms);
        if rise.is_some_and(|at| now >= at) {
            return Step::Rise;
        }
        // What has gone on without words for long needs no such haste.
        let every = if self.risen { limits.listening_ms } else { limits.look_every_ms };
        let first = self.began + limits.first_look_ms;
        let look = self.look.is_none().then(|| if self.looked > self.began { self.looked + every } else { first });
        if look.is_some_and(|at| now >= at) {
            return Step::Look;
        }
        let next = [stop, rise, look].into_iter().flatten().min();
        // A look that is under way brings its answer.
        next.map_or(Step::Wait(now + limits.listening_ms), Step::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        let word = |text: &str| Word { text: text.into(), start_ms: 0, end_ms: 1, confidence: 0.9 };
        text.split_whitespace().map(word).collect()
    }

    fn sign(text: &str) -> Sign {
        Sign::of(Language::english(), &Limits::default(), &words(text))
    }

    #[test]
    fn signs_of_listening_and_their_beginnings_are_told_from_words() {
        for listening in ["Mm-hm.", "Okay.", "Oka", "I", "I see, okay.", "Yeah, yeah, right.", "Oh", "Sorry but"] {
            let expected = if listening == "Sorry but" { Sign::Words } else { Sign::Listening };
            assert_eq!(sign(listening), expected, "{listening}");
        }
        assert_eq!(sign("Okay but what"), Sign::Words);
        assert_eq!(sign("Stop recording."), Sign::Request);
        assert_eq!(sign(""), Sign::Wordless);
        let mut doubtful = words("Thank you.");
        for word in &mut doubtful {
            word.confidence = 0.2;
        }
        assert_eq!(Sign::of(Language::english(), &Limits::default(), &doubtful), Sign::Listening);
    }

    /// Looked at after 250 ms, and this seen 200 ms later.
    fn seen(sign: Sign) -> Overlap {
        let mut overlap = Overlap::new(1_000);
        assert_eq!(overlap.next(&Limits::default(), 1_250, false), Step::Look);
        overlap.looks(7, 1_250);
        overlap.saw(7, sign);
        overlap
    }

    #[test]
    fn words_stop_us_as_soon_as_they_are_known() {
        let limits = Limits::default();
        let unknown = Overlap::new(1_000);
        assert_eq!(unknown.next(&limits, 1_100, false), Step::Wait(1_250));
        assert_eq!(unknown.next(&limits, 1_900, false), Step::Stop);
        assert_eq!(seen(Sign::Words).next(&limits, 1_450, false), Step::Stop);
        assert_eq!(seen(Sign::Request).next(&limits, 1_450, false), Step::Stop);
    }

    #[test]
    fn listening_is_looked_at_again_and_may_last() {
        let limits = Limits::default();
        let listening = seen(Sign::Listening);
        assert_eq!(listening.next(&limits, 1_300, false), Step::Wait(1_400));
        assert_eq!(listening.next(&limits, 1_400, false), Step::Look);
        assert_eq!(listening.next(&limits, 2_500, false), Step::Stop);
    }

    #[test]
    fn sound_without_words_never_stops_us_and_we_come_back_up() {
        let limits = Limits::default();
        let mut noise = seen(Sign::Wordless);
        noise.looks(8, 2_400);
        assert_eq!(noise.next(&limits, 2_500, false), Step::Rise);
        noise.rises();
        noise.saw(8, Sign::Wordless);
        assert_eq!(noise.next(&limits, 3_000, false), Step::Wait(3_900));
        assert_eq!(noise.next(&limits, 60_000, false), Step::Look);
    }

    #[test]
    fn quiet_words_are_for_somebody_else_unless_they_go_on() {
        let limits = Limits::default();
        let aside = seen(Sign::Words);
        assert_eq!(aside.next(&limits, 1_400, true), Step::Look);
        assert_eq!(aside.next(&limits, 3_500, true), Step::Stop);
    }
}
