//! Integration tests, one binary: a module an area.

mod api;
mod conversation;
mod storage;
mod support;

// Shared with the benchmark that measures what these only check.
#[path = "../../benches/turns/recordings.rs"]
mod recordings;
#[path = "../../benches/turns/stage.rs"]
mod stage;
