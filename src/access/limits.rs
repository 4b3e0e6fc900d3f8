//! How often somebody may ask: a token bucket each (GCRA, the `governor` crate).
//!
//! Owns: counting by key, user or address, and by account when signing in. Never does: say who somebody is.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use uuid::Uuid;

/// Requests a minute; a whole minute's may come at once. 0 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    pub requests: u32,
    /// Attempts to sign in, from one address and at one account.
    pub logins: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { requests: 6_000, logins: 10 }
    }
}

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Key(Uuid),
    User(Uuid),
    Address(IpAddr),
    /// An account's workspace and address.
    Account(Uuid, String),
}

impl Who {
    /// Whoever has one address of an IPv6 network has all of it.
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// How somebody stands, in requests and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub quota: u32,
    pub remaining: u32,
    /// Until the whole quota is there again.
    pub reset_s: u64,
    /// Set when the request is one too many: when the next one is none.
    pub retry_after_s: Option<u64>,
}

type Buckets<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

struct Limit<K: Hash + Eq + Clone> {
    quota: u32,
    buckets: Buckets<K>,
}

/// One request in so many lets go of whoever has not asked for a minute.
const SWEEP_EVERY: usize = 4_096;

pub struct Limits {
    requests: Option<Limit<Who>>,
    logins: Option<Limit<Who>>,
    asked: std::sync::atomic::AtomicUsize,
}

impl Limits {
    pub fn new(quotas: Quotas) -> Self {
        Self { requests: limit(quotas.requests), logins: limit(quotas.logins), asked: 0.into() }
    }

    /// Counts a request; nothing where there is no limit.
    pub fn request(&self, who: &Who) -> Option<RateLimitStatus> {
        self.sweep();
        self.requests.as_ref().map(|limit| limit.take(who))
    }

    /// Counts an attempt to sign in.
    pub fn login(&self, who: &Who) -> Option<RateLimitStatus> {
        self.sweep();
        self.logins.as_ref().map(|limit| limit.take(who))
    }

    fn sweep(&self) {
        if self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            for limit in [&self.requests, &self.logins].into_iter().flatten() {
                limit.buckets.retain_recent();
            }
        }
    }
}

fn limit<K: Hash + Eq + Clone>(a_minute: u32) -> Option<Limit<K>> {
    let quota = Quota::per_minute(NonZeroU32::new(a_minute)?);
    Some(Limit { quota: a_minute, buckets: RateLimiter::hashmap(quota).with_middleware() })
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn take(&self, who: &K) -> RateLimitStatus {
        match self.buckets.check_key(who) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let missing = u64::from(self.quota - remaining.min(self.quota));
                let reset_s = (missing * 60).div_ceil(u64::from(self.quota));
                RateLimitStatus { quota: self.quota, remaining, reset_s, retry_after_s: None }
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                let retry_after_s = whole_seconds(wait);
                RateLimitStatus { quota: self.quota, remaining: 0, reset_s: 60, retry_after_s: Some(retry_after_s) }
            }
        }
    }
}

/// Rounded up, and at least one: whoever comes back then is let in.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_spent_and_each_has_their_own() {
        let limits = Limits::new(Quotas { requests: 3, logins: 1 });
        let (one, other) = (Who::Key(Uuid::now_v7()), Who::at("203.0.113.7".parse().unwrap()));
        let left: Vec<_> = (0..3).map(|_| limits.request(&one).unwrap().remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = limits.request(&one).unwrap();
        assert!((1..=20).contains(&refused.retry_after_s.unwrap()), "{refused:?}");
        assert_eq!(limits.request(&other).unwrap().retry_after_s, None);
        assert_eq!(limits.login(&one).unwrap().retry_after_s, None);
        assert!(limits.login(&one).unwrap().retry_after_s.is_some());
    }

    #[test]
    fn none_is_none() {
        let limits = Limits::new(Quotas { requests: 0, logins: 0 });
        assert!((0..100).all(|_| limits.request(&Who::Key(Uuid::nil())).is_none()));
        assert!(limits.login(&Who::Key(Uuid::nil())).is_none());
    }

    #[test]
    fn one_network_is_one_caller() {
        let at = |address: &str| Who::at(address.parse().unwrap());
        assert_eq!(at("2001:db8:1:2::3"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::3"), at("2001:db8:1:3::3"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
