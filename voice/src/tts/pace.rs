//! The speed of speech and the speed of synthesis.
//!
//! Owns: the measurement of both, and the decision when an utterance may begin before it is
//! completely synthesised. It is pure. Never does: synthesise anything.

use std::time::Duration;

/// The assumed duration of a character in ms until enough has been measured: 150 words per minute,
/// synthesised no faster than it is spoken.
const ASSUMED_MS: f64 = 66.0;
/// The weight of the assumption, in characters.
const ASSUMED_CHARACTERS: f64 = 10.0;
/// After this many more characters, a measurement counts half.
const HALF_LIFE: f64 = 400.0;
/// The factor by which the expected time is increased. Beginning later is better than a gap, which
/// sounds like the end.
const MARGIN: f64 = 1.25;

/// The measurement: sums over what was synthesised recently.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    characters: f64,
    making_ms: f64,
    playing_ms: f64,
}

impl Default for Pace {
    fn default() -> Self {
        let assumed = ASSUMED_CHARACTERS * ASSUMED_MS;
        Self { characters: ASSUMED_CHARACTERS, making_ms: assumed, playing_ms: assumed }
    }
}

impl Pace {
    /// Records that a text took `took` to synthesise and plays for `playing`.
    pub fn made(&mut self, text: &str, took: Duration, playing: Duration) {
        let characters = length(text);
        let kept = 0.5_f64.powf(characters / HALF_LIFE);
        self.characters = self.characters * kept + characters;
        self.making_ms = self.making_ms * kept + took.as_secs_f64() * 1_000.0;
        self.playing_ms = self.playing_ms * kept + playing.as_secs_f64() * 1_000.0;
    }

    /// Returns how long a text is expected to take to synthesise.
    pub fn making(&self, text: &str) -> Duration {
        Duration::from_secs_f64(length(text) * self.making_ms / self.characters / 1_000.0)
    }

    /// Returns how long a text is expected to play.
    pub fn playing(&self, text: &str) -> Duration {
        Duration::from_secs_f64(length(text) * self.playing_ms / self.characters / 1_000.0)
    }
}

fn length(text: &str) -> f64 {
    text.chars().count().max(1) as f64
}

/// A stretch of speech: the time until it is synthesised (zero once it is), and its duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub making: Duration,
    pub playing: Duration,
}

/// Returns true if `spoken` can begin now while everything is synthesised in order. Its first
/// stretch must be ready, each further one must be ready when the one before it has been played,
/// and `after` must be ready when all of it has been played.
pub fn can_begin(spoken: &[Stretch], after: &[Stretch]) -> bool {
    if spoken.first().is_some_and(|first| !first.making.is_zero()) {
        return false;
    }
    let (mut made_by, mut needed_by) = (Duration::ZERO, Duration::ZERO);
    for stretch in spoken {
        made_by += stretch.making.mul_f64(MARGIN);
        if made_by > needed_by {
            return false;
        }
        needed_by += stretch.playing;
    }
    after.iter().fold(made_by, |by, stretch| by + stretch.making.mul_f64(MARGIN)) <= needed_by
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns stretches of 1 s each that take this many milliseconds to synthesise.
    fn stretches(making: &[u64]) -> Vec<Stretch> {
        let of = |ms: &u64| Stretch { making: Duration::from_millis(*ms), playing: Duration::from_secs(1) };
        making.iter().map(of).collect()
    }

    #[test]
    fn it_begins_with_the_first_stretch_when_the_rest_is_made_faster_than_it_is_spoken() {
        assert!(!can_begin(&stretches(&[600, 600, 600]), &[]), "nothing can be sent yet");
        assert!(can_begin(&stretches(&[0, 600, 600]), &[]));
        assert!(can_begin(&stretches(&[0, 0, 0]), &[]));
    }

    #[test]
    fn it_begins_later_when_the_rest_is_made_more_slowly() {
        // Each second takes 1.5 s to synthesise, so that the third of five stretches is late: it is
        // needed after 2 s.
        assert!(!can_begin(&stretches(&[0, 1_500, 1_500, 1_500, 1_500]), &[]));
        assert!(!can_begin(&stretches(&[0, 0, 1_500, 1_500, 1_500]), &[]), "the fourth would be late");
        assert!(can_begin(&stretches(&[0, 0, 0, 1_500, 1_500]), &[]));
    }

    #[test]
    fn what_follows_is_ready_when_all_of_it_has_been_spoken() {
        let spoken = stretches(&[0, 600, 600]);
        assert!(can_begin(&spoken, &stretches(&[600, 500])), "1.5 s and a margin, within 3 s");
        assert!(!can_begin(&spoken, &stretches(&[600, 700])));
        assert!(can_begin(&stretches(&[0, 0, 0]), &stretches(&[600, 700])));
    }

    #[test]
    fn a_measure_takes_the_place_of_the_assumption() {
        let text = "Would you like to take part in this interview?";
        let mut pace = Pace::default();
        assert_eq!(pace.making(text), pace.playing(text), "no faster than it is spoken");
        for _ in 0..50 {
            pace.made(text, Duration::from_secs(1), Duration::from_millis(2_500));
        }
        assert!(pace.making(text).abs_diff(Duration::from_secs(1)) < Duration::from_millis(20));
        assert!(pace.playing(text).abs_diff(Duration::from_millis(2_500)) < Duration::from_millis(20));
        for _ in 0..50 {
            pace.made(text, Duration::from_secs(4), Duration::from_millis(2_500));
        }
        assert!(pace.making(text) > Duration::from_millis(3_900), "the machine has become busy");
    }
}
