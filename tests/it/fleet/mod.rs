//! Several engines on one database, with a Redis and without: who holds a call, and whose clock counts.

mod calls;
mod clock;
mod leases;
mod redis;

use sea_orm::ConnectionTrait as _;
use storage::Storage;
use tempfile::tempdir;

use crate::session::Stage;
use crate::support::Home;
use crate::support::redis::RedisServer;

/// One of several on this database, with a folder of its own.
async fn engine(home: &Home, server: Option<&RedisServer>) -> Stage {
    let redis = server.map(RedisServer::url).unwrap_or_default();
    let shared = [
        ("REDIS_URL", redis.as_str()),
        ("DATABASE_URL", home.url.as_str()),
        ("SECRET_KEY", "a secret that all engines of the fleet have"),
    ];
    Stage::start_in(tempdir().unwrap(), &shared, &[]).await
}

/// All leases of calls are as if nobody had renewed them for long.
async fn expire(storage: &Storage) {
    let statement = "UPDATE call_leases SET expires_at = created_at WHERE engine IS NOT NULL";
    storage.connection().execute_unprepared(statement).await.unwrap();
}
