//! Integration tests, one binary: a module an area.

// Helpers stand outside test functions, where clippy would not allow it by itself.
#![allow(clippy::unwrap_used)]
// Tests await whole engines and calls; how much of their stack that takes matters to nobody.
#![allow(clippy::large_futures)]

mod access;
mod api;
mod contract;
mod session;
mod conversation;
mod dashboards;
mod deploy;
mod doctor;
mod faults;
mod files;
mod fleet;
mod guides;
mod handles;
mod insights;
mod llm;
mod log;
mod metrics;
mod modes;
mod network;
mod output;
mod pages;
mod privacy;
mod quality;
mod reference;
mod reviews;
mod scheduling;
mod seed;
mod storage;
mod study;
// Its hooks are in builds with debug assertions only.
#[cfg(debug_assertions)]
mod supervised;
mod support;
mod tasks;
mod tls;
mod webhooks;

// Shared with the benchmark that measures what these only check.
#[path = "../../benches/turns/recordings.rs"]
mod recordings;
#[path = "../../benches/turns/stage.rs"]
mod stage;
