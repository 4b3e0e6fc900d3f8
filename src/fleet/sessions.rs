//! The state of calls as their respondents see it, and what they ask for, where every engine of a fleet can reach it.
//!
//! Owns: a stream an interview, with what its pages were told, under the messages' own numbers; a list an interview of what
//! pages asked of an engine that does not hold the call, which is there alone and for seconds: who asked sees what comes of it.
//! Never does: hold anything else that the engine with the call, or the event log, does not have as well; know what the messages
//! say.

use std::time::Duration;

use redis::Pipeline;
use uuid::Uuid;

use super::{Redis, RedisError};

/// A page comes back within minutes, or not at all; what was said is not to lie about for longer.
const LASTS: Duration = Duration::from_mins(30);
/// What nobody has carried out by then was meant for a call that is over.
const ORDERS_LAST: Duration = Duration::from_secs(10);
/// Messages of one interview.
const MOST: usize = 4_096;

/// What a page asks for and nobody does can be asked for again; who asks without an end is not heard.
const MOST_ORDERS: i64 = 64;
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

    /// Asks the engine that holds the call for something.
    pub async fn ask(&self, interview: Uuid, order: &str) -> Result<(), RedisError> {
        let key = orders_key(interview);
        let mut push = Pipeline::new();
        push.cmd("RPUSH").arg(&key).arg(order).ignore();
        push.cmd("LTRIM").arg(&key).arg(-MOST_ORDERS).arg(-1).ignore();
        push.cmd("PEXPIRE").arg(&key).arg(ORDERS_LAST.as_millis() as u64).ignore();
        self.0.ask_all(&push).await
    }

    /// Takes what was asked for, in order.
    pub async fn asked(&self, interview: Uuid) -> Vec<String> {
        let mut pop = redis::cmd("LPOP");
        pop.arg(orders_key(interview)).arg(MOST_ORDERS);
        // While it is away nobody can ask.
        self.0.ask::<Option<Vec<String>>>(&pop).await.ok().flatten().unwrap_or_default()
    }

    /// Drops all of it, and has engines that hold pages of it do the same.
    pub async fn forget(&self, interviews: &[Uuid]) -> Result<(), RedisError> {
        for interview in interviews {
            let key = told_key(*interview);
            let mut forget = redis::pipe();
            forget.atomic();
            forget.cmd("DEL").arg(&key).arg(orders_key(*interview)).ignore();
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

fn orders_key(interview: Uuid) -> String {
    Redis::key(&format!("call:{interview}:asked"))
}
