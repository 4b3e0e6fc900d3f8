//! The state of a row that an edit expects, so that no change is lost unnoticed.
//!
//! The tag of a state is a hash of the row as the API shows it, so every change of the row changes
//! the tag. The comparison belongs in the transaction that makes the change, on a row that was
//! locked ([`Edit`](super::edit::Edit)).
//!
//! Owns: tags and their comparison. Never does: know HTTP headers.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::error::StorageError;
use super::json::to_json;

/// The number of bytes of the hash in a tag. They are enough to rule out accidental collisions.
const TAG_BYTES: usize = 12;

/// The condition on a row for an edit to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// The edit does not depend on the state of the row.
    #[default]
    None,
    /// The row exists, which every edit requires anyway.
    Exists,
    /// The row is in one of these states.
    OneOf(Vec<String>),
}

/// Returns the tag of a row's state, in letters and digits.
pub fn tag(row: &impl Serialize) -> Result<String, StorageError> {
    // The conversion to a value sorts the members, because a database may return JSON columns in
    // another order.
    let text = to_json("row", row)?.to_string();
    Ok(hex::encode(&Sha256::digest(text.as_bytes())[..TAG_BYTES]))
}

impl Precondition {
    /// Checks that the row is in an expected state, or else returns [`StorageError::Changed`].
    pub fn check(&self, row: &impl Serialize) -> Result<(), StorageError> {
        match self {
            Precondition::None | Precondition::Exists => Ok(()),
            Precondition::OneOf(tags) => {
                let tag = tag(row)?;
                if tags.contains(&tag) { Ok(()) } else { Err(StorageError::Changed) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edit_is_for_the_state_that_was_seen() {
        let (seen, changed) = (json!({ "a": 1, "b": 2 }), json!({ "a": 1, "b": 3 }));
        let meant = Precondition::OneOf(vec!["other".to_owned(), tag(&seen).unwrap()]);
        assert!(meant.check(&seen).is_ok());
        assert!(meant.check(&json!({ "b": 2, "a": 1 })).is_ok(), "the order of fields is no state");
        assert!(matches!(meant.check(&changed), Err(StorageError::Changed)));
        assert!(Precondition::Exists.check(&changed).is_ok());
    }
}
