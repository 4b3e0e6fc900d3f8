//! The connection to Redis.
//!
//! Owns: that whoever asks is answered or refused within half a second, and at once while the server is known to be away;
//! finding out when it is back. Never does: know what is kept there, retry anybody's work.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Cmd, FromRedisValue, Pipeline, Script, ScriptInvocation};
use tokio::sync::watch;

use crate::supervised::{Heartbeat, Part, Stack, looping};

/// Nothing that we ask takes longer; a server that does is as good as away.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
const PROBE_EVERY: Duration = Duration::from_secs(1);
const PROBE: Part = Part::new("redis_probe");
/// Before every key of ours: others may use the same server.
const PREFIX: &str = "interviewer";

#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// It is known not to answer, or did not in time.
    #[error("redis does not answer")]
    Away,
    #[error("redis: {0}")]
    Refused(redis::RedisError),
    /// The reason without the URL: a password may be in it.
    #[error("REDIS_URL names no server that can be used: {0}")]
    Url(String),
}

/// How it is, for health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisStatus {
    There,
    Away,
}

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Redis {
    manager: ConnectionManager,
    there: Arc<watch::Sender<bool>>,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("there", &self.is_there()).finish_non_exhaustive()
    }
}

impl Redis {
    /// None when no URL is set. The server need not be there: [`Redis::watch`] finds out. Needs a tokio runtime.
    pub fn open(url: &str) -> Result<Option<Self>, RedisError> {
        if url.is_empty() {
            return Ok(None);
        }
        let wrong = |error: redis::RedisError| RedisError::Url(error.category().to_owned());
        let client = Client::open(url).map_err(wrong)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(ANSWER_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT))
            // The probe tries again; whoever asks meanwhile is refused.
            .set_number_of_retries(0);
        let manager = ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?;
        Ok(Some(Self { manager, there: Arc::new(watch::Sender::new(true)) }))
    }

    /// A key of ours.
    pub fn key(name: &str) -> String {
        format!("{PREFIX}:{name}")
    }

    pub fn is_there(&self) -> bool {
        *self.there.borrow()
    }

    pub fn status(&self) -> RedisStatus {
        if self.is_there() { RedisStatus::There } else { RedisStatus::Away }
    }

    /// Starts the part that asks once a second whether it is there.
    ///
    /// # Errors
    /// The system's, when it has no thread left.
    pub fn watch(&self, stack: &mut Stack) -> io::Result<()> {
        let redis = self.clone();
        let body = move |heartbeat: Arc<Heartbeat>| {
            let redis = redis.clone();
            async move {
                loop {
                    heartbeat.pause(PROBE_EVERY).await;
                    let answers = redis.probe().await;
                    redis.set(answers);
                }
            }
        };
        stack.supervise(PROBE, looping(PROBE.name, body))?;
        Ok(())
    }

    /// Whether it answers now.
    pub async fn probe(&self) -> bool {
        let ping = async { redis::cmd("PING").query_async::<String>(&mut self.manager.clone()).await };
        matches!(tokio::time::timeout(ANSWER_LIMIT * 2, ping).await, Ok(Ok(_)))
    }

    pub async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        self.answered(async move { command.query_async(&mut manager).await }).await
    }

    pub async fn ask_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        self.answered(async move { commands.query_async(&mut manager).await }).await
    }

    /// Runs a script, as one step that nothing comes between.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        fill: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, RedisError> {
        let mut manager = self.manager.clone();
        let mut invocation = script.prepare_invoke();
        fill(&mut invocation);
        self.answered(async move { invocation.invoke_async(&mut manager).await }).await
    }

    async fn answered<T>(&self, asked: impl Future<Output = redis::RedisResult<T>>) -> Result<T, RedisError> {
        if !self.is_there() {
            return Err(RedisError::Away);
        }
        match tokio::time::timeout(ANSWER_LIMIT, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if is_refusal(&error) => Err(RedisError::Refused(error)),
            Ok(Err(_)) | Err(_) => {
                self.set(false);
                Err(RedisError::Away)
            }
        }
    }

    fn set(&self, there: bool) {
        let changed = self.there.send_if_modified(|known| std::mem::replace(known, there) != there);
        if changed && there {
            tracing::info!("redis answers again");
        } else if changed {
            tracing::warn!("redis does not answer: its work is done without it, slower");
        }
    }
}

/// The server answered, and did not like it: another try would end the same.
fn is_refusal(error: &redis::RedisError) -> bool {
    !(error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_connection_refusal()
        || error.is_unrecoverable_error())
}
