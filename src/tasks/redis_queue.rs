//! The order of tasks in Redis, for a fleet: workers ask Redis, and not the table, what is next.
//!
//! There is a sorted set for each kind, which holds ids and nothing else. A worker that takes an id still has to claim the
//! task in the table, so an id that is there twice, or that of a task which is long over, does no harm. An id that was lost is
//! offered again within seconds.
//! Owns: those sets. Never does: hold anything that is not in the table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use redis::{Pipeline, Script};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::fleet::{Redis, RedisError};
use crate::supervised::Heartbeat;
use storage::tasks::DueTask;
use storage::{Storage, StorageError};

/// Time from the notification to the commit, waited for before the row is looked up.
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
pub struct RedisQueue {
    redis: Redis,
    take: Arc<Script>,
    offered: Arc<Notify>,
}

impl RedisQueue {
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

    /// Puts these where they belong at `now`.
    pub async fn offer(&self, tasks: &[DueTask], now: DateTime<Utc>) -> Result<(), RedisError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let mut pipeline = Pipeline::new();
        for task in tasks {
            pipeline.cmd("ZADD").arg(key(&task.kind)).arg(score(task, now)).arg(task.id.to_string()).ignore();
        }
        self.redis.ask_all(&pipeline).await
    }

    /// Takes ids of what is due, in the order of the queue.
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
    pub async fn forward(self, storage: Storage, heartbeat: Arc<Heartbeat>) {
        let mut waiting: Vec<(Instant, DueTask)> = Vec::new();
        loop {
            if waiting.is_empty() {
                heartbeat.during(storage.notifier().notified()).await;
            } else {
                heartbeat.beat();
                let _ = tokio::time::timeout(COMMITTED * 5, storage.notifier().notified()).await;
            }
            let now = Instant::now();
            waiting.extend(storage.notifier().take().into_iter().map(|due| (now, due)));
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

    async fn offer_committed(
        &self,
        storage: &Storage,
        waiting: &mut Vec<(Instant, DueTask)>,
    ) -> Result<(), StorageError> {
        let ids: Vec<Uuid> = waiting.iter().map(|(_, due)| due.id).collect();
        let there = storage.tasks().waiting(&ids).await?;
        let (committed, rest): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|(_, due)| there.contains(&due.id));
        *waiting = rest;
        let committed: Vec<DueTask> = committed.into_iter().map(|(_, due)| due).collect();
        // What Redis does not take is offered again with everything else.
        let _ = self.offer(&committed, storage.about_now()).await;
        Ok(())
    }
}

fn key(kind: &str) -> String {
    Redis::key(&format!("tasks:{kind}"))
}

/// Milliseconds since 1970: its place in the queue once it is due, its time before that.
fn score(task: &DueTask, now: DateTime<Utc>) -> i64 {
    let place = if task.run_at <= now { task.rank } else { task.run_at };
    place.timestamp_millis()
}
