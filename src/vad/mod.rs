//! Voice activity detection.
//!
//! Owns: speech probabilities of 32 ms chunks, batched across calls. Never does: decide about turns.
