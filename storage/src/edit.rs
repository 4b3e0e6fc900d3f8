//! Who makes a change, and which state of the row it is meant for.
//!
//! Owns: the names of those who change rows, as the log has them. Never does: decide who may change what.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::error::StorageError;
use super::revision::Precondition;

/// Who makes a change, as `event_logs.actor` has it: `local`, `key:ID`, `user:ID`, `oidc`, `cli` or `engine`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(Cow<'static, str>);

impl Actor {
    /// The engine itself, when nobody in particular asked for the change.
    pub const ENGINE: &'static Self = &Self::named("engine");

    /// Somebody whose name is fixed, such as `cli`.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Whoever holds this API key.
    pub fn key(id: Uuid) -> Self {
        Self(Cow::Owned(format!("key:{id}")))
    }

    /// A user who signed in.
    pub fn user(id: Uuid) -> Self {
        Self(Cow::Owned(format!("user:{id}")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// One edit of a row that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub actor: Actor,
    /// Which state of the row the edit is meant for. In another one it is [`StorageError::Changed`], found out in the
    /// transaction of the edit.
    pub expected: Precondition,
}

impl Edit {
    /// An edit that is made whatever state the row is in.
    pub fn by(actor: &Actor) -> Self {
        Self { actor: actor.clone(), expected: Precondition::None }
    }

    /// # Errors
    /// [`StorageError::Changed`] when the row is in another state than the edit was meant for.
    pub(super) fn check(&self, row: &impl Serialize) -> Result<(), StorageError> {
        self.expected.check(row)
    }
}
