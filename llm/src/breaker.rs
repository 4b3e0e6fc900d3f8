//! A circuit breaker for a server that fails repeatedly.
//!
//! Owns: counting failures, and when to try again. Never does: know what failed. Time is a
//! parameter.
//!
//! Closed: every request is admitted. After three failures in a row the breaker opens, and no
//! request is admitted for 10 s. Then it is half open: one request is admitted. A success closes
//! the breaker, and a failure opens it for twice as long as before (at most 2 min). A request that
//! is abandoned before its answer counts for nothing, and the next one is admitted.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

const FAILURES: u32 = 3;
pub const FIRST_REST: Duration = Duration::from_secs(10);
const LONGEST_REST: Duration = Duration::from_mins(2);

/// Whether requests are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    Closed,
    HalfOpen,
    Open,
}

impl BreakerState {
    /// Returns the value of the metric.
    pub fn number(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::HalfOpen => 1,
            Self::Open => 2,
        }
    }
}

#[derive(Debug, Default)]
struct Inner {
    failures: u32,
    /// Since the failures were too many, the breaker is open until this time, and half open
    /// afterwards.
    until: Option<Instant>,
    rest: Duration,
    probing: bool,
}

#[derive(Debug)]
pub struct Breaker {
    first_rest: Duration,
    inner: Mutex<Inner>,
}

/// The admission of a request. Dropping it without reporting an outcome counts for nothing.
#[derive(Debug)]
pub struct Permit<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Breaker {
    pub fn new(first_rest: Duration) -> Self {
        Self { first_rest, inner: Mutex::default() }
    }

    pub fn state(&self, now: Instant) -> BreakerState {
        match self.inner.lock().until {
            None => BreakerState::Closed,
            Some(until) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Admits a request, or returns how long to wait.
    pub fn admit(&self, now: Instant) -> Result<Permit<'_>, Duration> {
        let mut inner = self.inner.lock();
        let probe = match inner.until {
            None => false,
            Some(until) if now < until => return Err(until - now),
            Some(_) if inner.probing => return Err(Duration::from_secs(1)),
            Some(_) => true,
        };
        inner.probing |= probe;
        Ok(Permit { breaker: self, probe })
    }
}

impl Permit<'_> {
    pub fn succeeded(self) {
        *self.breaker.inner.lock() = Inner::default();
    }

    pub fn failed(self, now: Instant) {
        let mut inner = self.breaker.inner.lock();
        inner.failures += 1;
        if self.probe {
            inner.rest = (inner.rest * 2).min(LONGEST_REST);
        } else if inner.failures >= FAILURES && inner.until.is_none() {
            inner.rest = self.breaker.first_rest;
        } else {
            return;
        }
        inner.until = Some(now + inner.rest);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.inner.lock().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, now: Instant) {
        breaker.admit(now).unwrap().failed(now);
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_with_a_probe_that_succeeds() {
        let (breaker, start) = (Breaker::new(FIRST_REST), Instant::now());
        fail(&breaker, start);
        fail(&breaker, start);
        breaker.admit(start).unwrap().succeeded();
        fail(&breaker, start);
        fail(&breaker, start);
        assert_eq!(breaker.state(start), BreakerState::Closed);
        fail(&breaker, start);
        assert_eq!(breaker.state(start), BreakerState::Open);
        assert_eq!(breaker.admit(start).unwrap_err(), FIRST_REST);

        let later = start + FIRST_REST;
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_err(), "one probe at a time");
        probe.failed(later);
        assert_eq!(breaker.admit(later).unwrap_err(), FIRST_REST * 2);
        let later = later + FIRST_REST * 2;
        breaker.admit(later).unwrap().succeeded();
        assert_eq!(breaker.state(later), BreakerState::Closed);
    }

    #[test]
    fn who_gives_up_shows_nothing() {
        let (breaker, start) = (Breaker::new(FIRST_REST), Instant::now());
        for _ in 0..10 {
            drop(breaker.admit(start).unwrap());
        }
        assert_eq!(breaker.state(start), BreakerState::Closed);
        (0..3).for_each(|_| fail(&breaker, start));
        let later = start + FIRST_REST;
        drop(breaker.admit(later).unwrap());
        assert!(breaker.admit(later).is_ok(), "the next one may try");
    }

    #[test]
    fn those_who_asked_before_it_opened_do_not_prolong_it() {
        let (breaker, start) = (Breaker::new(FIRST_REST), Instant::now());
        let late = breaker.admit(start).unwrap();
        (0..3).for_each(|_| fail(&breaker, start));
        late.failed(start + Duration::from_secs(5));
        assert_eq!(breaker.state(start + FIRST_REST), BreakerState::HalfOpen);
    }
}
