//! Files that every engine of a fleet finds, whichever of them wrote them.
//!
//! - `place.rs`: where they lie: a folder of this machine, a shared folder, or a bucket of an S3-compatible store.
//! - `key.rs`: what a file is called there.
//! - `store.rs`: writing, reading, listing and removing; `writer.rs`: a file that is written from front to back.
//! - `content.rs`: what is read, be it one file or several, in the store or still on this machine.
//! - `http.rs`: how requests to a bucket travel.
//!
//! Owns: the store and what is known about its being there. Never does: know what is in a file, or whose it is.

mod content;
mod http;
mod key;
mod place;
mod store;
mod writer;

pub use content::{ByteStream, Content};
pub use key::Key;
pub use place::{Bucket, Credentials, Place};
pub use store::{Files, Object, Removed};
pub use writer::Writer;

/// Why a file could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no file with this key. Somebody may have removed it a moment ago.
    #[error("there is no such file")]
    NotFound,
    /// The place cannot be used as it is configured.
    #[error("{place} cannot be used for files: {reason}")]
    Place { place: String, reason: String },
    /// The store refused the request: credentials or rights are missing.
    #[error("{place} refuses the request: {reason}")]
    Refused { place: String, reason: String },
    /// The store does not answer, or failed. Another attempt may succeed.
    #[error("{place} does not serve the request: {reason}")]
    Away { place: String, reason: String },
    /// The local copy of a file could not be written or read.
    #[error("local copy: {0}")]
    Local(#[from] std::io::Error),
}

impl From<FilesError> for std::io::Error {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::NotFound => Self::new(std::io::ErrorKind::NotFound, error),
            FilesError::Local(error) => error,
            other => Self::other(other),
        }
    }
}
