//! How the database is reached: pools, how long anybody waits, and whether it answers at all.
//!
//! Owns: the connection options of both back ends, the limits that let a request fail fast, the verdict of whoever watches
//! the database. Never does: queries.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use tokio::sync::watch;

use super::error::StorageError;
use super::folder::make_folder;

/// How long a caller waits for a connection of the pool. Together with [`LOCK_LIMIT`] below the three seconds in which a
/// request fails that can't be served.
const ACQUIRE_LIMIT: Duration = Duration::from_millis(1_500);
/// How long a writer waits for another one: on SQLite for the file, on PostgreSQL for a row.
const LOCK_LIMIT: Duration = Duration::from_millis(1_200);
/// A statement of ours takes milliseconds, a dashboard over a year a second or two.
const STATEMENT_LIMIT: Duration = Duration::from_secs(30);
/// An engine that vanished in the middle of a transaction holds its locks for so long.
const IDLE_IN_TRANSACTION_LIMIT: Duration = Duration::from_mins(1);
/// Within this a connection answers, or it is closed rather than given to the next caller.
const PING_LIMIT: Duration = Duration::from_secs(1);
/// A connection that lay idle for longer is tried before it is used.
const FRESH: Duration = Duration::from_secs(5);

/// Opens a pool of at most `size` connections. A SQLite file and its folder are made when missing.
pub(super) async fn connect(url: &str, size: u32) -> Result<DatabaseConnection, StorageError> {
    Ok(Database::connect(options(url, size)?).await?)
}

fn options(url: &str, size: u32) -> Result<ConnectOptions, StorageError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(size.max(1))
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire_if_idle_for(FRESH)
        // Statements carry no values, but the log is not the place for them either.
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

/// WAL with `synchronous = FULL`: what is committed is flushed.
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
            // A destroyed key is overwritten on disk, not only unlinked.
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
    // Whoever gave up waiting for an answer leaves a connection behind on which it may never come: without a limit it
    // would keep its place in the pool.
    options.map_sqlx_postgres_pool_opts(|pool| {
        pool.after_release(|connection, _| {
            Box::pin(async move { Ok(matches!(tokio::time::timeout(PING_LIMIT, connection.ping()).await, Ok(Ok(())))) })
        })
    });
}

/// Whether the database answers, as far as is known: true until whoever watches it says otherwise.
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

    /// Returns as soon as the database is known to be away; at once when it is.
    pub async fn lost(&self) {
        // The sender lives as long as we do.
        let _ = self.0.subscribe().wait_for(|there| !there).await;
    }

    /// Whether that changed anything.
    pub fn set(&self, there: bool) -> bool {
        self.0.send_if_modified(|known| std::mem::replace(known, there) != there)
    }
}

/// A connection of its own to ask whether the database answers: an exhausted pool is another matter.
#[derive(Debug)]
pub struct Probe(DatabaseConnection);

impl Probe {
    /// None for SQLite: a file is not away.
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
