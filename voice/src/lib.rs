//! The voice of a call, in the order in which sound flows: packets, frames, speech, turns and
//! words, and then words to sound.
//!
//! Owns: connections, audio processing, the speech models and the threads that they share. Never
//! does: know what an interview is about, store anything but recordings and clips, or depend on
//! actors.

pub mod transport;
pub mod port;
pub mod audio;
pub mod vad;
pub mod turn;
pub mod stt;
pub mod tts;
pub mod inference;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
