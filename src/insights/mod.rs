//! Insights after the call: what is made of an interview, or of many, and how it is shown.
//!
//! | file | holds |
//! |---|---|
//! | `material` | an interview as it is stored → what the pure crate looks at |
//! | `one`, `across` | from there to a row, of one interview or of many |
//! | `task` | both as a background task; who is called for when an interview completes |
//! | `minilm` | how alike texts are, by meaning |
//! | `tools` | MiniLM and the language model, as far as they are there |
//! | `report/` | a row as JSON, Markdown and one HTML page |
//! | `clip` | a quote's milliseconds, cut out of the recording |
//!
//! Owns: the order of those steps. Never does: compute a number or accept a quote (`interview::insight` does), decide
//! anything in a call.

pub mod across;
pub mod clip;
pub mod material;
pub mod minilm;
pub mod one;
pub mod report;
pub mod task;
pub mod tools;

pub use tools::Tools;

use storage::StorageError;
use voice::audio::recording::RecordingError;

#[derive(Debug, thiserror::Error)]
pub enum InsightError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error("the interview is not over: it is {0}")]
    NotOver(&'static str),
    #[error("no interview of these was completed")]
    Nothing,
    #[error("more than {0} interviews: choose a shorter time")]
    TooMany(usize),
    #[error("a stored insight can't be read: {0}")]
    Corrupt(String),
    #[error("it was called off")]
    Cancelled,
}
