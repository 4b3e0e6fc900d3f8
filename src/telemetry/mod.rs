//! Observability for operators.
//!
//! Owns: the Prometheus metrics and the log. Never does: contain what people said, or their names.

pub mod metrics;
pub mod tracing;

pub use metrics::Metrics;
