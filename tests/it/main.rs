//! Integration tests, one binary: a module an area.

mod api;
mod session;
mod storage;
mod support;
