//! The pure interview seen from outside: guides, scenarios, properties.

mod guides;
mod properties;
mod scenarios;
mod support;
