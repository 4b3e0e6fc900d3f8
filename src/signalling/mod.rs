//! How a caller and the engine find each other: beside the sound, a file a protocol.
//!
//! Owns: what a protocol says about a connection, before the call and while it is on. Never does: admit anybody (the
//! registry does, in between), touch sound. A live call knows its [`AudioPort`](voice::port::AudioPort) and nothing of
//! what stands here.

pub mod whip;

pub use whip::Whip;
