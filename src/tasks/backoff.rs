//! When a task is tried again.
//!
//! Owns: the arithmetic. Never does: look at a clock or draw a number; both are given.

use std::time::Duration;

/// Pauses that double from `first` up to `longest`. Of each, a random part between the half and the whole is waited, so
/// that what failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    pub first: Duration,
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_secs(2), longest: Duration::from_mins(15) }
    }
}

impl Backoff {
    /// The pause after attempt `attempt` (from 1 on) failed; `random` lies in 0 to 1.
    ///
    /// `min(first · 2^(attempt − 1), longest) · (½ + random / 2)`
    pub fn pause(&self, attempt: u32, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        whole.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_mins(1) };
        let whole: Vec<u64> = (1..=8).map(|attempt| backoff.pause(attempt, 1.0).as_secs()).collect();
        assert_eq!(whole, [2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.pause(u32::MAX, 1.0).as_secs(), 60);
        assert_eq!(backoff.pause(0, 1.0).as_secs(), 2);
    }

    #[test]
    fn the_random_part_is_the_upper_half() {
        let backoff = Backoff::default();
        assert_eq!(backoff.pause(3, 0.0), Duration::from_secs(4));
        assert_eq!(backoff.pause(3, 0.5), Duration::from_secs(6));
        assert_eq!(backoff.pause(3, 7.0), Duration::from_secs(8));
    }
}
