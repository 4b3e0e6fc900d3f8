//! The voice of a call, in the order in which sound flows: packets in, frames, speech, turns, words; and words out again.
//!
//! Owns: connections, everything done to audio, the speech models and the threads they share.
//! Never does: know what an interview is about, keep anything, touch actors.

pub mod transport;
pub mod port;
pub mod audio;
pub mod vad;
pub mod turn;
pub mod stt;
pub mod tts;
pub mod inference;
