//! What operators see of the engine.
//!
//! Owns: the Prometheus metrics and the log. Never does: hold what people said or their names.

pub mod metrics;
pub mod tracing;

pub use metrics::Metrics;
