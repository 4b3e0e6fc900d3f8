//! The chat completions protocol, which OpenAI, vLLM, llama.cpp, Ollama and others serve.
//!
//! Owns: the request's body and the meaning of a stream's events. Never does: send anything.

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{End, Piece};
use crate::{Ask, LlmError, LlmServer};

/// The data of a stream's last event.
pub const DONE: &str = "[DONE]";
/// Fields that some servers reject, and without which they can answer.
pub const OPTIONAL: [&str; 4] = ["response_format", "stream_options", "temperature", "max_tokens"];

pub fn request(server: &LlmServer, ask: &Ask, left_out: u8) -> Result<(String, HeaderMap, Value), LlmError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(key) = &server.key {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| {
            LlmError::Connection("the API key has characters that an HTTP header cannot contain".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let mut messages = vec![json!({ "role": "system", "content": ask.system })];
    messages.extend(ask.turns());
    let mut body = json!({
        "model": server.model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
        "temperature": 0.2,
        "max_tokens": ask.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": { "name": ask.operation, "schema": ask.schema, "strict": true },
        },
    });
    if let Some(fields) = body.as_object_mut() {
        for (bit, field) in OPTIONAL.iter().enumerate().filter(|(bit, _)| left_out & (1 << bit) != 0) {
            fields.remove(*field);
            // Newer models require this name for the field.
            if bit == 3 {
                fields.insert("max_completion_tokens".to_owned(), json!(ask.max_tokens));
            }
        }
    }
    Ok((format!("{}/chat/completions", server.base_url), headers, body))
}

/// Returns the bits of the optional fields that a server's error message names.
pub fn complained_of(text: &str) -> u8 {
    let text = text.to_lowercase();
    let named = |field: &str| text.contains(field) || field == "response_format" && text.contains("schema");
    OPTIONAL.iter().enumerate().filter(|(_, field)| named(field)).fold(0, |bits, (bit, _)| bits | 1 << bit)
}

pub fn event(event: &Value) -> Result<Piece, LlmError> {
    piece(event, "delta")
}

pub fn document(document: &Value) -> Result<Piece, LlmError> {
    piece(document, "message")
}

fn piece(value: &Value, part: &str) -> Result<Piece, LlmError> {
    if value.get("error").is_some_and(|error| !error.is_null()) {
        return Err(LlmError::Server { status: 200, after: None });
    }
    let choice = &value["choices"][0];
    let tokens = |name: &str| value["usage"][name].as_u64().map(|count| count as u32);
    if choice[part]["refusal"].is_string() {
        return Err(LlmError::Invalid("the model refused to answer".to_owned()));
    }
    Ok(Piece {
        text: choice[part]["content"].as_str().unwrap_or_default().to_owned(),
        asked: tokens("prompt_tokens"),
        answered: tokens("completion_tokens"),
        end: choice["finish_reason"].as_str().map(|why| if why == "length" { End::Cut } else { End::Complete }),
    })
}
