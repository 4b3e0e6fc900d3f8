//! The call clock.
//!
//! Owns: milliseconds since the call began, continued over legs and restarts. Never does: read the
//! wall clock, or go backwards.

use std::time::{Duration, Instant};

use interview::io::Ms;

/// A monotonic clock of milliseconds since the call began. Captions, quotes, events and recordings
/// all use it.
#[derive(Debug, Clone, Copy)]
pub struct CallClock {
    epoch: Instant,
    offset: Duration,
}

impl CallClock {
    /// Returns a clock that shows `ms` now: 0 for a new call, or the last known time to continue a
    /// call on another leg.
    pub fn starting_at(ms: Ms) -> Self {
        Self { epoch: Instant::now(), offset: Duration::from_millis(ms) }
    }

    /// Returns the present time.
    pub fn now_ms(&self) -> Ms {
        self.at(Instant::now())
    }

    /// Returns the time at `instant`, or 0 for an instant before the call began.
    pub fn at(&self, instant: Instant) -> Ms {
        let since = (self.offset + instant.saturating_duration_since(self.epoch))
            .saturating_sub(self.epoch.saturating_duration_since(instant));
        since.as_millis() as Ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continues_where_the_last_leg_ended_and_never_goes_below_zero() {
        let clock = CallClock::starting_at(90_000);
        assert_eq!(clock.at(clock.epoch + Duration::from_millis(1500)), 91_500);
        let before = |clock: &CallClock, ms| clock.epoch.checked_sub(Duration::from_millis(ms)).unwrap();
        assert_eq!(clock.at(before(&clock, 500)), 89_500);
        let fresh = CallClock::starting_at(0);
        assert_eq!(fresh.at(before(&fresh, 5)), 0);
    }
}
