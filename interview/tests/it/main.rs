//! The pure interview from outside: guides, scenarios, interruptions and properties.

// Helpers are outside test functions, where clippy would not allow it by itself.
#![allow(clippy::unwrap_used)]

mod acknowledgements;
mod ahead;
mod answers;
mod conversations;
mod dictation;
mod difficult;
mod guides;
mod hostile;
mod spelling;
mod injections;
mod interruptions;
mod overlaps;
mod properties;
mod proposals;
mod quality;
mod scenarios;
mod support;
mod training;
mod understood;
mod values;
