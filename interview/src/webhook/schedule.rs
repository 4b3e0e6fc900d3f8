//! When a failed delivery is retried, and when it is given up.
//!
//! Owns: the exponential backoff. Never does: make an attempt.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The receiver accepted it, with a status of 200 to 299.
    Accepted,
    /// The receiver wants no more deliveries, this one included (status 410).
    Gone,
    /// Anything else, with the time that the receiver asked the engine to wait (`Retry-After`).
    Failed { retry_after: Option<Duration> },
}

impl DeliveryOutcome {
    /// Returns the outcome that an answer's status stands for. A redirect is a failure, because
    /// nobody agreed to what is at its end.
    pub fn of(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            200..=299 => Self::Accepted,
            410 => Self::Gone,
            _ => Self::Failed { retry_after },
        }
    }
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Delivered,
    /// Retry after this time.
    Again(Duration),
    /// Given up.
    Dead,
}

/// Exponential backoff with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How often one event is tried, at least 3.
    pub attempts: u32,
    /// The pause before the second attempt. Each further pause is [`Schedule::FACTOR`] times as
    /// long.
    pub first: Duration,
    /// The longest pause, whatever the receiver asks for.
    pub longest: Duration,
}

impl Schedule {
    pub const FACTOR: f32 = 4.0;
    /// Pauses vary by this share in both directions.
    const JITTER: f64 = 0.25;

    /// Returns what follows the attempt with this number, counted from 1. `chance` is uniform in
    /// 0…1. A longer pause that the receiver asks for is respected, up to the longest.
    pub fn next(&self, attempt: u32, outcome: DeliveryOutcome, chance: f64) -> Next {
        let retry_after = match outcome {
            DeliveryOutcome::Accepted => return Next::Delivered,
            DeliveryOutcome::Gone => return Next::Dead,
            DeliveryOutcome::Failed { retry_after } => retry_after,
        };
        if attempt >= self.attempts {
            return Next::Dead;
        }
        let pauses = ExponentialBuilder::new()
            .with_factor(Self::FACTOR)
            .with_min_delay(self.first.min(self.longest))
            .with_max_delay(self.longest)
            .without_max_times();
        let plain = pauses.build().nth(attempt.saturating_sub(1) as usize).unwrap_or(self.longest);
        let varied = plain.mul_f64(1.0 - Self::JITTER + 2.0 * Self::JITTER * chance.clamp(0.0, 1.0));
        Next::Again(varied.max(retry_after.unwrap_or_default()).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { attempts: 8, first: Duration::from_secs(5), longest: Duration::from_hours(12) };
    const FAILED: DeliveryOutcome = DeliveryOutcome::Failed { retry_after: None };

    fn wait(attempt: u32, outcome: DeliveryOutcome, chance: f64) -> u128 {
        match SCHEDULE.next(attempt, outcome, chance) {
            Next::Again(wait) => wait.as_millis(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waits_grow_fourfold_and_vary_by_a_quarter() {
        let middle: Vec<u128> = (1..8).map(|attempt| wait(attempt, FAILED, 0.5)).collect();
        assert_eq!(middle, [5_000, 20_000, 80_000, 320_000, 1_280_000, 5_120_000, 20_480_000]);
        assert_eq!((wait(2, FAILED, 0.0), wait(2, FAILED, 1.0)), (15_000, 25_000));
        assert_eq!(SCHEDULE.next(8, FAILED, 0.5), Next::Dead);
        assert_eq!(SCHEDULE.next(u32::MAX, FAILED, 0.5), Next::Dead);
        let patient = Schedule { attempts: u32::MAX, ..SCHEDULE };
        assert_eq!(patient.next(1_000, FAILED, 0.5), Next::Again(SCHEDULE.longest));
    }

    #[test]
    fn a_receivers_wish_is_heeded_within_bounds() {
        let asked = |seconds| DeliveryOutcome::of(429, Some(Duration::from_secs(seconds)));
        assert_eq!(wait(1, asked(60), 0.5), 60_000);
        assert_eq!(wait(1, asked(1), 0.5), 5_000, "never sooner than planned");
        assert_eq!(wait(1, asked(u64::MAX), 0.5), 43_200_000);
    }

    #[test]
    fn only_success_is_success() {
        for status in 200..300 {
            assert_eq!(SCHEDULE.next(1, DeliveryOutcome::of(status, None), 0.5), Next::Delivered);
        }
        assert_eq!(SCHEDULE.next(1, DeliveryOutcome::of(410, None), 0.5), Next::Dead);
        for status in [100, 199, 300, 301, 302, 304, 307, 308, 400, 404, 408, 429, 500, 503, 999] {
            assert_eq!(DeliveryOutcome::of(status, None), FAILED, "{status}");
        }
    }
}
