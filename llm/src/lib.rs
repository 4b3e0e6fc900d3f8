//! Language models behind Anthropic's and OpenAI-compatible servers: a question is sent, and JSON
//! that fits a schema is returned.
//!
//! Owns: the one way to ask a model, and the proposer that lets a model word follow-ups. Never
//! does: act on answers, read settings, or name metrics. Nothing is sent unless a server is
//! configured.
//!
//! | file | content |
//! |---|---|
//! | `http` | the connection, its size limits, and when to try again |
//! | `protocol` | the two protocols, OpenAI's and Anthropic's: request bodies and stream events |
//! | `reading` | parsing a model's text into a value that fits the schema |
//! | `breaker` | the circuit breaker for a server that fails repeatedly |
//! | `cache` | the cache of answers |
//! | `server`, `meter` | what the caller provides: the server's address, and the counters |
//! | `proposer` | the proposers of follow-ups: templates, or a model with templates as a fallback |
//!
//! The deadline is total wall time, and includes connecting, waiting, retries and reading. Dropping
//! the future of [`Llm::json`] closes the connection, so that the server stops working.

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
use self::reading::Schema;
pub use self::server::{LlmServer, Protocol};

/// The number of answers kept in memory.
const KEPT: usize = 512;
/// The wait before the first retry. It is doubled for each further one, up to [`GREATEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(200);
const GREATEST_WAIT: Duration = Duration::from_secs(8);

/// A question to a model.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The purpose, as the metrics name it: `follow_up`, `insights`, …
    pub operation: &'static str,
    /// The interview whose words are in it.
    pub about: Uuid,
    /// True if the answer may be cached, because the same question is likely to be asked again
    /// soon. It is deleted when the words it is about are erased.
    pub keep: bool,
    /// The instructions for the model.
    pub system: String,
    /// Example questions with the desired answers, which are sent as earlier turns of the
    /// conversation.
    pub examples: &'static [(&'static str, &'static str)],
    /// The material. Words of respondents are in no other field.
    pub user: String,
    /// The JSON Schema of the answer, which must be an object.
    pub schema: Value,
    /// The limit of the total wall time, including retries.
    pub deadline: Duration,
    /// The maximum length of the answer in tokens.
    pub max_tokens: u32,
}

/// A model's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The value, which fits the schema.
    pub value: Value,
    /// The model's name.
    pub model: String,
    /// The tokens of the question and the answer, as counted by the server. If it does not count
    /// them, they are estimated as a quarter of the characters. An answer from the cache has 0.
    pub tokens: u32,
    pub cached: bool,
}

/// The reason why there is no answer. No message quotes the question or the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LlmError {
    #[error("the model did not answer in time")]
    Late,
    #[error("the server has failed too often, and is not asked again for {} s", retry_in.as_secs())]
    Open { retry_in: Duration },
    #[error("the server cannot be reached: {0}")]
    Connection(String),
    #[error("the server limits the rate of requests (429)")]
    Busy { after: Option<Duration> },
    #[error("the server failed ({status})")]
    Server { status: u16, after: Option<Duration> },
    #[error("the server rejects the request ({status})")]
    Refused { status: u16 },
    #[error("the answer is longer than the limit")]
    TooLong,
    #[error("the answer is incomplete")]
    Truncated,
    #[error("the answer does not have the required form: {0}")]
    Invalid(String),
}

impl LlmError {
    /// Returns true if asking again may help.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Busy { .. } | Self::Server { .. } | Self::Truncated)
    }

    /// Returns the wait that the server requested.
    fn wished_wait(&self) -> Option<Duration> {
        match self {
            Self::Busy { after } | Self::Server { after, .. } => *after,
            _ => None,
        }
    }
}

/// A model that can be asked. It is cheap to clone.
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

    /// Returns a model whose breaker first opens for `rest`, for tests that cannot wait for 10 s.
    pub fn resting(server: LlmServer, rest: Duration) -> Self {
        Self(Arc::new(Shared {
            exchange: Exchange::new(server),
            breaker: Breaker::new(rest),
            cache: OnceLock::new(),
            memory: Memory::new(KEPT),
            meter: OnceLock::new(),
        }))
    }

    /// Sets the meter that counts from now on. A second call has no effect.
    pub fn count_into(&self, meter: Arc<impl Meter + 'static>) {
        meter.breaker(self.state());
        let _ = self.0.meter.set(meter);
    }

    /// Sets the cache that is used instead of this process's memory. A second call has no effect.
    pub fn cache_in(&self, cache: Arc<dyn Cache>) {
        let _ = self.0.cache.set(cache);
    }

    /// Deletes the answers about these interviews.
    pub async fn forget(&self, interviews: &[Uuid]) {
        let cache: &dyn Cache = self.0.cache.get().map_or(&self.0.memory, AsRef::as_ref);
        cache.forget(interviews).await;
    }

    /// Returns the model's name.
    pub fn model(&self) -> &str {
        &self.0.exchange.server().model
    }

    /// Returns the base URL of the model's server.
    pub fn base_url(&self) -> &str {
        &self.0.exchange.server().base_url
    }

    /// Returns whether requests to the server are admitted.
    pub fn state(&self) -> BreakerState {
        self.0.breaker.state(Instant::now())
    }

    /// Asks the model, and waits at most until the deadline for an answer that fits the schema.
    pub async fn json(&self, ask: Ask) -> Result<Completion, LlmError> {
        let began = Instant::now();
        let result = self.answer(&ask, began + ask.deadline).await;
        if let Some(meter) = self.0.meter.get() {
            match &result {
                Ok(answer) if answer.cached => meter.cached(),
                Ok(answer) => {
                    meter.answered(began.elapsed());
                    meter.spent(ask.operation, answer.tokens);
                }
                // Failed attempts are counted one by one, because a question may fail in several
                // ways.
                Err(_) => {}
            }
        }
        result
    }

    async fn answer(&self, ask: &Ask, deadline: Instant) -> Result<Completion, LlmError> {
        let schema = Schema::new(&ask.schema)?;
        let model = self.model().to_owned();
        let cache: &dyn Cache = self.0.cache.get().map_or(&self.0.memory, AsRef::as_ref);
        let key = cache::key(&model, ask);
        // A slow cache must not delay the answer beyond the deadline.
        let looked = async { if ask.keep { cache.get(&key).await } else { None } };
        let found = tokio::time::timeout_at(deadline, looked).await.map_err(|_| LlmError::Late)?;
        if let Some(value) = found.and_then(|text| schema.read(&text).ok()) {
            return Ok(Completion { value, model, tokens: 0, cached: true });
        }
        let (value, tokens) = self.tried(ask, &schema, deadline).await?;
        if ask.keep {
            let _ = tokio::time::timeout_at(deadline, cache.put(ask.about, &key, value.to_string())).await;
        }
        Ok(Completion { value, model, tokens, cached: false })
    }

    /// Repeats the question until an answer fits, the time is up, or another attempt would not
    /// help.
    async fn tried(&self, ask: &Ask, schema: &Schema, deadline: Instant) -> Result<(Value, u32), LlmError> {
        let mut waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_delay(GREATEST_WAIT)
            .without_max_times()
            .build();
        loop {
            let error = match self.once(ask, schema, deadline).await {
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

    async fn once(&self, ask: &Ask, schema: &Schema, deadline: Instant) -> Result<(Value, u32), LlmError> {
        let result = self.exchanged(ask, schema, deadline).await;
        if let (Err(error), Some(meter)) = (&result, self.0.meter.get()) {
            meter.failed(error);
        }
        result
    }

    async fn exchanged(&self, ask: &Ask, schema: &Schema, deadline: Instant) -> Result<(Value, u32), LlmError> {
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
        match schema.read(&said.text) {
            Ok(value) => Ok((value, tokens)),
            Err(error) => {
                // The tokens of an unusable answer were spent as well.
                if let Some(meter) = self.0.meter.get() {
                    meter.spent(ask.operation, tokens);
                }
                Err(error)
            }
        }
    }
}

impl Ask {
    /// Returns the turns of the conversation with their roles: the examples, and then the question.
    fn turns(&self) -> Vec<Value> {
        let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
        let mut turns = Vec::new();
        for (question, answer) in self.examples {
            turns.extend([turn("user", question), turn("assistant", answer)]);
        }
        turns.push(turn("user", &self.user));
        turns
    }

    /// Returns an estimate of the question's tokens.
    pub fn tokens(&self) -> u32 {
        let examples: u32 = self.examples.iter().map(|(question, answer)| about(question) + about(answer)).sum();
        about(&self.system) + examples + about(&self.user)
    }
}

/// Returns an estimate of the tokens of a text.
fn about(text: &str) -> u32 {
    text.len() as u32 / 4
}
