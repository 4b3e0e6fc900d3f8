//! The protocols of language model servers, one per file.
//!
//! Owns: the form of a piece of an answer, which is the same for every protocol. Never does: send
//! anything.

pub mod anthropic;
pub mod openai;

/// The part of an answer that one event of a stream, or a whole document, contains.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// The tokens of the question, and those of the answer so far.
    pub asked: Option<u32>,
    pub answered: Option<u32>,
    /// Set at the end: whether the answer is complete, or was cut at the limit of tokens.
    pub end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Complete,
    /// The limit of tokens was reached.
    Cut,
}
