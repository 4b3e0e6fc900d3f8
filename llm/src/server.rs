//! The address of a language model.
//!
//! Owns: what is needed to ask a model. Never does: validate the settings that it comes from.

use std::fmt;

/// The protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Chat completions, as served by OpenAI and most local servers.
    OpenAi,
    /// Messages, as served by Anthropic.
    Anthropic,
}

/// The validated address of a language model.
#[derive(Clone, PartialEq, Eq)]
pub struct LlmServer {
    pub protocol: Protocol,
    /// The base URL, without a slash at its end.
    pub base_url: String,
    pub model: String,
    pub key: Option<String>,
}

impl fmt::Debug for LlmServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, base_url, model, .. } = self;
        write!(f, "LlmServer({protocol:?}, {base_url}, {model})")
    }
}
