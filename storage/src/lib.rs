//! What is kept: the database and the folder beside it.
//!
//! Owns: repositories (a file each), the event log with its projection to tables, encryption of personal payloads,
//! where recordings lie. Never does: decide what happens in an interview, keep anything in memory.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use files::{Files, FilesError, Place as FilesPlace};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use uuid::Uuid;

mod aging;
pub mod alerts;
pub mod audit;
mod crypto;
pub mod dashboards;
mod database;
pub mod erased_files;
pub mod erasure;
pub mod events;
pub mod exports;
pub mod guide_versions;
pub mod guides;
pub mod idempotency;
pub mod insights;
pub mod interviews;
pub mod keys;
pub mod listing;
pub mod outbox;
pub mod projection;
pub mod quality;
pub mod receipts;
pub mod recordings;
pub mod responses;
pub mod reviews;
pub mod revision;
pub mod schema;
pub mod scores;
pub mod secret;
pub mod sessions;
pub mod study;
pub mod tasks;
pub mod thresholds;
pub mod tokens;
pub mod transcript;
pub mod users;
mod vault;
pub mod webhooks;
pub mod workspaces;

pub use alerts::{AlertFilter, Alerts, NewAlert};
pub use audit::{AuditFilter, Entry};
pub use dashboards::Dashboards;
pub use database::{Probe, Reach};
pub use erased_files::ErasedFiles;
pub use events::{Appended, Batch, EventRecord};
pub use exports::Exports;
pub use guide_versions::VersionInfo;
pub use guides::{GuideFilter, GuideOrder, Guides};
pub use idempotency::Idempotency;
pub use insights::{InsightFilter, Insights, NewInsight, Scope};
pub use interviews::{InterviewFilter, InterviewOrder, Interviews, NewInterview};
pub use keys::{KEY_MARK, Keys, NewKey};
pub use listing::{Mark, Place, Sort};
pub use recordings::{Recordings, Side, Track};
pub use reviews::{InterviewChanges, Note, NoteChange, Outcome};
pub use revision::Precondition;
pub use secret::{Secret, SecretError};
pub use study::{Held, StudyFilter};
pub use tasks::{NewTask, Tasks};
pub use tokens::JoinToken;
pub use transcript::Transcript;
pub use users::{NewUser, UserChanges, Users};
pub use webhooks::{Webhook, WebhookSettings, Webhooks};

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
            StorageError::Folder { .. } | StorageError::Files(_) | StorageError::Away | StorageError::Secret(_) => false,
            _ => true,
        }
    }

    /// The database can't hold a value that it was given.
    pub fn is_unfit_value(&self) -> bool {
        matches!(self, StorageError::Database(error) if database::refuses_a_value(error))
    }
}

/// The folder of files in the data folder, where no other place is configured.
pub const FILES: &str = "files";
/// Who changes rows when nobody in particular asked for it.
const ENGINE: &str = "engine";

/// The store of one workspace, as used by somebody; cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    db: DatabaseConnection,
    workspace: Uuid,
    /// Under whose name changes are logged.
    actor: Arc<str>,
    /// Which state of a row the edits made through it are meant for.
    expected: Precondition,
    data_dir: PathBuf,
    files: Files,
    secret: Secret,
    reach: Reach,
    notifier: tasks::Notifier,
    /// Interviews that complete are looked at for insights.
    extracting: bool,
}

impl Storage {
    /// Connects; a SQLite file and its folder are made when missing. `data_dir` holds the spool, and recordings until the store
    /// of files has them.
    ///
    /// Until [`Storage::with_secret`] says otherwise, what it signs is good for this process only; and until
    /// [`Storage::with_files`] does, files lie in `data_dir`, where other machines do not find them.
    pub async fn connect(database_url: &str, pool_size: u32, data_dir: &Path) -> Result<Self, StorageError> {
        make_folder(data_dir)?;
        let db = database::connect(database_url, pool_size).await?;
        let secret = Secret::random()?;
        let files = Files::open(&FilesPlace::Folder(data_dir.join(FILES)), data_dir)?;
        Ok(Self {
            db,
            workspace: migration::DEFAULT_WORKSPACE,
            actor: ENGINE.into(),
            expected: Precondition::None,
            data_dir: data_dir.to_owned(),
            files,
            secret,
            reach: Reach::default(),
            notifier: tasks::Notifier::default(),
            extracting: false,
        })
    }

    /// The same store, signing with a secret that outlives the process.
    #[must_use]
    pub fn with_secret(self, secret: Secret) -> Self {
        Self { secret, ..self }
    }

    /// The same store, whose recordings and exports lie there.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files, ..self }
    }

    /// The same store, which has insights extracted from interviews when they complete (or not: that is how it begins).
    #[must_use]
    pub fn extracting(self, extracting: bool) -> Self {
        Self { extracting, ..self }
    }

    /// What join links and sessions are signed with; each purpose takes a [`Secret::key`] of its own.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The same store, as another workspace sees it.
    #[must_use]
    pub fn of(&self, workspace: Uuid) -> Self {
        Self { workspace, ..self.clone() }
    }

    /// The same store, in somebody's hands: `event_logs.actor` of every change made through it.
    #[must_use]
    pub fn by(&self, actor: &str) -> Self {
        Self { actor: actor.into(), ..self.clone() }
    }

    /// The same store for one edit of a row that was seen in a certain state: in another one it is
    /// [`StorageError::Changed`], found out in the transaction of the edit.
    #[must_use]
    pub fn expecting(&self, expected: Precondition) -> Self {
        Self { expected, ..self.clone() }
    }

    /// The store of the workspace that the interview is in: for the engine itself, which holds calls of all of them.
    /// Never for a caller of the API, who has a workspace already.
    pub async fn owning(&self, interview_id: Uuid) -> Result<Self, StorageError> {
        let interview = interviews::find_anywhere(&self.db, interview_id).await?;
        Ok(self.of(interview.workspace_id))
    }

    /// What is known about the database's being there; shared by all clones.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Who waits for tasks learns there that some were written down; shared by all clones.
    pub fn notifier(&self) -> &tasks::Notifier {
        &self.notifier
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        if !self.reach.is_there() {
            return Err(StorageError::Away);
        }
        self.db.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// For tools and tests that need SQL of their own.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.db
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn guides(&self) -> Guides<'_> {
        Guides(self)
    }

    pub fn interviews(&self) -> Interviews<'_> {
        Interviews(self)
    }

    pub fn alerts(&self) -> Alerts<'_> {
        Alerts(self)
    }

    pub fn insights(&self) -> Insights<'_> {
        Insights(self)
    }

    pub fn idempotency(&self) -> Idempotency<'_> {
        Idempotency(self)
    }

    pub fn keys(&self) -> Keys<'_> {
        Keys(self)
    }

    pub fn users(&self) -> Users<'_> {
        Users(self)
    }

    pub fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    pub fn webhooks(&self) -> Webhooks<'_> {
        Webhooks(self)
    }

    pub fn dashboards(&self) -> Dashboards<'_> {
        Dashboards(self)
    }

    /// Where recordings and exports lie.
    pub fn files(&self) -> &Files {
        &self.files
    }

    pub fn exports(&self) -> Exports {
        Exports::of(self)
    }

    pub fn recordings(&self) -> Recordings {
        Recordings::of(self)
    }

    pub fn erased_files(&self) -> ErasedFiles<'_> {
        ErasedFiles(self)
    }

    pub async fn close(self) -> Result<(), StorageError> {
        Ok(self.db.close().await?)
    }

    /// A transaction that holds SQLite's write lock from its beginning, so that it can't fail half-way for want of it. On
    /// PostgreSQL whoever changes a row according to what stands in it reads it with `lock_exclusive`.
    async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.db
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await
    }
}

/// Makes a folder of the engine's own, which nobody else on the machine may look into: whatever the mode of a file in it, it
/// can't be reached. One that somebody else owns is left as it is, and said so.
fn make_folder(path: &Path) -> Result<(), StorageError> {
    let failed = |source| StorageError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(failed)?;
    let mode = std::fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0
        && let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(0o700))
    {
        tracing::warn!(folder = %path.display(), mode = format!("{mode:o}"), %error, "others can look into this folder");
    }
    Ok(())
}

/// Turns a value of ours into JSON for a column.
fn to_json(what: &'static str, value: impl serde::Serialize) -> Result<serde_json::Value, StorageError> {
    serde_json::to_value(value).map_err(|error| StorageError::Corrupt { what, reason: error.to_string() })
}
