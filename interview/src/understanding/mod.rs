//! What utterances mean. `scripts/check understanding` measures it.
//!
//! Owns: reading an utterance in the light of what was asked. Never does: decide what is done about
//! it, which the dialogue does.
//!
//! | file | holds |
//! |---|---|
//! | `certain` | short, whole utterances whose meaning is certain |
//! | `clauses` | sentences and clauses of an utterance |
//! | `read` | both together, and what an utterance says besides |
//! | `parts` | what a question asks for, and what of it an answer leaves open |
//! | `thresholds` | how sure a reading must be |
//! | `utterances` | the form of utterances with their meanings, to learn from and to measure on |
//! | `value` | the number, options, yes or no, address or date that an answer names |
//! | `whole` | whether an answer is whole |
//! | `when` | the time named by who wants to be called again |

pub mod certain;
mod clauses;
pub mod parts;
pub mod read;
pub mod relevance;
mod thresholds;
pub mod utterances;
pub mod value;
pub mod when;
pub mod whole;

pub use read::{Reading, read};

pub use crate::language::classifier::{Asked, Classifier};
pub use crate::meaning::{AnswerClass, By, Concern, Consent, Kind, Request, Topic, Value};
