//! One exchange with a server: the request in the server's protocol, and its response put together.
//!
//! Owns: the size limit of a response, and which optional fields this server rejects. Never does:
//! retry later, or judge the answer.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};

use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use serde_json::Value;
use sse_stream::SseStream;

use super::http::{Http, PostError, Reply, broken};
use super::protocol::{End, Piece, anthropic, openai};
use super::{Ask, LlmError, LlmServer, Protocol};

/// The size in bytes that a response may have in addition to its tokens.
const BASE: usize = 64 << 10;
/// The size in bytes that a token may take in transmission, as an event of its own with all its
/// fields.
const BYTES_PER_TOKEN: usize = 1 << 10;
/// The size in bytes of the text that a token may stand for.
const TEXT_PER_TOKEN: usize = 32;

/// A model's answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    /// The tokens of request and response, if the server counts them.
    pub tokens: Option<u32>,
}

/// A server, and the optional fields that it rejected.
pub struct Exchange {
    server: LlmServer,
    http: Http,
    /// Bits of [`openai::OPTIONAL`]: the fields that are omitted because the server rejected them.
    left_out: AtomicU8,
}

impl Exchange {
    pub fn new(server: LlmServer) -> Self {
        Self { server, http: Http::default(), left_out: AtomicU8::new(0) }
    }

    pub fn server(&self) -> &LlmServer {
        &self.server
    }

    /// Sends the request, and repeats it without the fields that the server rejects.
    pub async fn ask(&self, ask: &Ask) -> Result<Said, LlmError> {
        let most = BASE + BYTES_PER_TOKEN * ask.max_tokens as usize;
        for _ in 0..=openai::OPTIONAL.len() {
            let left_out = self.left_out.load(Ordering::Relaxed);
            let (url, headers, body) = match self.server.protocol {
                Protocol::OpenAi => openai::request(&self.server, ask, left_out)?,
                Protocol::Anthropic => anthropic::request(&self.server, ask)?,
            };
            let body = body.to_string().into_bytes();
            match self.http.post(&url, headers, body, most).await {
                Ok(reply) => return self.read(reply, ask).await,
                Err(PostError::Failed(error)) => return Err(error),
                Err(PostError::Rejected { status, text }) => {
                    let complaint = openai::complained_of(&text) & !left_out;
                    if self.server.protocol != Protocol::OpenAi || status != 400 || complaint == 0 {
                        tracing::debug!(status, text, "the model's server rejects a request");
                        return Err(LlmError::Refused { status });
                    }
                    self.left_out.fetch_or(complaint, Ordering::Relaxed);
                }
            }
        }
        Err(LlmError::Refused { status: 400 })
    }

    async fn read(&self, reply: Reply, ask: &Ask) -> Result<Said, LlmError> {
        let most = TEXT_PER_TOKEN * ask.max_tokens as usize;
        let mut said = Gathered::default();
        if !reply.streamed {
            let bytes = reply.body.collect().await.map_err(broken)?.to_bytes();
            let document: Value = serde_json::from_slice(&bytes)
                .map_err(|_| LlmError::Invalid("it is not a document of the protocol".into()))?;
            let piece = match self.server.protocol {
                Protocol::OpenAi => openai::document(&document),
                Protocol::Anthropic => anthropic::document(&document),
            };
            said.take(&piece?, most)?;
            return said.finished();
        }
        let mut events = pin!(SseStream::new(reply.body.map_err(broken)));
        while let Some(event) = events.next().await {
            let event = event.map_err(|error| match error {
                sse_stream::Error::Body(cause) => {
                    *cause.downcast::<LlmError>().unwrap_or(Box::new(LlmError::Truncated))
                }
                _ => LlmError::Invalid("it is not a stream of events".into()),
            })?;
            let Some(data) = event.data else { continue };
            let data = data.trim();
            if data == openai::DONE {
                said.end.get_or_insert(End::Complete);
                break;
            }
            if data.is_empty() {
                continue;
            }
            let event: Value = serde_json::from_str(data)
                .map_err(|_| LlmError::Invalid("it has an event that the protocol does not define".into()))?;
            let piece = match self.server.protocol {
                Protocol::OpenAi => openai::event(&event),
                Protocol::Anthropic => anthropic::event(&event),
            };
            said.take(&piece?, most)?;
        }
        said.finished()
    }
}

#[derive(Default)]
struct Gathered {
    text: String,
    asked: Option<u32>,
    answered: Option<u32>,
    end: Option<End>,
}

impl Gathered {
    fn take(&mut self, piece: &Piece, most: usize) -> Result<(), LlmError> {
        self.text.push_str(&piece.text);
        if self.text.len() > most {
            return Err(LlmError::TooLong);
        }
        self.asked = piece.asked.or(self.asked);
        self.answered = piece.answered.or(self.answered);
        self.end = piece.end.or(self.end);
        Ok(())
    }

    fn finished(self) -> Result<Said, LlmError> {
        match self.end {
            Some(End::Complete) => {}
            Some(End::Cut) => return Err(LlmError::TooLong),
            None => return Err(LlmError::Truncated),
        }
        let counted = self.asked.is_some() || self.answered.is_some();
        let tokens = counted.then(|| self.asked.unwrap_or(0).saturating_add(self.answered.unwrap_or(0)));
        Ok(Said { text: self.text, tokens })
    }
}
