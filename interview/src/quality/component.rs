//! Whether a part of the engine fails, and when it works again.
//!
//! Owns: that judgement, made by counts of failures alone. Never does: know what the parts are.

use std::collections::VecDeque;
use std::time::Duration;

/// Failures within this time belong together.
const WINDOW: Duration = Duration::from_mins(1);
/// The number of failures within the window that may be an accident, unless the part says otherwise.
const TOLERATED: u64 = 1;

/// A change in whether a part works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It fails. The number is that of its failures within a minute.
    Fails(u64),
    Works,
}

/// The state of one part.
#[derive(Debug, Clone)]
pub struct Component {
    /// More than so many failures within the window are no accident.
    tolerated: u64,
    total: u64,
    /// When failures were seen, and how many each time.
    recent: VecDeque<(Duration, u64)>,
    fails: bool,
}

impl Default for Component {
    fn default() -> Self {
        Self::tolerating(TOLERATED)
    }
}

impl Component {
    /// A part of which `tolerated` failures within a minute may be an accident.
    pub fn tolerating(tolerated: u64) -> Self {
        Self { tolerated, total: 0, recent: VecDeque::new(), fails: false }
    }

    /// Judges the part by its total number of failures since the process began, as seen at `now`. A
    /// failing part counts as working again after a time of `quiet` without a failure.
    ///
    /// ```
    /// use std::time::Duration;
    /// use interview::quality::{Change, Component};
    /// let (quiet, at) = (Duration::from_secs(60), Duration::from_secs);
    /// let mut voice = Component::default();
    /// assert_eq!(voice.look(at(1), 1, quiet), None, "one failure");
    /// assert_eq!(voice.look(at(9), 2, quiet), Some(Change::Fails(2)));
    /// assert_eq!(voice.look(at(68), 2, quiet), None);
    /// assert_eq!(voice.look(at(69), 2, quiet), Some(Change::Works));
    /// ```
    pub fn look(&mut self, now: Duration, total: u64, quiet: Duration) -> Option<Change> {
        let more = total.saturating_sub(self.total);
        self.total = total;
        if more > 0 {
            self.recent.push_back((now, more));
        }
        let last = self.recent.back().map(|(at, _)| *at);
        self.recent.retain(|(at, _)| now.saturating_sub(*at) < WINDOW.max(quiet));
        if self.fails {
            let over = last.is_none_or(|last| now.saturating_sub(last) >= quiet);
            if over {
                *self = Self { total, ..Self::tolerating(self.tolerated) };
            }
            return over.then_some(Change::Works);
        }
        let failures: u64 =
            self.recent.iter().filter(|(at, _)| now.saturating_sub(*at) < WINDOW).map(|(_, count)| count).sum();
        self.fails = failures > self.tolerated;
        self.fails.then_some(Change::Fails(failures))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn failing_and_working_alternate_and_what_is_quiet_works(
            steps in proptest::collection::vec((0_u64..100, 0_u64..3), 0..60),
            quiet in 1_u64..200,
        ) {
            let quiet = Duration::from_secs(quiet);
            let (mut part, mut now, mut total, mut fails) = (Component::default(), Duration::ZERO, 0, false);
            for (seconds, failures) in steps {
                now += Duration::from_secs(seconds);
                total += failures;
                match part.look(now, total, quiet) {
                    Some(Change::Fails(_)) => {
                        prop_assert!(!fails && failures > 0, "it fails when something fails");
                        fails = true;
                    }
                    Some(Change::Works) => {
                        prop_assert!(fails);
                        fails = false;
                    }
                    None => {}
                }
            }
            part.look(now + quiet, total, quiet);
            prop_assert_eq!(part.look(now + quiet + quiet, total, quiet), None);
            prop_assert!(!part.fails);
        }
    }
}
