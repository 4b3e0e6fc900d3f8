//! How servers of language models speak, a file a protocol.
//!
//! Owns: what a piece of an answer is, whichever protocol it comes in. Never does: send anything.

pub mod anthropic;
pub mod openai;

/// What one event of a stream, or a whole document, adds to an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// Tokens asked, and answered so far.
    pub asked: Option<u32>,
    pub answered: Option<u32>,
    /// The answer is complete; or else it was cut at the limit of tokens.
    pub end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Complete,
    /// The limit of tokens was reached.
    Cut,
}
