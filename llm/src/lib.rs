//! Language models behind OpenAI-compatible servers and Anthropic's: a question in, JSON that fits a schema out.
//!
//! Owns: the one way to ask a model, and the proposer that has one word follow-ups. Never does: act on what is answered,
//! read settings, or name metrics; nothing is sent unless a server is given.
//!
//! | file | holds |
//! |---|---|
//! | `http` | the connection, what may come back, and when to come again |
//! | `protocol` | the two protocols, OpenAI's and Anthropic's: a request's body, a stream's pieces |
//! | `reading` | from a model's text to a value that fits the schema |
//! | `breaker` | not asking a server that fails again and again |
//! | `cache` | the same question gets the same answer |
//! | `server`, `meter` | what comes from outside: where the model is, and who counts |
//! | `proposer` | who proposes follow-ups: templates, or a model before them |
//!
//! The deadline is total wall time: connection, waiting, retries and reading. Dropping the future of
//! [`Llm::json`] breaks the connection off, so that the server stops.

mod breaker;
pub mod cache;
mod exchange;
mod http;
mod meter;
mod protocol;
pub mod proposer;
mod reading;
mod server;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::debug;
use uuid::Uuid;

use self::breaker::Breaker;
pub use self::breaker::BreakerState;
use self::cache::{Cache, Memory};
use self::exchange::Exchange;
pub use self::meter::Meter;
use self::reading::Shape;
pub use self::server::{LlmServer, Protocol};

/// Answers kept in memory.
const KEPT: usize = 512;
/// The first wait before another try; doubled each time, up to the greatest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const GREATEST_WAIT: Duration = Duration::from_secs(8);

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What it is for, as metrics name it: `follow_up`, `insights`, …
    pub operation: &'static str,
    /// Whose words are in it.
    pub about: Uuid,
    /// Whether the answer may be kept for a while, until the words it is about are erased: where the same is soon asked again.
    pub keep: bool,
    /// What the model is to do.
    pub system: String,
    /// Questions and the answers that are wanted, as if they had been asked before.
    pub examples: &'static [(&'static str, &'static str)],
    /// What it is to do it with; words of respondents stand only here.
    pub user: String,
    /// JSON Schema of the answer, an object's.
    pub schema: Value,
    /// Total wall time, retries included.
    pub deadline: Duration,
    /// Of the answer.
    pub max_tokens: u32,
}

/// What it answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Fits the schema.
    pub value: Value,
    /// The model's name.
    pub model: String,
    /// Asked and answered, as the server counts (about a quarter of the characters where it doesn't); 0 from the cache.
    pub tokens: u32,
    pub cached: bool,
}

/// Why there is no answer. None of these quotes what was asked or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    #[error("no answer in time")]
    Late,
    #[error("the server has failed too often; not asked for another {} s", retry_in.as_secs())]
    Open { retry_in: Duration },
    #[error("no connection: {0}")]
    Connection(String),
    #[error("the server wants to be asked less often (429)")]
    Busy { after: Option<Duration> },
    #[error("the server failed ({status})")]
    Server { status: u16, after: Option<Duration> },
    #[error("the server refuses the request ({status})")]
    Refused { status: u16 },
    #[error("the answer is longer than it may be")]
    TooLong,
    #[error("the answer ends before its end")]
    Truncated,
    #[error("the answer is not what was asked for: {0}")]
    Invalid(String),
}

impl LlmError {
    /// Whether asking again may help.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Busy { .. } | Self::Server { .. } | Self::Truncated)
    }

    /// What the server itself asked for.
    fn wished_wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { after } | Self::Server { after, .. } => *after,
            _ => None,
        }
    }
}

/// A model that can be asked; cheap to clone.
#[derive(Clone)]
pub struct Llm(Arc<Shared>);

struct Shared {
    exchange: Exchange,
    breaker: Breaker,
    cache: OnceLock<Arc<dyn Cache>>,
    memory: Memory,
    meter: OnceLock<Arc<dyn Meter>>,
}

impl Llm {
    pub fn new(server: LlmServer) -> Self {
        Self::resting(server, breaker::FIRST_REST)
    }

    /// With another first rest after failures: for tests, which do not wait for ten seconds.
    pub fn resting(server: LlmServer, rest: Duration) -> Self {
        Self(Arc::new(Shared {
            exchange: Exchange::new(server),
            breaker: Breaker::new(rest),
            cache: OnceLock::new(),
            memory: Memory::new(KEPT),
            meter: OnceLock::new(),
        }))
    }

    /// Counts into these from now on; a second call changes nothing.
    pub fn count_into(&self, meter: Arc<impl Meter + 'static>) {
        meter.breaker(self.state());
        let _ = self.0.meter.set(meter);
    }

    /// Keeps answers there instead of in this process's memory; a second call changes nothing.
    pub fn cache_in(&self, cache: Arc<dyn Cache>) {
        let _ = self.0.cache.set(cache);
    }

    /// Forgets what was answered about these interviews.
    pub async fn forget(&self, interviews: &[Uuid]) {
        let cache: &dyn Cache = self.0.cache.get().map_or(&self.0.memory, AsRef::as_ref);
        cache.forget(interviews).await;
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.0.exchange.server().model
    }

    /// Where the model is.
    pub fn base_url(&self) -> &str {
        &self.0.exchange.server().base_url
    }

    /// Whether the server is being asked.
    pub fn state(&self) -> BreakerState {
        self.0.breaker.state(Instant::now())
    }

    /// Asks, and waits no longer than the deadline for an answer that fits the schema.
    pub async fn json(&self, ask: Ask) -> Result<Answer, LlmError> {
        let began = Instant::now();
        let result = self.answer(&ask, began + ask.deadline).await;
        if let Some(meter) = self.0.meter.get() {
            match &result {
                Ok(answer) if answer.cached => meter.cached(),
                Ok(answer) => {
                    meter.answered(began.elapsed());
                    meter.spent(ask.operation, answer.tokens);
                }
                // Counted one by one: a question may fail in several ways.
                Err(_) => {}
            }
        }
        result
    }

    async fn answer(&self, ask: &Ask, deadline: Instant) -> Result<Answer, LlmError> {
        let shape = Shape::new(&ask.schema)?;
        let model = self.model().to_owned();
        let cache: &dyn Cache = self.0.cache.get().map_or(&self.0.memory, AsRef::as_ref);
        let key = cache::key(&model, ask);
        // A cache that is slow must not cost the answer.
        let looked = async { if ask.keep { cache.get(&key).await } else { None } };
        let found = tokio::time::timeout_at(deadline, looked).await.map_err(|_| LlmError::Late)?;
        if let Some(value) = found.and_then(|text| shape.read(&text).ok()) {
            return Ok(Answer { value, model, tokens: 0, cached: true });
        }
        let (value, tokens) = self.tried(ask, &shape, deadline).await?;
        if ask.keep {
            let _ = tokio::time::timeout_at(deadline, cache.put(ask.about, &key, value.to_string())).await;
        }
        Ok(Answer { value, model, tokens, cached: false })
    }

    /// Tries until an answer fits, the time is up, or there is no use in trying.
    async fn tried(&self, ask: &Ask, shape: &Shape, deadline: Instant) -> Result<(Value, u32), LlmError> {
        let mut waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(GREATEST_WAIT)
            .without_max_times()
            .build();
        loop {
            let error = match self.once(ask, shape, deadline).await {
                Err(error) if error.is_passing() => error,
                settled => return settled,
            };
            let pause = error.wished_wait().or_else(|| waits.next()).unwrap_or(GREATEST_WAIT);
            if Instant::now() + pause >= deadline {
                return Err(error);
            }
            debug!(%error, ?pause, operation = ask.operation, "the model is asked again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(&self, ask: &Ask, shape: &Shape, deadline: Instant) -> Result<(Value, u32), LlmError> {
        let result = self.exchanged(ask, shape, deadline).await;
        if let (Err(error), Some(meter)) = (&result, self.0.meter.get()) {
            meter.failed(error);
        }
        result
    }

    async fn exchanged(&self, ask: &Ask, shape: &Shape, deadline: Instant) -> Result<(Value, u32), LlmError> {
        let permit = self.0.breaker.admit(Instant::now()).map_err(|retry_in| LlmError::Open { retry_in })?;
        let said = tokio::time::timeout_at(deadline, self.0.exchange.ask(ask)).await.unwrap_or(Err(LlmError::Late));
        let now = Instant::now();
        match &said {
            Ok(_) => permit.succeeded(),
            Err(_) => permit.failed(now),
        }
        if let Some(meter) = self.0.meter.get() {
            meter.breaker(self.0.breaker.state(now));
        }
        let said = said?;
        let tokens = said.tokens.unwrap_or_else(|| ask.tokens() + about(&said.text));
        match shape.read(&said.text) {
            Ok(value) => Ok((value, tokens)),
            Err(error) => {
                // They are spent all the same.
                if let Some(meter) = self.0.meter.get() {
                    meter.spent(ask.operation, tokens);
                }
                Err(error)
            }
        }
    }
}

impl Ask {
    /// The turns of the conversation: examples, then the question; each with who says it.
    fn turns(&self) -> Vec<Value> {
        let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
        let mut turns = Vec::new();
        for (question, answer) in self.examples {
            turns.extend([turn("user", question), turn("assistant", answer)]);
        }
        turns.push(turn("user", &self.user));
        turns
    }

    /// Tokens of what is asked, roughly.
    pub fn tokens(&self) -> u32 {
        let examples: u32 = self.examples.iter().map(|(question, answer)| about(question) + about(answer)).sum();
        about(&self.system) + examples + about(&self.user)
    }
}

/// Tokens of a text, roughly.
fn about(text: &str) -> u32 {
    text.len() as u32 / 4
}
