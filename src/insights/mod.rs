//! Insights after the call: what is extracted from an interview or from many, and how it is
//! presented.
//!
//! | file | content |
//! |---|---|
//! | `material` | a stored interview in the form that the pure crate reads |
//! | `one`, `across` | from there to a row, for one interview or for many |
//! | `task` | both as a background task, and the task that follows each completed interview |
//! | `minilm` | the similarity of texts by meaning |
//! | `tools` | MiniLM and the language model, if they are available |
//! | `report/` | a row as JSON, Markdown or an HTML page |
//! | `clip` | the audio of a quote, cut from the recording |
//!
//! Owns: the order of these steps. Never does: compute a number or accept a quote
//! (`interview::insight` does), or decide anything in a call.

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
    #[error("the interview is not over. Its status is {0}")]
    NotOver(&'static str),
    #[error("none of these interviews was completed")]
    Nothing,
    #[error("there are more than {0} interviews. Choose a shorter period")]
    TooMany(usize),
    #[error("a stored insight cannot be read: {0}")]
    Corrupt(String),
    #[error("the extraction was cancelled")]
    Cancelled,
}
