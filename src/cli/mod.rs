//! (to come)
pub mod demo;
