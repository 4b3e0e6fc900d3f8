//! How long somebody pauses within their answers, learned while they give them.
//!
//! Owns: the factor on waiting that follows from the pauses so far. Never does: keep them: they stand in the answers
//! ([`crate::io::Endpointing::pauses`]), so a replay of the log brings them back; those of the answer at hand are lost
//! with its audio.

use crate::io::Ms;

/// Longer ones are silences of another kind: the door, a search for a number, "wait a moment".
pub const LONGEST_MS: Ms = 5_000;
/// So many must be known before anything follows from them.
const LEAST: usize = 4;
/// Only the latest count: people warm up, and tire.
const LATEST: usize = 20;
/// This share of the pauses is to be sat out …
const SHARE: f32 = 0.8;
/// … with so much to spare.
const MARGIN_MS: Ms = 200;
/// What the policy's silences are made for: pauses of half a second.
const USUAL_MS: Ms = 700;
/// However quick or slow somebody is.
const BOUNDS: (f32, f32) = (0.9, 2.0);

/// The factor on the silence that ends an answer, from the pauses of answers to one type of question, or else of all.
pub fn factor(of_type: &[Ms], all: &[Ms]) -> f32 {
    let pauses = if of_type.len() >= LEAST { of_type } else { all };
    if pauses.len() < LEAST {
        return 1.0;
    }
    let mut latest = pauses[pauses.len().saturating_sub(LATEST)..].to_vec();
    latest.sort_unstable();
    let rank = (latest.len() as f32 * SHARE).ceil() as usize;
    let wanted = latest[rank.clamp(1, latest.len()) - 1] + MARGIN_MS;
    (wanted as f32 / USUAL_MS as f32).clamp(BOUNDS.0, BOUNDS.1)
}

#[cfg(test)]
mod tests {
    use super::factor;

    fn near(one: f32, other: f32) -> bool {
        (one - other).abs() < 0.01
    }

    #[test]
    fn nothing_follows_from_a_few_pauses() {
        assert!(near(factor(&[], &[]), 1.0));
        assert!(near(factor(&[1_500, 1_500], &[1_500, 1_500, 1_500]), 1.0));
    }

    #[test]
    fn whoever_pauses_long_is_waited_for_and_whoever_does_not_is_answered_sooner() {
        let slow = [300, 900, 1_100, 1_000, 1_200];
        assert!(near(factor(&slow, &slow), 1_300.0 / 700.0));
        assert!(near(factor(&[170, 180, 200, 190], &[]), 0.9));
        assert!(near(factor(&[3_000; 10], &[]), 2.0));
    }

    #[test]
    fn another_type_of_question_serves_until_there_is_enough_of_its_own() {
        let all = [900, 900, 900, 900, 200];
        assert!(near(factor(&[200], &all), 1_100.0 / 700.0));
        assert!(near(factor(&[500, 500, 500, 500], &all), 1.0));
    }

    #[test]
    fn only_the_latest_pauses_count() {
        let mut pauses = vec![2_000; 30];
        pauses.extend([500; 20]);
        assert!(near(factor(&pauses, &pauses), 1.0));
    }
}
