//! The command line. Owns: arguments and exit codes. Never does: the work itself.

pub mod doctor;
pub mod models;
