//! What a call tells the thread that writes recordings.
//!
//! Owns: the messages. Never does: act on one.

use std::path::PathBuf;

use bytes::Bytes;
use interview::io::Ms;
use tokio::sync::oneshot;

use super::fault::Fault;
use super::{RecordingError, Side};

/// Something for the thread to do.
pub(super) enum Message {
    Packet {
        call: u64,
        path: PathBuf,
        side: Side,
        at_ms: Ms,
        payload: Bytes,
        fault: Fault,
    },
    /// Removes everything from `from_ms` on, and stores nothing more.
    Cut {
        call: u64,
        from_ms: Ms,
    },
    /// Deletes everything of this interview, including earlier legs.
    Discard {
        call: u64,
        folder: PathBuf,
    },
    Finish {
        call: u64,
        done: Option<oneshot::Sender<Result<(), RecordingError>>>,
    },
}

impl Message {
    /// Returns the number of the call that it is about.
    pub(super) fn call(&self) -> u64 {
        match self {
            Self::Packet { call, .. }
            | Self::Cut { call, .. }
            | Self::Discard { call, .. }
            | Self::Finish { call, .. } => *call,
        }
    }
}
