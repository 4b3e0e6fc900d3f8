//! Rate limits, each a token bucket (GCRA, the `governor` crate).
//!
//! Owns: counting by key, user or address, in a bounded number of buckets whose keys have a fixed
//! size. Never does: identify a caller, or judge passwords ([`sign_in`](super::sign_in) does).

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use lru::LruCache;
use parking_lot::Mutex;
use uuid::Uuid;

/// The number of buckets of each limit. Beyond it, the least recently used bucket is dropped, and
/// its caller gets a full quota.
pub const MOST_BUCKETS: usize = 100_000;

/// Requests per minute. The quota of a whole minute may be used at once. 0 disables the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    pub requests: u32,
    /// Attempts to sign in from one address.
    pub logins: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { requests: 6_000, logins: 10 }
    }
}

/// The subject that is counted. It contains no text that a caller chooses, so the key of a bucket
/// has a fixed size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Key(Uuid),
    User(Uuid),
    Address(IpAddr),
    /// A client at this address that the OpenID provider sends back.
    Returning(IpAddr),
}

impl Who {
    pub fn at(address: IpAddr) -> Self {
        Self::Address(network(address))
    }

    pub fn returning(address: IpAddr) -> Self {
        Self::Returning(network(address))
    }
}

/// Returns the address that is counted. All addresses of an IPv6 /64 network are counted as one,
/// because one client can use them all.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The state of a quota, in requests and seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    pub quota: u32,
    pub remaining: u32,
    /// The seconds until the whole quota is available again.
    pub reset_s: u64,
    /// The seconds until the next request is allowed, if this one exceeds the limit.
    pub retry_after_s: Option<u64>,
}

/// A fixed number of the most recently used values.
pub(super) struct Recent<K: Hash + Eq, V> {
    kept: Mutex<LruCache<K, V>>,
    most: usize,
}

impl<K: Hash + Eq, V> Recent<K, V> {
    pub(super) fn new(most: usize) -> Self {
        // The cache is unbounded because a bounded one allocates all of its memory at once. `with`
        // enforces the limit.
        Self { kept: Mutex::new(LruCache::unbounded()), most }
    }

    /// Gives access to the values, and then drops those beyond the limit.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut LruCache<K, V>) -> T) -> T {
        let mut kept = self.kept.lock();
        let result = work(&mut kept);
        while kept.len() > self.most {
            kept.pop_lru();
        }
        result
    }

    pub(super) fn len(&self) -> usize {
        self.kept.lock().len()
    }
}

/// For each caller, the time at which the bucket will be full again.
#[derive(Clone)]
struct Buckets(Arc<Recent<Who, Nanos>>);

impl StateStore for Buckets {
    type Key = Who;

    fn measure_and_replace<T, F, E>(&self, who: &Who, judge: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.with(|kept| {
            let (verdict, next) = judge(kept.get(who).copied())?;
            kept.put(*who, next);
            Ok(verdict)
        })
    }
}

struct Limit {
    quota: u32,
    buckets: Buckets,
    limiter: RateLimiter<Who, Buckets, DefaultClock, StateInformationMiddleware>,
}

pub struct Limits {
    requests: Option<Limit>,
    logins: Option<Limit>,
}

impl Limits {
    pub fn new(quotas: Quotas) -> Self {
        Self::holding(quotas, MOST_BUCKETS)
    }

    /// Returns limits with another number of buckets.
    pub fn holding(quotas: Quotas, most: usize) -> Self {
        Self { requests: Limit::of(quotas.requests, most), logins: Limit::of(quotas.logins, most) }
    }

    /// Counts a request. Returns `None` if there is no limit.
    pub fn request(&self, who: &Who) -> Option<RateLimitStatus> {
        self.requests.as_ref().map(|limit| limit.take(who))
    }

    /// Takes back the count of a request, because it is counted under another name.
    pub fn uncount(&self, who: &Who) {
        if let Some(limit) = &self.requests {
            limit.give_back(who);
        }
    }

    /// Counts an attempt to sign in.
    pub fn login(&self, who: &Who) -> Option<RateLimitStatus> {
        self.logins.as_ref().map(|limit| limit.take(who))
    }

    /// Returns the number of buckets of all limits.
    pub fn buckets(&self) -> usize {
        [&self.requests, &self.logins].into_iter().flatten().map(|limit| limit.buckets.0.len()).sum()
    }
}

impl Limit {
    fn of(a_minute: u32, most: usize) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(a_minute)?);
        let buckets = Buckets(Arc::new(Recent::new(most)));
        let limiter = RateLimiter::new(quota, buckets.clone(), DefaultClock::default());
        Some(Self { quota: a_minute, buckets, limiter })
    }

    fn give_back(&self, who: &Who) {
        let one = Nanos::from(Duration::from_mins(1) / self.quota);
        self.buckets.0.with(|kept| {
            if let Some(full_at) = kept.get_mut(who) {
                *full_at = full_at.saturating_sub(one);
            }
        });
    }

    fn take(&self, who: &Who) -> RateLimitStatus {
        match self.limiter.check_key(who) {
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

/// Rounds up, to at least 1, so that a request after that time is allowed.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> Who {
        Who::at(address.parse().unwrap())
    }

    #[test]
    fn a_quota_is_spent_and_each_has_their_own() {
        let limits = Limits::new(Quotas { requests: 3, logins: 1 });
        let (one, other) = (Who::Key(Uuid::now_v7()), at("203.0.113.7"));
        let left: Vec<_> = (0..3).map(|_| limits.request(&one).unwrap().remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = limits.request(&one).unwrap();
        assert!((1..=20).contains(&refused.retry_after_s.unwrap()), "{refused:?}");
        assert_eq!(limits.request(&other).unwrap().retry_after_s, None);
        assert_eq!(limits.login(&one).unwrap().retry_after_s, None);
        assert!(limits.login(&one).unwrap().retry_after_s.is_some());
    }

    #[test]
    fn what_is_taken_back_was_not_counted() {
        let limits = Limits::new(Quotas { requests: 2, logins: 0 });
        let who = at("203.0.113.7");
        for _ in 0..10 {
            assert_eq!(limits.request(&who).unwrap().retry_after_s, None);
            limits.uncount(&who);
        }
        assert_eq!(limits.request(&who).unwrap().remaining, 1);
        limits.uncount(&at("203.0.113.8"));
        assert_eq!(limits.buckets(), 1, "a request that is not counted creates no bucket");
    }

    #[test]
    fn none_is_none() {
        let limits = Limits::new(Quotas { requests: 0, logins: 0 });
        assert!((0..100).all(|_| limits.request(&Who::Key(Uuid::nil())).is_none()));
        assert!(limits.login(&Who::Key(Uuid::nil())).is_none());
    }

    #[test]
    fn one_network_is_one_caller() {
        assert_eq!(at("2001:db8:1:2::3"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::3"), at("2001:db8:1:3::3"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }

    #[test]
    fn however_many_ask_the_buckets_are_bounded_and_the_latest_are_kept() {
        let limits = Limits::holding(Quotas { requests: 1, logins: 1 }, 100);
        for _ in 0..1_000 {
            let who = Who::User(Uuid::now_v7());
            assert_eq!(limits.request(&who).unwrap().retry_after_s, None);
            assert!(limits.request(&who).unwrap().retry_after_s.is_some(), "the latest caller is counted");
            limits.login(&who);
        }
        assert_eq!(limits.buckets(), 200);
    }
}
