//! The engine, in the order in which data flows through it.

// `output` explains why.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
pub mod output;
pub mod signalling;
pub mod calls;
pub mod session;
pub mod startup;
pub mod supervised;
pub mod supervisors;
pub mod tasks;
pub mod fleet;
pub mod webhooks;
pub mod insights;
pub mod privacy;
pub mod recordings;
pub mod access;
pub mod study;
pub mod api;
pub mod tls;
pub mod handles;
pub mod telemetry;
mod sentences;
pub mod config;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod cli;
