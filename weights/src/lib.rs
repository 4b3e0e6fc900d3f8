//! The weights: what is needed, where it comes from, and whether it is whole.
//!
//! Owns: the manifest (`models/manifest.toml`), fetching from the upstream hub and through the registries' own clients,
//! conversion to the formats the engines read, and the check at start. Never does: load a model, or guess a replacement
//! for one that is missing.
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

/// Where the weights lie when neither `MODELS_DIR` nor a flag says otherwise: below the current directory.
pub const DEFAULT_DIR: &str = "models/weights";

/// What can go wrong with weights. Every message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("models/manifest.toml: {0}")]
    Manifest(String),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{tool} was not found; {package} is fetched with it. Install it: {install}")]
    NoTool { tool: &'static str, package: String, install: &'static str },
    #[error("{variable} must be the address of a model hub, beginning with https:// (or http://), or empty for none")]
    HubAddress { variable: &'static str },
    #[error("{package} could not be fetched: {reason}")]
    Download { package: String, reason: String },
    #[error(
        "{package} arrived with another content than the manifest pins (sha256 {is}, not {pinned}); it was thrown away"
    )]
    WrongPackage { package: String, is: String, pinned: String },
    #[error("{package} does not hold {file}: {reason}")]
    Member { package: String, file: String, reason: String },
    #[error("{package} is not installed ({} is missing); install it: scripts/setup --for test", file.display())]
    NotInstalled { package: String, file: PathBuf },
    #[error("{file} came out with sha256 {is}, not {pinned}; it was thrown away")]
    WrongFile { file: String, is: String, pinned: String },
    #[error("converting {file}: {source}")]
    Convert { file: String, source: convert::ConvertError },
    #[error("there is no Whisper model {name}: give one of {known}, or the path of a ggml file")]
    NoWhisper { name: String, known: String },
    #[error("{} of the packages failed:\n{}", .0.len(), .0.iter().map(|e| format!("- {e}")).collect::<Vec<_>>().join("\n"))]
    Several(Vec<WeightsError>),
}

impl WeightsError {
    /// For `map_err` on file operations.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
