//! What can go wrong with what is kept.
//!
//! Owns: the errors of all repositories, and which of them trying again can't help. Never does: word what the API answers.

use std::path::PathBuf;

use files::FilesError;
use sea_orm::{DbErr, RuntimeErr};
use uuid::Uuid;

use super::secret::SecretError;

/// Whose limit on open work is reached.
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
    /// It is known not to answer, or did not in time.
    #[error("the database does not answer")]
    Away,
    #[error("DATABASE_URL names no database that can be used: {0}")]
    Url(String),
    #[error(
        "the database was made by a development version older than the first release, and cannot be upgraded: export \
         what you need with the version that made it, and begin with a new DATA_DIR (on PostgreSQL: an empty database)"
    )]
    OldSchema,
    #[error(
        "the database was made by a newer version, whose schema step {0} is unknown here: start that version, or restore \
         a backup from before the upgrade"
    )]
    NewSchema(String),
    #[error("there is no {0} with this id")]
    NotFound(&'static str),
    #[error("{0}")]
    Conflict(String),
    #[error("{limit} tasks and deliveries are open already, which is the most that {} may have", match .reached {
        Reached::Caller => "one caller",
        Reached::Workspace => "all callers of a workspace together",
    })]
    TooMuchOpen { limit: u64, reached: Reached },
    /// What was asked for would change an interview that has ended.
    #[error("the interview is over: {}", .0.as_str())]
    Over(entity::Status),
    #[error("the interview is not over: its scores are not stored yet")]
    NotOver,
    #[error("it has changed since it was read: read it again, and make the change to what it is now")]
    Changed,
    #[error("event {seq} of interview {interview_id} is in the log already, with another content")]
    EventConflict { interview_id: Uuid, seq: i64 },
    #[error("event {got} of interview {interview_id} can't follow {last}: the log has no gaps")]
    EventGap { interview_id: Uuid, last: i64, got: i64 },
    /// What its engine has not appended by now is kept beside the log.
    #[error("interview {interview_id} was taken by another engine: events under fencing number {fence} are too late")]
    LeaseLost { interview_id: Uuid, fence: i64 },
    /// Only the engine that holds the call appends to its log.
    #[error("a call of this interview is on")]
    CallHeld,
    #[error("the respondent's key is gone: the personal data was erased")]
    Erased,
    #[error("stored {what} can't be read: {reason}")]
    Corrupt { what: &'static str, reason: String },
}

impl StorageError {
    /// Trying again can't help: the request itself is at fault, not the database's availability.
    pub fn is_permanent(&self) -> bool {
        match self {
            StorageError::Database(error) => error.sql_err().is_some() || self.is_unfit_value(),
            StorageError::Folder { .. } | StorageError::Files(_) | StorageError::Away | StorageError::Secret(_) => {
                false
            }
            _ => true,
        }
    }

    /// The database was not reached, so this says nothing about what it was asked for.
    pub fn is_unreached(&self) -> bool {
        matches!(self, StorageError::Away | StorageError::Database(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)))
    }

    /// The database can't hold a value that it was given.
    pub fn is_unfit_value(&self) -> bool {
        matches!(self, StorageError::Database(error) if refuses_a_value(error))
    }
}

/// Whether PostgreSQL refused a value for what it is: text with a NUL character, say, which SQLite takes.
fn refuses_a_value(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    // SQLSTATE, five characters; class 22 is "data exception". SQLite's codes are shorter.
    let code = error.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}
