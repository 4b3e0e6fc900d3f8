//! The connection to the database: pools, timeouts, and whether it answers.
//!
//! Owns: the connection options of both back ends, the limits that let a request fail fast, and the
//! flag whether the database is available. Never does: query rows.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use tokio::sync::watch;

use super::error::StorageError;
use super::folder::make_folder;

/// How long a caller waits for a connection of the pool. Together with [`LOCK_LIMIT`] it is below
/// the 3 s within which a request fails if it cannot be served.
const ACQUIRE_LIMIT: Duration = Duration::from_millis(1_500);
/// How long a writer waits for another one: for the file on SQLite, and for a row on PostgreSQL.
const LOCK_LIMIT: Duration = Duration::from_millis(1_200);
/// A usual statement takes milliseconds. A dashboard over a year takes 1 to 2 s.
const STATEMENT_LIMIT: Duration = Duration::from_secs(30);
/// How long an engine that vanished during a transaction keeps its locks.
const IDLE_IN_TRANSACTION_LIMIT: Duration = Duration::from_mins(1);
/// A connection that does not answer within this time is closed instead of being given to the next
/// caller.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// A connection that was idle for longer is tested before it is used.
const FRESH: Duration = Duration::from_secs(5);

/// Opens a pool of at most `size` connections. A missing SQLite file and its folder are created.
pub(super) async fn connect(url: &str, size: u32) -> Result<DatabaseConnection, StorageError> {
    Ok(Database::connect(options(url, size)?).await?)
}

fn options(url: &str, size: u32) -> Result<ConnectOptions, StorageError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(size.max(1))
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire_if_idle_for(FRESH)
        // Statements contain no values, but they do not belong in the log either.
        .sqlx_logging(false);
    if url.starts_with("sqlite:") {
        sqlite(&mut options, url)?;
    } else if is_postgres(url) {
        postgres(&mut options);
    } else {
        return Err(StorageError::Url("it must begin with sqlite: or postgres:".to_owned()));
    }
    Ok(options)
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres:") || url.starts_with("postgresql:")
}

/// Uses WAL with `synchronous = FULL`, so that every commit is flushed.
fn sqlite(options: &mut ConnectOptions, url: &str) -> Result<(), StorageError> {
    let parsed: SqliteConnectOptions = url.parse().map_err(|error| StorageError::Url(format!("{error}")))?;
    if let Some(folder) = parsed.get_filename().parent().filter(|folder| *folder != Path::new("")) {
        make_folder(folder)?;
    }
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(LOCK_LIMIT)
            // A destroyed key is overwritten on disk, and not only unlinked.
            .pragma("secure_delete", "ON")
    });
    Ok(())
}

fn postgres(options: &mut ConnectOptions) {
    options.map_sqlx_postgres_opts(|postgres| {
        let limits = [
            ("lock_timeout", LOCK_LIMIT),
            ("statement_timeout", STATEMENT_LIMIT),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_LIMIT),
        ];
        postgres
            .application_name("interviewer")
            .options(limits.map(|(name, limit)| (name, limit.as_millis().to_string())))
            // Compiling a statement costs a dashboard more than it saves.
            .options([("timezone", "UTC"), ("jit", "off")])
    });
    // A caller that gave up leaves a connection behind that may never answer. Without this limit,
    // it would occupy its place in the pool.
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_release(|connection, _| {
            Box::pin(async move { Ok(matches!(tokio::time::timeout(PING_LIMIT, connection.ping()).await, Ok(Ok(())))) })
        })
    });
}

/// The flag whether the database answers. It is true until the monitor of the database sets it to
/// false.
#[derive(Debug, Clone)]
pub struct Reach(Arc<watch::Sender<bool>>);

impl Default for Reach {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }
}

impl Reach {
    pub fn is_there(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns as soon as the database is known to be unavailable. If it already is, the function
    /// returns at once.
    pub async fn lost(&self) {
        // The sender lives as long as this value.
        let _ = self.0.subscribe().wait_for(|there| !there).await;
    }

    /// Sets the flag. Returns true if this changed it.
    pub fn set(&self, there: bool) -> bool {
        self.0.send_if_modified(|known| std::mem::replace(known, there) != there)
    }
}

/// A separate connection for testing whether the database answers, so that an exhausted pool does
/// not matter.
#[derive(Debug)]
pub struct Probe(DatabaseConnection);

impl Probe {
    /// Returns `None` for SQLite, because a file is always available.
    pub async fn to(url: &str) -> Result<Option<Self>, StorageError> {
        if !is_postgres(url) {
            return Ok(None);
        }
        let mut options = options(url, 1)?;
        options.connect_lazy(true);
        Ok(Some(Self(Database::connect(options).await?)))
    }

    pub async fn answers(&self) -> bool {
        matches!(tokio::time::timeout(PING_LIMIT, self.0.execute_unprepared("SELECT 1")).await, Ok(Ok(_)))
    }
}
