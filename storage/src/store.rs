//! The handle to the storage: a connection, limited to one workspace.
//!
//! Owns: connecting, the view of a workspace, and transactions. Never does: read or write rows (the
//! repositories do).

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

/// The folder for files in the data folder, if no other store is configured.
pub const FILES: &str = "files";

/// The limits of open tasks and deliveries that callers may have requested. 0 disables a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenWork {
    pub per_caller: u64,
    /// The limit of all callers of a workspace together.
    pub per_workspace: u64,
}

/// The storage of one workspace. Cloning it is cheap.
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
    /// Insights are extracted from interviews that complete.
    pub(crate) extracting: bool,
    pub(crate) open_work: OpenWork,
}

impl Storage {
    /// Connects. A missing SQLite file and its folder are created. `data_dir` holds the spool, and
    /// recordings until they are uploaded.
    ///
    /// Until [`Storage::with_secret`] is called, signatures are valid in this process only. Until
    /// [`Storage::with_files`] is called, files are in `data_dir`, where other machines cannot find
    /// them.
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

    /// Returns the storage with a secret that outlives the process.
    #[must_use]
    pub fn with_secret(self, secret: Secret) -> Self {
        Self { secret, ..self }
    }

    /// Returns the storage with another store of recordings and exports.
    #[must_use]
    pub fn with_files(self, files: Files) -> Self {
        Self { files, ..self }
    }

    /// Returns the storage with extraction of insights from completed interviews switched on or
    /// off. It is off by default.
    #[must_use]
    pub fn extracting(self, extracting: bool) -> Self {
        Self { extracting, ..self }
    }

    /// Returns the storage with limits of open work. By default there are none.
    #[must_use]
    pub fn with_open_work(self, open_work: OpenWork) -> Self {
        Self { open_work, ..self }
    }

    /// Returns the secret for join links and sessions. Each purpose uses a separate
    /// [`Secret::key`].
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns the storage limited to another workspace.
    #[must_use]
    pub fn of(&self, workspace: Uuid) -> Self {
        Self { workspace, ..self.clone() }
    }

    /// Returns the workspace of this storage.
    pub fn workspace(&self) -> Uuid {
        self.workspace
    }

    /// Returns the flag whether the database is available, which all clones share.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Returns the notifier through which workers learn of new tasks, which all clones share.
    pub fn notifier(&self) -> &Notifier {
        &self.notifier
    }

    /// Tests whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        if !self.reach.is_there() {
            return Err(StorageError::Away);
        }
        self.db.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Returns the connection, for tools and tests that need their own SQL.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.db
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Returns the store of recordings and exports.
    pub fn files(&self) -> &Files {
        &self.files
    }

    pub async fn close(self) -> Result<(), StorageError> {
        Ok(self.db.close().await?)
    }

    /// Starts a transaction that holds SQLite's write lock from its beginning, so that it cannot
    /// fail later because of it. On PostgreSQL, a row that is read in order to be changed is read
    /// with `lock_exclusive`.
    pub(crate) async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        self.db
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await
    }

    /// Starts a transaction without time limits. It must not be used for requests.
    pub async fn unhurried(&self) -> Result<DatabaseTransaction, StorageError> {
        let tx = self.write().await?;
        if tx.get_database_backend() == DbBackend::Postgres {
            tx.execute_unprepared("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
        }
        Ok(tx)
    }
}
