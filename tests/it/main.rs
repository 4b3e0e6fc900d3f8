//! Integration tests, one binary: a module an area.

// Helpers stand outside test functions, where clippy would not allow it by itself.
#![allow(clippy::unwrap_used)]

mod api;
mod session;
mod storage;
mod support;
