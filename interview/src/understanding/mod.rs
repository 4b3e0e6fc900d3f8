//! What utterances mean.
//!
//! Owns: the meanings there are. Never does: decide what is done about one: the dialogue does.

pub mod meaning;

pub use meaning::{AnswerClass, By, Concern, Consent, Kind, Request, Topic};
