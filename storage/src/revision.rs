//! Which state of a row an edit is meant for, so that nobody's change is lost unseen.
//!
//! A state's tag is a hash of the row as the API shows it: whatever changes the row changes the tag. The comparison belongs
//! into the transaction that makes the change, on a row that was read for update ([`Edit`](super::edit::Edit)).
//!
//! Owns: tags and their comparison. Never does: know headers.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::error::StorageError;
use super::json::to_json;

/// Bytes of the hash that are told: nobody finds another state with the same ones by chance.
const TAG_BYTES: usize = 12;

/// What must hold of a row for an edit to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Precondition {
    /// The edit is made whatever the row holds.
    #[default]
    None,
    /// The row is there, which every edit wants anyway.
    Exists,
    /// The row is in one of these states.
    OneOf(Vec<String>),
}

/// The tag of a row's state, of letters and digits.
pub fn tag(row: &impl Serialize) -> Result<String, StorageError> {
    // By way of a value, whose fields have one order: a database may hand out JSON columns in another one than it took.
    let text = to_json("row", row)?.to_string();
    Ok(hex::encode(&Sha256::digest(text.as_bytes())[..TAG_BYTES]))
}

impl Precondition {
    /// [`StorageError::Changed`] when the row is in another state than the edit was meant for.
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
