//! The database of a test: SQLite in its own folder, or, where `TEST_POSTGRES_URL` names a server, a fresh database there.
//!
//! Owns: that choice, made once a run for all tests; making and dropping databases. Never does: know what tests store.
//! `scripts/test` runs the tests twice, once for each.

use std::path::Path;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection};
use storage::Storage;
use tempfile::TempDir;

/// URL of a PostgreSQL server on which the tests may make databases.
const SERVER: &str = "TEST_POSTGRES_URL";

/// Where a test's store lives. Gone when dropped: the folder, and the database with it.
pub struct Home {
    folder: TempDir,
    /// What `DATABASE_URL` would be.
    pub url: String,
    server: Option<Server>,
}

/// A database on a server of somebody's.
struct Server {
    url: String,
    name: String,
}

impl Home {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        match std::env::var(SERVER) {
            Ok(server) => Self::on(server, folder).await,
            Err(_) => Self { url: sqlite_in(folder.path()), folder, server: None },
        }
    }

    async fn on(server: String, folder: TempDir) -> Self {
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let options: PgConnectOptions = server.parse().unwrap_or_else(|error| panic!("{SERVER}: {error}"));
        let url = options.database(&name).to_url_lossy().to_string();
        // template0 is nobody's to connect to, so it can always be copied.
        let statement = format!("CREATE DATABASE {name} TEMPLATE template0");
        connect(&server).await.execute_unprepared(&statement).await.unwrap();
        Self { folder, url, server: Some(Server { url: server, name }) }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets the database's clock ahead of this machine's, for connections that are made from now on.
    pub async fn set_clock_ahead(&self, hours: u32) {
        assert!(self.is_postgres(), "{SERVER} must name a server: SQLite has the machine's clock");
        let statements = format!(
            "CREATE FUNCTION public.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS \
             $$ SELECT pg_catalog.statement_timestamp() + interval '{hours} hours' $$; \
             DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); \
             END $$"
        );
        connect(&self.url).await.execute_unprepared(&statements).await.unwrap();
    }

    pub fn is_postgres(&self) -> bool {
        self.server.is_some()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let Some(Server { url, name }) = self.server.take() else { return };
        // Whatever the test ran on may be gone by now, or must not be blocked.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                connect(&url).await.execute_unprepared(&statement).await.unwrap();
            });
        });
        if dropped.join().is_err() {
            eprintln!("the test's database could not be dropped");
        }
    }
}

async fn connect(url: &str) -> DatabaseConnection {
    Database::connect(url).await.unwrap_or_else(|error| panic!("{SERVER}: {error}"))
}

fn sqlite_in(folder: &Path) -> String {
    format!("sqlite://{}/db/interviews.sqlite", folder.display())
}

/// A migrated store that lives as long as its home.
pub async fn store() -> (Home, Storage) {
    let home = Home::new().await;
    let storage = open_store(&home).await;
    storage.schema().migrate().await.unwrap();
    (home, storage)
}

/// The store there, as the next process finds it.
pub async fn open_store(home: &Home) -> Storage {
    Storage::connect(&home.url, 4, home.path()).await.unwrap()
}
