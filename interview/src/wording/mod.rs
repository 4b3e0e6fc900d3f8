//! What the wording of a question tells by itself.
//!
//! Owns: the rules that the lint of guides and the check of a model's proposals share. Never does:
//! decide what follows.

pub(crate) mod question;
pub(crate) mod spoken;
