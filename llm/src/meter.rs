//! The measurements of requests to a model.
//!
//! Owns: the occasions on which something is counted. Never does: name a metric, which implementers
//! of [`Meter`] do.

use std::time::Duration;

use super::{BreakerState, LlmError};

pub trait Meter: Send + Sync {
    /// The breaker changed its state.
    fn breaker(&self, state: BreakerState);
    /// An answer came from the cache.
    fn cached(&self);
    /// An answer arrived after this time, retries included.
    fn answered(&self, after: Duration);
    /// The question and the answer had this many tokens. They are counted even if the answer was
    /// unusable.
    fn spent(&self, operation: &str, tokens: u32);
    /// One attempt failed. A question may fail several times.
    fn failed(&self, error: &LlmError);
}
