//! When a task is tried again.
//!
//! Owns: the pause that follows an attempt of a given number, which is all that the table keeps. Never does: wait.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// Doublings that are computed at most.
const MOST: u32 = 64;

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
    /// The pause after attempt `attempt` (from 1 on) failed.
    pub fn pause(&self, attempt: u32) -> Duration {
        // The random part is as long as the half at most.
        let halves = ExponentialBuilder::new()
            .with_min_delay(self.first / 2)
            .with_max_delay(self.longest / 2)
            .without_max_times()
            .with_jitter();
        // Far beyond the longest pause, more attempts change nothing.
        halves.build().nth(attempt.saturating_sub(1).min(MOST) as usize).unwrap_or(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_their_upper_half_is_random() {
        let backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_mins(1) };
        let wholes = [(0, 2), (1, 2), (2, 4), (3, 8), (4, 16), (5, 32), (6, 60), (7, 60), (u32::MAX, 60)];
        for (attempt, whole) in wholes {
            let whole = Duration::from_secs(whole);
            let pauses: Vec<Duration> = (0..200).map(|_| backoff.pause(attempt)).collect();
            assert!(pauses.iter().all(|pause| (whole / 2..=whole).contains(pause)), "{attempt}: {pauses:?}");
            let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
            assert!(
                most.saturating_sub(*least) > whole / 4,
                "what failed together does not come back together: {least:?}, {most:?}"
            );
        }
    }
}
