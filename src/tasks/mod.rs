//! Background tasks: three queues, carried out by workers inside `serve` and in processes of their own.
//!
//! - `handler.rs`: what somebody writes who has work to be done.
//! - `backoff.rs`, `share.rs`: when it is tried again and which queue is next, as arithmetic.
//! - `runner.rs`: the loop that takes tasks; `attempt.rs`: one of them, to its end; `janitor.rs`: what keeps hold of those under
//!   way and looks after those whose worker died; `state.rs`: what these three share; `redis_queue.rs`: what is next, as Redis
//!   knows it for a fleet.
//!
//! What a task is stands in the table (`storage/src/tasks`); it is the truth, so a worker that dies loses nothing. Never does: know
//! what a kind of task means: that is its [`Handler`]'s.

mod attempt;
pub mod backoff;
mod handler;
mod janitor;
mod redis_queue;
mod runner;
pub mod share;
mod state;

pub use entity::{Queue, TaskState};
pub use handler::{Context, Failure, Handler};
pub use redis_queue::RedisQueue;
pub use runner::{Runner, TaskError};
pub use state::Options;
