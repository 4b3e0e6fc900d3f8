//! What the readers of answers find, and hand to each other.

/// What a clause says to a closed question.
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
    /// The token after it.
    pub to: usize,
}
