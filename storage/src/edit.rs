//! Who makes a change, and which state of the row it expects.
//!
//! Owns: the names of the actors in the log. Never does: decide who may change what.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::error::StorageError;
use super::revision::Precondition;

/// The author of a change, as in `event_logs.actor`: `local`, `key:ID`, `user:ID`, `oidc`, `cli` or
/// `engine`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor(Cow<'static, str>);

impl Actor {
    /// The engine, if the change was not requested by a caller.
    pub const ENGINE: &'static Self = &Self::named("engine");

    /// Returns an actor with a fixed name, such as `cli`.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// Returns the actor for the holder of an API key.
    pub fn key(id: Uuid) -> Self {
        Self(Cow::Owned(format!("key:{id}")))
    }

    /// Returns the actor for a user who has signed in.
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

/// An edit of an existing row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub actor: Actor,
    /// The expected state of the row. In any other state the edit fails with
    /// [`StorageError::Changed`], which is checked in the transaction of the edit.
    pub expected: Precondition,
}

impl Edit {
    /// Returns an edit that does not depend on the state of the row.
    pub fn by(actor: &Actor) -> Self {
        Self { actor: actor.clone(), expected: Precondition::None }
    }

    /// Checks that the row is in the expected state.
    ///
    /// # Errors
    /// [`StorageError::Changed`] if it is in another state.
    pub(super) fn check(&self, row: &impl Serialize) -> Result<(), StorageError> {
        self.expected.check(row)
    }
}
