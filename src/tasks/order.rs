//! The order of tasks in Redis, for a fleet: workers ask there, and not the table, what is next.
//!
//! A sorted set a kind holds ids and nothing else. A worker that takes an id still has to claim the task in the table, so an id
//! that is there twice, or of a task that is long over, does no harm; one that was lost is offered again within seconds.
//! Owns: those sets. Never does: hold anything that is not in the table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use redis::{Pipeline, Script};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::fleet::{Redis, RedisError};
use storage::tasks::Rung;
use storage::{Storage, StorageError};

/// From the bell to the commit: so long is waited before it is looked.
const COMMITTED: Duration = Duration::from_millis(20);
/// What is not committed by then was rolled back, or is found by the next offer of everything.
const PATIENCE: Duration = Duration::from_secs(2);
/// Ids that are offered again at once.
pub(super) const MOST: u64 = 1_000;

/// The first `ARGV[2]` that are due at `ARGV[1]`, over all the sets.
const TAKE: &str = r"
local taken = {}
for _ = 1, tonumber(ARGV[2]) do
    local from, member, least
    for _, key in ipairs(KEYS) do
        local first = redis.call('ZRANGEBYSCORE', key, '-inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, 1)
        if first[1] and (not least or tonumber(first[2]) < least) then
            from, member, least = key, first[1], tonumber(first[2])
        end
    end
    if not from then break end
    redis.call('ZREM', from, member)
    taken[#taken + 1] = member
end
return taken
";

/// A handle; cheap to clone.
#[derive(Clone)]
pub struct Order {
    redis: Redis,
    take: Arc<Script>,
    offered: Arc<Notify>,
}

impl Order {
    pub fn new(redis: Redis) -> Self {
        Self { redis, take: Arc::new(Script::new(TAKE)), offered: Arc::default() }
    }

    pub fn is_there(&self) -> bool {
        self.redis.is_there()
    }

    /// Returns when this process has offered something.
    pub(super) async fn offered(&self) {
        self.offered.notified().await;
    }

    /// Puts these where they belong.
    pub async fn offer(&self, tasks: &[Rung]) -> Result<(), RedisError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let mut pipeline = Pipeline::new();
        for task in tasks {
            pipeline.cmd("ZADD").arg(key(&task.kind)).arg(score(task, Utc::now())).arg(task.id.to_string()).ignore();
        }
        self.redis.ask_all(&pipeline).await
    }

    /// Takes ids of what is due, the first in order first.
    pub async fn take(&self, kinds: &[&str], now: DateTime<Utc>, limit: usize) -> Result<Vec<Uuid>, RedisError> {
        let taken: Vec<String> = self
            .redis
            .run(&self.take, |call| {
                for kind in kinds {
                    call.key(key(kind));
                }
                call.arg(now.timestamp_millis()).arg(limit);
            })
            .await?;
        Ok(taken.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Offers what is written down in this process, as soon as it is committed, until it is dropped.
    pub async fn forward(self, storage: Storage) {
        let mut waiting: Vec<(Instant, Rung)> = Vec::new();
        loop {
            if waiting.is_empty() {
                storage.bell().rung().await;
            } else {
                let _ = tokio::time::timeout(COMMITTED * 5, storage.bell().rung()).await;
            }
            let now = Instant::now();
            waiting.extend(storage.bell().take().into_iter().map(|rung| (now, rung)));
            tokio::time::sleep(COMMITTED).await;
            if self.is_there()
                && let Err(error) = self.offer_committed(&storage, &mut waiting).await
            {
                tracing::debug!(%error, "tasks can't be offered now");
            }
            waiting.retain(|(since, _)| since.elapsed() < PATIENCE);
            // Also when Redis is away: then the table is looked at.
            self.offered.notify_one();
        }
    }

    async fn offer_committed(&self, storage: &Storage, waiting: &mut Vec<(Instant, Rung)>) -> Result<(), StorageError> {
        let ids: Vec<Uuid> = waiting.iter().map(|(_, rung)| rung.id).collect();
        let there = storage.tasks().waiting(&ids).await?;
        let (committed, rest): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|(_, rung)| there.contains(&rung.id));
        *waiting = rest;
        let committed: Vec<Rung> = committed.into_iter().map(|(_, rung)| rung).collect();
        // What Redis does not take is offered again with everything else.
        let _ = self.offer(&committed).await;
        Ok(())
    }
}

fn key(kind: &str) -> String {
    Redis::key(&format!("tasks:{kind}"))
}

/// Milliseconds since 1970: its place in the order once it is due, its time before that.
fn score(task: &Rung, now: DateTime<Utc>) -> i64 {
    let place = if task.run_at <= now { task.rank } else { task.run_at };
    place.timestamp_millis()
}
