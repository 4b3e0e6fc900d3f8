//! Which engine of a fleet holds which call.
//!
//! Owns: a claim an interview, which an engine renews while the call is on and gives up when its log is complete; one that is
//! not renewed lapses. An engine that is to take a call over says so there, and waits until the other has let go.
//! Never does: end a call, or stand in anybody's way while Redis is away: then each engine knows its own calls only, as without
//! Redis. That two engines never write into one interview's log is the database's doing (the log's numbers are unique).

use std::time::Duration;

use redis::Script;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Redis, RedisError};

/// A claim lapses so long after it was last renewed.
const LASTS: Duration = Duration::from_secs(15);
/// How often claims are to be renewed, and so how soon an engine learns that it is to let go.
pub const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How long a takeover waits for the other engine to commit what was said.
const PATIENCE: Duration = Duration::from_secs(6);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Takes the claim if nobody else has it; returns who had it.
const TAKE: &str = r"
local had = redis.call('GET', KEYS[1])
if not had or had == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    redis.call('DEL', KEYS[2])
end
return had
";
/// Renews the claim; whether another engine has it or wants it.
const RENEW: &str = r"
local had = redis.call('GET', KEYS[1])
if had and had ~= ARGV[1] then return 1 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('EXISTS', KEYS[2])
";
/// Gives the claim up if it is ours.
const LEAVE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
";

/// Who holds an interview's call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    Us,
    /// Another engine, by its name.
    Other(String),
    /// Redis can't be asked.
    Unknown,
}

/// One engine's view of the fleet's calls; cheap to clone.
#[derive(Clone)]
pub struct Holders {
    redis: Redis,
    engine: String,
}

impl Holders {
    /// `engine`: a name that no other engine has, and that this one keeps over restarts.
    pub fn new(redis: Redis, engine: String) -> Self {
        Self { redis, engine }
    }

    pub async fn holder(&self, interview: Uuid) -> Holder {
        self.told(self.redis.ask::<Option<String>>(redis::cmd("GET").arg(claim(interview))).await)
    }

    /// Claims the call for this engine; false when another one has it. With `takeover` that one is asked to let go, and
    /// waited for.
    pub async fn claim(&self, interview: Uuid, takeover: bool) -> bool {
        let give_up = Instant::now() + PATIENCE;
        loop {
            match self.take(interview).await {
                Holder::Nobody | Holder::Us | Holder::Unknown => return true,
                Holder::Other(_) if !takeover || Instant::now() > give_up => return false,
                Holder::Other(_) => {
                    let lasts = PATIENCE.as_millis() as u64;
                    let mut want = redis::cmd("SET");
                    want.arg(wanted(interview)).arg(&self.engine).arg("PX").arg(lasts);
                    // Said again in a moment, if need be.
                    let _: Result<(), _> = self.redis.ask(&want).await;
                    tokio::time::sleep(ASK_EVERY).await;
                }
            }
        }
    }

    async fn take(&self, interview: Uuid) -> Holder {
        let had = self.run::<Option<String>>(TAKE, interview).await;
        self.told(had)
    }

    /// Renews the claim on a call of ours; true when we are to let go of it. A claim that Redis lost is made anew.
    pub async fn renew(&self, interview: Uuid) -> bool {
        self.run::<bool>(RENEW, interview).await.unwrap_or(false)
    }

    /// The call has ended here, and everything of it is committed.
    pub async fn leave(&self, interview: Uuid) {
        // Else it lapses.
        let _ = self.run::<i64>(LEAVE, interview).await;
    }

    async fn run<T: redis::FromRedisValue>(&self, script: &str, interview: Uuid) -> Result<T, RedisError> {
        let script = Script::new(script);
        let fill = |call: &mut redis::ScriptInvocation<'_>| {
            call.key(claim(interview)).key(wanted(interview)).arg(&self.engine).arg(LASTS.as_millis() as u64);
        };
        self.redis.run(&script, fill).await
    }

    fn told(&self, had: Result<Option<String>, RedisError>) -> Holder {
        match had {
            Ok(None) => Holder::Nobody,
            Ok(Some(engine)) if engine == self.engine => Holder::Us,
            Ok(Some(engine)) => Holder::Other(engine),
            Err(_) => Holder::Unknown,
        }
    }
}

fn claim(interview: Uuid) -> String {
    Redis::key(&format!("call:{interview}"))
}

fn wanted(interview: Uuid) -> String {
    Redis::key(&format!("call:{interview}:wanted"))
}
