//! The errors of the storage.
//!
//! Owns: the errors of all repositories, and which of them are permanent. Never does: word the
//! answers of the API.

use std::path::PathBuf;

use files::FilesError;
use sea_orm::{DbErr, RuntimeErr};
use uuid::Uuid;

use super::secret::SecretError;

/// The limit on open work that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    Caller,
    Workspace,
}

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("files: {0}")]
    Files(#[from] FilesError),
    #[error("folder {path}: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    /// The database is known not to answer, or did not answer in time.
    #[error("the database does not answer")]
    Away,
    #[error("DATABASE_URL names no database that can be used: {0}")]
    Url(String),
    #[error(
        "the database was made by a development version before the first release, and cannot be upgraded. Export \
         what you need with the version that made it, and start with a new DATA_DIR (or, on PostgreSQL, an empty \
         database)"
    )]
    OldSchema,
    #[error(
        "the database was made by a newer version, whose schema step {0} is unknown to this one. Start that version, \
         or restore a backup from before the upgrade"
    )]
    NewSchema(String),
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(String),
    #[error("{limit} tasks and deliveries are already open, which is the limit for {}", match .reached {
        Reached::Caller => "one caller",
        Reached::Workspace => "all callers of a workspace together",
    })]
    TooMuchOpen { limit: u64, reached: Reached },
    /// The change is not possible because the interview has ended.
    #[error("the interview is over. Its status is {}", .0.as_str())]
    Over(entity::Status),
    #[error("the interview is not over, so its scores are not stored yet")]
    NotOver,
    #[error("the resource has changed since it was read. Read it again, and apply the change to its current state")]
    Changed,
    #[error("event {seq} of interview {interview_id} is already in the log with a different content")]
    EventConflict { interview_id: Uuid, seq: i64 },
    #[error("event {got} of interview {interview_id} cannot follow event {last}, because the log must not have gaps")]
    EventGap { interview_id: Uuid, last: i64, got: i64 },
    /// What the engine has not appended by now is kept beside the log.
    #[error("interview {interview_id} was taken by another engine: events under fencing number {fence} are too late")]
    LeaseLost { interview_id: Uuid, fence: i64 },
    /// Only the engine that holds the call appends to its log.
    #[error("this interview has a live call")]
    CallHeld,
    #[error("the personal data of the respondent was erased")]
    Erased,
    #[error("a stored value ({what}) cannot be read: {reason}")]
    Corrupt { what: &'static str, reason: String },
}

impl StorageError {
    /// Returns true if a retry cannot help, because the request itself is at fault and not the
    /// availability of the database.
    pub fn is_permanent(&self) -> bool {
        match self {
            StorageError::Database(error) => error.sql_err().is_some() || self.is_unfit_value(),
            StorageError::Folder { .. } | StorageError::Files(_) | StorageError::Away | StorageError::Secret(_) => {
                false
            }
            _ => true,
        }
    }

    /// Returns true if the database was not reached, so that the outcome says nothing about the
    /// request.
    pub fn is_unreached(&self) -> bool {
        matches!(self, StorageError::Away | StorageError::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)))
    }

    /// Returns true if the database cannot store a value that it was given.
    pub fn is_unfit_value(&self) -> bool {
        matches!(self, StorageError::Database(error) if refuses_a_value(error))
    }
}

/// Returns true if PostgreSQL rejected a value, such as a text with a NUL character, which SQLite
/// accepts.
fn refuses_a_value(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    // A SQLSTATE has five characters, and class 22 is "data exception". The codes of SQLite are
    // shorter.
    let code = error.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}
