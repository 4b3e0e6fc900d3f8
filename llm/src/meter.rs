//! What is counted about asking a model.
//!
//! Owns: the occasions. Never does: name a metric; whoever implements [`Meter`] does.

use std::time::Duration;

use super::{BreakerState, LlmError};

pub trait Meter: Send + Sync {
    /// Whether the server is asked, from now on.
    fn breaker(&self, state: BreakerState);
    /// An answer was known already.
    fn cached(&self);
    /// An answer came, retries included, after this time.
    fn answered(&self, after: Duration);
    /// Tokens were asked and answered for this operation, also where the answer is of no use.
    fn spent(&self, operation: &str, tokens: u32);
    /// One try failed; a question may fail several times.
    fn failed(&self, error: &LlmError);
}
