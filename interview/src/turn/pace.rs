//! How long a respondent pauses within answers, learned during the interview.
//!
//! Owns: the factor on waiting that follows from the pauses so far. Never does: keep them. They are
//! part of the answers ([`crate::io::Endpointing::pauses`]), so that a replay of the log restores
//! them. Those of the current answer are lost with its audio.

use crate::io::Ms;

/// The longest pause that counts, in milliseconds. Longer ones have another cause, such as the
/// door, the search for a number, or "wait a moment".
pub const LONGEST_MS: Ms = 5_000;
/// The number of pauses that must be known before anything follows from them.
const LEAST: usize = 4;
/// The number of pauses that count, the latest ones, because people change in the course of an
/// interview.
const LATEST: usize = 20;
/// The share of the pauses that must not end a turn, 0…1.
const SHARE: f32 = 0.8;
/// The time that is added to them, in milliseconds.
const MARGIN_MS: Ms = 200;
/// The silence for which the policy's times are made: pauses of 500 ms and the margin.
const USUAL_MS: Ms = 700;
/// The lower and the upper bound of the factor.
const BOUNDS: (f32, f32) = (0.9, 2.0);

/// Returns the factor on the silence that ends an answer. It follows from the pauses in answers to
/// one type of question, or else from all.
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
