//! Values that cost something to make, kept under a hash of what they are made of.
//!
//! Owns: the two places (Redis for a fleet, memory for one process), how long and how many. A value that can't be kept or
//! found is made again, so no error ever comes out. Never does: know what the values are.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Redis;
use llm::cache::KEEP;

/// Values kept in memory: the oldest go first.
const MOST: usize = 1_000;

/// A cache; cheap to clone.
#[derive(Clone)]
pub struct Cache {
    /// Before every key: `guide`.
    name: &'static str,
    lasts: Duration,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Memory(Arc<Mutex<Memory>>),
    Redis(Redis),
}

#[derive(Default)]
struct Memory {
    values: HashMap<String, (Instant, Vec<u8>)>,
    /// Oldest first; a key that was put twice stands there twice.
    order: VecDeque<String>,
}

impl Cache {
    /// In Redis where there is one, else in this process.
    pub fn new(name: &'static str, lasts: Duration, redis: Option<Redis>) -> Self {
        let place = redis.map_or_else(|| Place::Memory(Arc::default()), Place::Redis);
        Self { name, lasts, place }
    }

    /// What was kept for exactly these parts, if it is still there.
    pub async fn get(&self, parts: &[&[u8]]) -> Option<Vec<u8>> {
        let key = self.key(parts);
        match &self.place {
            Place::Memory(memory) => memory.lock().get(&key, Instant::now(), self.lasts),
            Place::Redis(redis) => redis.ask(redis::cmd("GET").arg(key)).await.ok().flatten(),
        }
    }

    pub async fn put(&self, parts: &[&[u8]], value: Vec<u8>) {
        let key = self.key(parts);
        match &self.place {
            Place::Memory(memory) => memory.lock().put(key, value, Instant::now()),
            Place::Redis(redis) => {
                let lasts = self.lasts.as_millis() as u64;
                // It is made again the next time.
                let _: Result<(), _> = redis.ask(redis::cmd("SET").arg(key).arg(value).arg("PX").arg(lasts)).await;
            }
        }
    }

    fn key(&self, parts: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        for part in parts {
            // With its length, so that no two lists of parts run together.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Redis::key(&format!("cache:{}:{}", self.name, hex::encode(hash.finalize())))
    }
}

/// For the answers of language models, in the Redis of a fleet, under the key that the model's room has made.
pub struct Answers(Redis);

impl Answers {
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    fn answer_key(key: &str) -> String {
        Redis::key(&format!("cache:llm:{key}"))
    }

    /// The keys of answers about an interview.
    fn about_key(interview: Uuid) -> String {
        Redis::key(&format!("cache:llm:about:{interview}"))
    }
}

#[async_trait]
impl llm::cache::Cache for Answers {
    async fn get(&self, key: &str) -> Option<String> {
        self.0.ask(redis::cmd("GET").arg(Self::answer_key(key))).await.ok().flatten()
    }

    async fn put(&self, about: Uuid, key: &str, answer: String) {
        let (key, about, lasts) = (Self::answer_key(key), Self::about_key(about), KEEP.as_millis() as u64);
        let mut put = redis::pipe();
        // Known to be about the interview before it is there.
        put.cmd("SADD").arg(&about).arg(&key).ignore();
        put.cmd("PEXPIRE").arg(&about).arg(lasts).ignore();
        put.cmd("SET").arg(&key).arg(answer).arg("PX").arg(lasts).ignore();
        // The model is asked again the next time.
        let _: Result<(), _> = self.0.ask_all(&put).await;
    }

    async fn forget(&self, interviews: &[Uuid]) {
        for interview in interviews {
            let about = Self::about_key(*interview);
            // While Redis is away nobody reads them; they lapse by themselves.
            let Ok(keys) = self.0.ask::<Vec<String>>(redis::cmd("SMEMBERS").arg(&about)).await else { return };
            let _: Result<i64, _> = self.0.ask(redis::cmd("DEL").arg(&about).arg(keys)).await;
        }
    }
}

impl Memory {
    fn get(&self, key: &str, now: Instant, lasts: Duration) -> Option<Vec<u8>> {
        let (since, value) = self.values.get(key)?;
        (now.duration_since(*since) < lasts).then(|| value.clone())
    }

    fn put(&mut self, key: String, value: Vec<u8>, now: Instant) {
        self.order.push_back(key.clone());
        self.values.insert(key, (now, value));
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front()
                && !self.order.contains(&oldest)
            {
                self.values.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_found_by_its_parts() {
        let cache = Cache::new("test", Duration::from_mins(1), None);
        cache.put(&[b"ab", b"c"], b"one".to_vec()).await;
        assert_eq!(cache.get(&[b"ab", b"c"]).await.unwrap(), b"one");
        assert!(cache.get(&[b"a", b"bc"]).await.is_none(), "other parts that read the same");
    }

    #[test]
    fn a_value_lasts_for_its_time() {
        let (mut memory, now, lasts) = (Memory::default(), Instant::now(), Duration::from_mins(1));
        memory.put("key".to_owned(), vec![1], now);
        assert!(memory.get("key", now + Duration::from_secs(59), lasts).is_some());
        assert!(memory.get("key", now + lasts, lasts).is_none());
    }

    #[tokio::test]
    async fn the_oldest_go_first() {
        let cache = Cache::new("test", Duration::from_mins(1), None);
        for number in 0..=MOST {
            cache.put(&[&number.to_le_bytes()], vec![1]).await;
        }
        assert!(cache.get(&[&0_usize.to_le_bytes()]).await.is_none());
        assert!(cache.get(&[&MOST.to_le_bytes()]).await.is_some());
    }
}
