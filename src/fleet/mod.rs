//! What the engines and workers of one installation share beside the database: a Redis, where there is one.
//!
//! - `redis.rs`: the connection, which fails fast while the server is away.
//! - `calls.rs`: which engine holds which call.
//! - `sessions.rs`: what a call's pages were told, and what they asked for.
//! - `cache.rs`: values that cost something to make, by what they are made of.
//!
//! The order of tasks stands there as well (`tasks/order.rs`). Owns: nothing that is not elsewhere, too: an emptied or stopped
//! Redis costs time and never an interview, a task or an answer.

pub mod cache;
pub mod calls;
mod redis;
pub mod sessions;

pub use self::cache::{Answers, Cache};
pub use self::calls::{Holder, Holders};
pub use self::redis::{Redis, RedisError, RedisStatus};
pub use self::sessions::Sessions;

/// The calls of all engines, where there is a Redis; cheap to clone.
#[derive(Clone)]
pub struct Fleet {
    pub holders: Holders,
    pub sessions: Sessions,
}
