//! Integration tests, one binary: a module an area.

mod api;
mod storage;
mod support;
