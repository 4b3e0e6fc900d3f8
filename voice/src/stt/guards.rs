//! Guards against text that the model invents.
//!
//! Owns: which audio is worth transcribing, and which text is not credible. Never does: know
//! phrases. Text is judged by sound, probability and form only.

use interview::io::Rejection;

/// Samples in 20 ms at 16 kHz.
pub(super) const FRAME: usize = 320;

/// A root mean square of -60 dBFS, which is a microphone's own noise. Quiet speech peaks 20 dB
/// above it.
const LOUD_ENOUGH: f32 = 0.001;
/// The minimum duration of voice activity in ms. Anything shorter is a click. The shortest "no" has
/// about 150 ms.
const VOICED_MS: f32 = 100.0;
/// The minimum mean natural logarithm of the tokens' probabilities for text to be credible, as
/// chosen by Whisper's authors, …
const LOG_PROBABILITY: f32 = -1.0;
/// … and the model's own probability of silence above which the stricter minimum below applies.
const NO_SPEECH: f32 = 0.6;
const LOG_PROBABILITY_NO_SPEECH: f32 = -0.7;

/// Returns the root mean square of each 20 ms.
pub(super) fn loudness(samples: &[f32]) -> Vec<f32> {
    let rms = |frame: &[f32]| (frame.iter().map(|s| s * s).sum::<f32>() / frame.len() as f32).sqrt();
    samples.chunks(FRAME).map(rms).collect()
}

/// Before the model runs: returns a rejection if the audio cannot contain speech.
pub(super) fn audio(samples: &[f32], voiced: f32) -> Option<Rejection> {
    let voiced_ms = voiced * samples.len() as f32 / 16.0;
    let peak = loudness(samples).into_iter().fold(0.0, f32::max);
    (voiced_ms < VOICED_MS || peak < LOUD_ENOUGH).then_some(Rejection::NoSpeech)
}

/// After the model has run: returns a rejection if its text is not credible.
pub(super) fn probability(mean_log_probability: f32, no_speech: f32) -> Option<Rejection> {
    let bar = if no_speech > NO_SPEECH { LOG_PROBABILITY_NO_SPEECH } else { LOG_PROBABILITY };
    (mean_log_probability <= bar).then_some(Rejection::Improbable)
}

/// Returns the maximum number of tokens that can be spoken in this many samples. Fast speech has
/// about five tokens per second. The rest is for punctuation and for rare words of several tokens.
pub(super) fn most_tokens(samples: usize) -> usize {
    8 + samples * 8 / 16_000
}

/// Returns true if the tokens repeat: a sequence at least five times in a row that covers at least
/// ten tokens, or a long text with few distinct pairs.
pub(super) fn repeats<T: PartialEq + Ord>(tokens: &[T]) -> bool {
    stuck(tokens) || monotonous(tokens)
}

/// Returns true if the text ends with a long sequence that it contains right before, word for word.
/// People seldom do that, but a trimmed audio context makes the model do it.
pub(super) fn says_it_twice<T: PartialEq>(tokens: &[T]) -> bool {
    const PIECE: usize = 5;
    (PIECE..=tokens.len() / 2).any(|length| {
        let (before, last) = tokens.split_at(tokens.len() - length);
        before.ends_with(last)
    })
}

fn stuck<T: PartialEq>(tokens: &[T]) -> bool {
    (1..=8).any(|period| {
        let needed = (4 * period).max(10 - period.min(9));
        let mut run = 0;
        tokens.iter().skip(period).zip(tokens).any(|(later, earlier)| {
            run = if later == earlier { run + 1 } else { 0 };
            run >= needed
        })
    })
}

fn monotonous<T: Ord>(tokens: &[T]) -> bool {
    const LONG: usize = 40;
    if tokens.len() < LONG {
        return false;
    }
    let mut pairs: Vec<(&T, &T)> = tokens.iter().zip(&tokens[1..]).collect();
    let all = pairs.len();
    pairs.sort();
    pairs.dedup();
    pairs.len() * 3 < all
}

#[cfg(test)]
mod tests {
    use interview::io::Rejection;

    use super::{audio, probability, repeats, says_it_twice};

    #[test]
    fn silence_and_clicks_are_no_speech_but_quiet_words_are() {
        let second = |level: f32| vec![level; 16_000];
        assert_eq!(audio(&second(0.0), 1.0), Some(Rejection::NoSpeech));
        assert_eq!(audio(&second(0.3), 0.05), Some(Rejection::NoSpeech));
        assert_eq!(audio(&second(0.003), 0.2), None);
    }

    #[test]
    fn doubt_weighs_more_when_the_model_hears_no_speech() {
        assert_eq!(probability(-0.8, 0.1), None);
        assert_eq!(probability(-0.8, 0.9), Some(Rejection::Improbable));
        assert_eq!(probability(-1.2, 0.0), Some(Rejection::Improbable));
    }

    #[test]
    fn a_sentence_said_twice_is_suspicious_and_a_word_is_not() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(says_it_twice(&words("well he was not a bad man . he was not a bad man .")));
        assert!(!says_it_twice(&words("he was not a bad man he was a good one")));
        assert!(!says_it_twice(&words("no no no no")));
    }

    #[test]
    fn loops_are_found_and_emphasis_is_not() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(repeats(&words(&"y ".repeat(12))));
        assert!(repeats(&words(&"thank you ".repeat(6))));
        assert!(repeats(&words(&"so I went to the shop and ".repeat(5))));
        assert!(!repeats(&words("no no no no I said no")));
        assert!(!repeats(&words("it was very very very very good and very very cheap")));
        assert!(!repeats(&words("I went to the shop and I went to the bank and I went to the park and then home")));
    }
}
