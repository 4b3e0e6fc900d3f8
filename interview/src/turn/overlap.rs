//! Speech over the interviewer's: a sign of listening, words for somebody else, a noise, or an
//! interruption.
//!
//! Owns: what is known of it while it continues, and when that is enough to stop, or to return to
//! full volume. Never does: duck, which happens at the first sound, whatever it is.

use crate::io::{Ms, PauseId, Word};
use crate::language::Language;
use crate::understanding::Kind;

use super::{confidence_of, text_of};

/// Limits of speech over the interviewer's. Times are in milliseconds of that speech.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// When its words are looked at for the first time.
    pub first_look_ms: Ms,
    /// How long after a look the next one follows.
    pub look_every_ms: Ms,
    /// Speech of which nothing is known by this time stops the interviewer.
    pub unknown_ms: Ms,
    /// How long something that sounds like a sign of listening may continue. Sound without words
    /// has turned out to be no speech by then.
    pub listening_ms: Ms,
    /// Speech that is this many dB quieter than the respondent's answers is meant for somebody else
    /// in the room.
    pub aside_db: f32,
    /// Quiet speech that continues for this long is meant for the interviewer after all.
    pub aside_ms: Ms,
    /// The number of words that say something by themselves.
    pub words: usize,
    /// The mean confidence from which words are believed, 0…1.
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
    /// Limits under which any speech of this length stops the interviewer, whatever its words are.
    pub fn of_length_alone(ms: Ms) -> Self {
        Self { first_look_ms: Ms::MAX / 4, unknown_ms: ms, aside_db: f32::INFINITY, ..Self::default() }
    }
}

/// What the words so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A request that is certain if these are all of its words. It is meant for the interviewer,
    /// however quiet it is.
    Request,
    /// Other words that are no sign of listening.
    Words,
    /// A sign of listening, or words that may be the beginning of one.
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
    /// It is nothing: return to full volume.
    Rise,
    /// Find out what its words are.
    Look,
    Wait(Ms),
}

/// One stretch of speech over the interviewer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// When it began to overlap, in milliseconds on the call clock.
    began: Ms,
    /// A look that has not been answered yet.
    pub look: Option<PauseId>,
    /// The newest answer: when it was requested, and what the words were.
    seen: Option<(Ms, Sign)>,
    looked: Ms,
    risen: bool,
}

impl Overlap {
    pub fn new(began: Ms) -> Self {
        Self { began, look: None, seen: None, looked: began, risen: false }
    }

    /// Speech continues after a pause, and nothing is known of what comes.
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

    /// A look failed, so that nothing is known.
    pub fn saw_nothing(&mut self, look: PauseId) {
        if self.look == Some(look) {
            self.look = None;
        }
    }

    pub fn rises(&mut self) {
        self.risen = true;
    }

    /// `quiet`: it is much quieter than this respondent's answers.
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
        // Sound that has continued without words is looked at less often.
        let every = if self.risen { limits.listening_ms } else { limits.look_every_ms };
        let first = self.began + limits.first_look_ms;
        let look = self.look.is_none().then(|| if self.looked > self.began { self.looked + every } else { first });
        if look.is_some_and(|at| now >= at) {
            return Step::Look;
        }
        let next = [stop, rise, look].into_iter().flatten().min();
        // The answer to a look that is under way will come by itself.
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

    /// Speech of this sign that was looked at after 250 ms, with the answer 200 ms later.
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
