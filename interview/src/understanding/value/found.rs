//! The results that the readers of answers exchange.
//!
//! Owns: their forms. Never does: read an answer.

/// What a clause says in reply to a closed question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes,
    No,
    Neither,
}

/// An option, and the tokens that name it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Named {
    pub option: usize,
    pub from: usize,
    /// The token after them.
    pub to: usize,
}
