//! Signalling: how a caller and the engine set up a connection, with one file for each protocol.
//!
//! Owns: what a protocol says about a connection, before and during the call. Never does: admit a
//! caller (the registry does, between these steps), or handle audio. A live call knows its
//! [`AudioPort`](voice::port::AudioPort) and nothing of this module.

pub mod whip;

pub use whip::Whip;
