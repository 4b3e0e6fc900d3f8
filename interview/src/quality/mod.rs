//! Live quality: which values are compared with which thresholds, and what follows (product
//! contract, section 4).
//!
//! - `metric`: the names, with their default thresholds and severities, in one table
//! - `threshold`: when a value has crossed one, and when it has recovered
//! - `monitor`: judges one call: events go in, findings come out
//! - `escalation`: when a person has to look
//! - `component`: when a part of the engine fails
//!
//! Owns: those rules. Never does: compute a score ([`crate::score`] does), or keep, send or count
//! anything.

mod component;
mod escalation;
mod metric;
mod monitor;
mod threshold;

pub use component::{Change, Component};
pub use escalation::{ERRORS, Escalation, LEAST, Reason, WINDOW_MS};
pub use metric::{Metric, Severity, Side};
pub use monitor::{Alert, Consequence, FEWEST, Monitor, Subject};
pub use threshold::{Threshold, Thresholds};
