//! The upload of recordings from the engine that holds a call to the store of files, which all
//! engines can reach.
//!
//! The recording thread (`voice`) writes to a local folder, because a disk is more available than a
//! store. From there a file is uploaded in parts during the call, and as a whole when it is
//! complete. Then the local file is deleted. If an engine dies, the store has the recording up to a
//! few seconds before, and receives the rest when the engine starts again.
//!
//! `folder.rs` describes the folder of one interview, and `uploader.rs` is the loop. Owns: when a
//! file is uploaded, and that no file of an erased person is. Never does: write a recording.

mod folder;
mod uploader;

pub use uploader::{DeletedLocally, Uploader};
