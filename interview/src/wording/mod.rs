//! What can be told of a question by its wording alone.
//!
//! Owns: the rules that the lint of guides and the check of a model's proposals share. Never does:
//! decide what follows from it.

pub(crate) mod question;
pub(crate) mod spoken;
