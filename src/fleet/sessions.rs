//! The state of calls as their respondents see it, where every engine of a fleet can reach it.
//!
//! Owns: a stream for each interview, with what its pages were told, under the messages' own numbers. Never does: hold
//! anything that the engine with the call, or the event log, does not have as well; know what the messages say.

use std::time::Duration;

use redis::Pipeline;
use uuid::Uuid;

use super::{Redis, RedisError};

/// A page comes back within minutes, or not at all. What was said is not kept there for longer.
const LASTS: Duration = Duration::from_mins(30);
/// Messages of one interview.
const MOST: usize = 4_096;
/// In the place of all that an interview's pages were told, once it is erased; nothing comes after it.
pub const ERASED: &str = "erased";

/// One message to a page, as it goes over the events socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Larger than those before.
    pub seq: u64,
    /// The message that this one takes the place of.
    pub replaces: Option<u64>,
    pub text: String,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Sessions(Redis);

impl Sessions {
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    /// Adds what an interview's pages are told. One that is not newer than what is there is left out.
    pub async fn tell(&self, interview: Uuid, told: &Told) -> Result<(), RedisError> {
        let key = told_key(interview);
        let mut add = Pipeline::new();
        add.cmd("XADD").arg(&key).arg("MAXLEN").arg("~").arg(MOST);
        add.arg(format!("{}-0", told.seq)).arg("m").arg(&told.text).ignore();
        if let Some(replaced) = told.replaces {
            add.cmd("XDEL").arg(&key).arg(format!("{replaced}-0")).ignore();
        }
        add.cmd("PEXPIRE").arg(&key).arg(LASTS.as_millis() as u64).ignore();
        self.0.ask_all(&add).await
    }

    /// What they were told after that number, in order.
    pub async fn after(&self, interview: Uuid, seq: u64) -> Result<Vec<String>, RedisError> {
        let mut range = redis::cmd("XRANGE");
        range.arg(told_key(interview)).arg(format!("({seq}-0")).arg("+");
        let entries: Vec<(String, Vec<String>)> = self.0.ask(&range).await?;
        // Each has one field and its value.
        Ok(entries.into_iter().filter_map(|(_, fields)| fields.into_iter().nth(1)).collect())
    }

    /// Drops all of it, and has engines that hold pages of it do the same.
    pub async fn forget(&self, interviews: &[Uuid]) -> Result<(), RedisError> {
        for interview in interviews {
            let key = told_key(*interview);
            let mut forget = redis::pipe();
            forget.atomic();
            forget.cmd("DEL").arg(&key).ignore();
            forget.cmd("XADD").arg(&key).arg(format!("{}-0", u64::MAX)).arg("m").arg(ERASED).ignore();
            forget.cmd("PEXPIRE").arg(&key).arg(LASTS.as_millis() as u64).ignore();
            self.0.ask_all::<()>(&forget).await?;
        }
        Ok(())
    }
}

fn told_key(interview: Uuid) -> String {
    Redis::key(&format!("call:{interview}:told"))
}
