//! Metrics of the cost and the failures of language models.
//!
//! Owns: which metric each event belongs to. Never does: decide when something is counted. The
//! crate `llm` does.

use std::time::Duration;

use ::llm::{BreakerState, LlmError, Meter};

use super::{Failure, Metrics};

impl Meter for Metrics {
    fn breaker(&self, state: BreakerState) {
        self.llm_breaker_state.set(f64::from(state.number()));
    }

    fn cached(&self) {
        self.llm_cache_hits_total.inc();
    }

    fn answered(&self, after: Duration) {
        self.llm_latency_seconds.observe(after.as_secs_f64());
    }

    fn spent(&self, operation: &str, tokens: u32) {
        self.llm_tokens_used_total.with_label_values(&[operation]).inc_by(f64::from(tokens));
    }

    fn failed(&self, error: &LlmError) {
        self.count_failure(match error {
            LlmError::Late => Failure::LlmLate,
            LlmError::Open { .. } => Failure::LlmOpen,
            LlmError::Connection(_) => Failure::LlmConnection,
            LlmError::Busy { .. } => Failure::LlmBusy,
            LlmError::Server { .. } => Failure::LlmServer,
            LlmError::Refused { .. } => Failure::LlmRefused,
            LlmError::TooLong => Failure::LlmTooLong,
            LlmError::Truncated => Failure::LlmTruncated,
            LlmError::Invalid(_) => Failure::LlmInvalid,
        });
    }
}
