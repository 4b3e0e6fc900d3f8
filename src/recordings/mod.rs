//! Bringing recordings from the disk of the engine that holds a call to the store of files, which every engine reaches.
//!
//! The recording thread (`voice`) writes to a folder of this engine, because a disk is there when a store is not. From there a
//! file goes to the store in parts while the call is on, and whole when it is complete; then the local one is removed. So an
//! engine that dies leaves in the store what was said up to a few seconds before, and the rest when it starts again.
//!
//! `folder.rs`: one interview's folder, and what is in it. `keeper.rs`: the loop. Owns: when a file goes over, and that nothing
//! of an erased person does. Never does: write a recording.

mod folder;
mod keeper;

pub use keeper::{Keeper, Kept};
