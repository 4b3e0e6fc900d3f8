//! The handle to what is kept: a connection, seen from one workspace.
//!
//! Owns: connecting, the view of a workspace, transactions. Never does: read or write rows (the repositories do).

use std::path::{Path, PathBuf};

use files::{Files, Place};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use super::clock::Clock;
use super::database::{self, Reach};
use super::error::StorageError;
use super::folder::make_folder;
use super::secret::Secret;
use super::tasks::notifier::Notifier;

/// The folder of files in the data folder, where no other place is configured.
pub const FILES: &str = "files";

/// Open tasks and deliveries that callers may have asked for; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenWork {
    pub per_caller: u64,
    /// Of all callers of a workspace together.
    pub per_workspace: u64,
}

/// The store of one workspace; cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    pub(crate) db: DatabaseConnection,
    pub(crate) workspace: Uuid,
    pub(crate) data_dir: PathBuf,
    files: Files,
    pub(crate) secret: Secret,
    reach: Reach,
    pub(crate) clock: Clock,
    pub(crate) notifier: Notifier,
    /// Interviews that complete are looked at for insights.
    pub(crate) extracting: bool,
    pub(crate) open_work: OpenWork,
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
        let files = Files::open(&Place::Folder(data_dir.join(FILES)), data_dir)?;
        Ok(Self {
            db,
            workspace: migration::DEFAULT_WORKSPACE,
            data_dir: data_dir.to_owned(),
            files,
            secret,
            reach: Reach::default(),
            clock: Clock::default(),
            notifier: Notifier::default(),
            extracting: false,
            open_work: OpenWork::default(),
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

    /// The same store, which lets callers have only so much work open. It begins without a limit.
    #[must_use]
    pub fn with_open_work(self, open_work: OpenWork) -> Self {
        Self { open_work, ..self }
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

    /// The workspace that this store is of.
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// What is known about the database's being there; shared by all clones.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Who waits for tasks learns there that some were written down; shared by all clones.
    pub fn notifier(&self) -> &Notifier {
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

    /// Where recordings and exports lie.
    pub fn files(&self) -> &Files {
        &self.files
    }

    pub async fn close(self) -> Result<(), StorageError> {
        Ok(self.db.close().await?)
    }

    /// A transaction that holds SQLite's write lock from its beginning, so that it can't fail half-way for want of it. On
    /// PostgreSQL whoever changes a row according to what stands in it reads it with `lock_exclusive`.
    pub(crate) async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.db
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await
    }

    /// A transaction that may take its time: not for requests.
    pub async fn unhurried(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.write().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
        }
        Ok(tx)
    }
}
