//! A cache of answers, so that the same question gets the same answer.
//!
//! Owns: what makes two questions the same, and a bounded store in memory. Never does: store
//! anything permanently.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

use super::Ask;

/// How long an answer is kept. It may quote a respondent, so no cache keeps it longer.
pub const KEEP: Duration = Duration::from_mins(15);

/// A cache that keeps answers for [`KEEP`] at most. An error of the cache counts as a missing
/// entry.
#[async_trait]
pub trait Cache: Send + Sync {
    async fn get(&self, key: &str) -> Option<String>;
    async fn put(&self, about: Uuid, key: &str, answer: String);
    /// Deletes the answers about these interviews.
    async fn forget(&self, interviews: &[Uuid]);
}

/// Returns the SHA-256 in hex of the model and of everything it would be sent. A key reveals none
/// of the words.
pub fn key(model: &str, ask: &Ask) -> String {
    let mut hash = Sha256::new();
    let schema = ask.schema.to_string();
    let limit = ask.max_tokens.to_string();
    let examples = ask.examples.iter().flat_map(|(question, answer)| [*question, *answer]);
    for part in [model, ask.operation, &ask.system, &ask.user, &schema, &limit].into_iter().chain(examples) {
        // The lengths distinguish "ab", "c" from "a", "bc".
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

/// The most recent answers, in the memory of this process.
pub struct Memory {
    most: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<String, String>,
    /// The entries, the oldest first, with the interview that each is about.
    order: VecDeque<(Instant, Uuid, String)>,
}

impl Kept {
    fn get(&mut self, key: &str, now: Instant) -> Option<String> {
        self.forget_old(usize::MAX, now);
        self.answers.get(key).cloned()
    }

    fn put(&mut self, about: Uuid, key: &str, answer: String, most: usize, now: Instant) {
        if self.answers.insert(key.to_owned(), answer).is_none() {
            self.order.push_back((now, about, key.to_owned()));
        }
        self.forget_old(most, now);
    }

    fn forget_old(&mut self, most: usize, now: Instant) {
        let old = |since: Instant| now.duration_since(since) >= KEEP;
        while self.order.len() > most || self.order.front().is_some_and(|(since, ..)| old(*since)) {
            if let Some((.., oldest)) = self.order.pop_front() {
                self.answers.remove(&oldest);
            }
        }
    }
}

impl Memory {
    pub fn new(most: usize) -> Self {
        Self { most, kept: Arc::default() }
    }
}

#[async_trait]
impl Cache for Memory {
    async fn get(&self, key: &str) -> Option<String> {
        self.kept.lock().get(key, Instant::now())
    }

    async fn put(&self, about: Uuid, key: &str, answer: String) {
        self.kept.lock().put(about, key, answer, self.most, Instant::now());
        // Expired answers must be deleted even if nobody asks again.
        let kept = Arc::downgrade(&self.kept);
        tokio::spawn(async move {
            tokio::time::sleep(KEEP).await;
            if let Some(kept) = kept.upgrade() {
                kept.lock().forget_old(usize::MAX, Instant::now());
            }
        });
    }

    async fn forget(&self, interviews: &[Uuid]) {
        let mut kept = self.kept.lock();
        let Kept { answers, order } = &mut *kept;
        order.retain(|(_, about, key)| {
            let stays = !interviews.contains(about);
            if !stays {
                answers.remove(key);
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ask(user: &str) -> Ask {
        let (system, schema) = ("s".to_owned(), json!({ "type": "object" }));
        let (about, keep, deadline) = (Uuid::nil(), true, Duration::ZERO);
        Ask {
            operation: "follow_up",
            about,
            keep,
            system,
            examples: &[],
            user: user.into(),
            schema,
            deadline,
            max_tokens: 9,
        }
    }

    #[test]
    fn everything_the_model_would_be_told_makes_the_key() {
        let one = key("m", &ask("a"));
        assert_eq!(one, key("m", &Ask { deadline: Duration::MAX, ..ask("a") }));
        let others = [
            key("n", &ask("a")),
            key("m", &ask("b")),
            key("m", &Ask { system: "t".into(), ..ask("a") }),
            key("m", &Ask { schema: json!({}), ..ask("a") }),
            key("m", &Ask { max_tokens: 10, ..ask("a") }),
            key("m", &Ask { examples: &[("b", "c")], ..ask("a") }),
        ];
        assert!(!others.contains(&one));
    }

    #[tokio::test]
    async fn the_oldest_answer_goes_first() {
        let memory = Memory::new(2);
        for key in ["a", "b", "b", "c"] {
            memory.put(Uuid::nil(), key, key.to_owned()).await;
        }
        assert_eq!(memory.get("a").await, None);
        assert_eq!(memory.get("b").await.as_deref(), Some("b"));
        assert_eq!(memory.get("c").await.as_deref(), Some("c"));
    }

    #[test]
    fn nothing_is_kept_for_long() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.put(Uuid::nil(), "a", "a".to_owned(), 9, start);
        kept.put(Uuid::nil(), "b", "b".to_owned(), 9, start + KEEP / 2);
        assert_eq!(kept.get("a", start + KEEP), None);
        assert_eq!(kept.get("b", start + KEEP).as_deref(), Some("b"));
        assert!(kept.answers.len() == 1 && kept.order.len() == 1);
    }

    #[tokio::test]
    async fn answers_about_an_interview_can_be_forgotten() {
        let memory = Memory::new(9);
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        memory.put(one, "a", "a".to_owned()).await;
        memory.put(other, "b", "b".to_owned()).await;
        memory.forget(&[one]).await;
        assert_eq!((memory.get("a").await, memory.get("b").await.as_deref()), (None, Some("b")));
    }
}
