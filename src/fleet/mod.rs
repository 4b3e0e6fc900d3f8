//! What the engines and workers of one installation share: who holds which call, and a Redis, where there is one.
//!
//! - `leases.rs`: the calls that this engine holds, by leases in the database.
//! - `redis.rs`: the connection, which fails fast while the server is away.
//! - `sessions.rs`: what a call's pages were told.
//! - `cache.rs`: values that cost something to make, by what they are made of.
//!
//! The order of tasks is in Redis as well (`tasks/redis_queue.rs`). Owns: nothing in Redis that is not elsewhere, too. A Redis
//! that is emptied or stopped costs time, and never an interview, a task or an answer.

pub mod cache;
pub mod leases;
mod redis;
pub mod sessions;

pub use self::cache::{Answers, Cache};
pub use self::leases::{Leases, TakeError};
pub use self::redis::{Redis, RedisError, RedisStatus};
pub use self::sessions::Sessions;
