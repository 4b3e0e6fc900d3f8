//! Live quality: alerts and thresholds as they are kept, and whole interviews that raise them.

mod alerts;
mod calls;
mod cli;
mod dashboards;
mod supervisor;

pub use alerts::alert;
