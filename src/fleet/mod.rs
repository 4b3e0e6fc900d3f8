//! What the engines and workers of one installation share beside the database: a Redis, where there is one.
//!
//! - `redis.rs`: the connection, which fails fast while the server is away.
//! - `calls.rs`: which engine holds which call.
//! - `cache.rs`: values that cost something to make, by what they are made of.
//!
//! The order of tasks stands there as well (`tasks/order.rs`). Owns: nothing that is not elsewhere, too: an emptied or stopped
//! Redis costs time and never an interview, a task or an answer.

pub mod cache;
pub mod calls;
mod redis;

pub use self::cache::Cache;
pub use self::calls::{Holder, Holders};
pub use self::redis::{Redis, RedisError, Standing};
