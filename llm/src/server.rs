//! Where a language model is.
//!
//! Owns: what must be known to ask it. Never does: check the settings that it comes from.

use std::fmt;

/// What the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Chat completions, as OpenAI and most local servers have them.
    OpenAi,
    /// Messages, as Anthropic has them.
    Anthropic,
}

/// Where a language model is, complete and checked.
#[derive(Clone, PartialEq, Eq)]
pub struct LlmServer {
    pub protocol: Protocol,
    /// Without a slash at its end.
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
