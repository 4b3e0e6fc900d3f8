//! The model weights: which files are needed, where they come from, and whether they are intact.
//!
//! Owns: the manifest (`models/manifest.toml`), fetching from the upstream hub and through the
//! registries' own clients, conversion to the formats that the inference engines read, and the
//! check at start. Never does: load a model, or choose a replacement for a missing one.
//!
//! ```text
//! manifest ──► fetch ─┬► hub (curl) ───────────────────────┬► join, sha256 ──► convert ──► weights folder
//!     │               └► client (pip, npm) ──► archive ────┘
//!     └──────► verify ──► index (.verified) ──► Weights (typed paths)
//! ```

use std::path::PathBuf;

mod archive;
mod client;
pub mod convert;
mod digest;
#[cfg(test)]
mod fake_hub;
mod fetch;
mod hub;
mod index;
mod manifest;
mod process;
mod progress;
mod verify;
mod weights;

pub use fetch::{Fetched, fetch};
pub use index::Depth;
pub use manifest::{File, Item, Manifest, Package, Set};
pub use progress::Progress;
pub use verify::{Problem, lines, required, verify, verify_with};
pub use weights::Weights;

/// The weights folder when neither `MODELS_DIR` nor a flag names one, relative to the current
/// directory.
pub const DEFAULT_DIR: &str = "models/weights";

/// An error about weights. Every message says how to resolve it.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("models/manifest.toml: {0}")]
    Manifest(String),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{tool} is not installed, and {package} is fetched with it. To install it, run: {install}")]
    NoTool { tool: &'static str, package: String, install: &'static str },
    #[error(
        "{variable} must be the address of a model hub, beginning with https:// or http://. Leave it empty to use no hub"
    )]
    HubAddress { variable: &'static str },
    #[error("{package} could not be fetched: {reason}")]
    Download { package: String, reason: String },
    #[error("{package} is not the content that the manifest pins (sha256 {is} instead of {pinned}), and was deleted")]
    WrongPackage { package: String, is: String, pinned: String },
    #[error("{package} does not contain {file}: {reason}")]
    Member { package: String, file: String, reason: String },
    #[error("{package} is not installed ({} is missing). To install it, run: scripts/setup --for test", file.display())]
    NotInstalled { package: String, file: PathBuf },
    #[error("{file} has the sha256 {is} instead of {pinned}, and was deleted")]
    WrongFile { file: String, is: String, pinned: String },
    #[error("{file} could not be converted: {source}")]
    Convert { file: String, source: convert::ConvertError },
    #[error("there is no Whisper model named {name}. Give one of {known}, or the path of a ggml file")]
    NoWhisper { name: String, known: String },
    #[error("{} of the packages failed:\n{}", .0.len(), .0.iter().map(|e| format!("- {e}")).collect::<Vec<_>>().join("\n"))]
    Several(Vec<WeightsError>),
}

impl WeightsError {
    /// Returns a function for `map_err` on file operations.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
