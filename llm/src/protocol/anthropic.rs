//! Anthropic's Messages protocol.
//!
//! Owns: the request's body and the meaning of a stream's events. Never does: send anything.
//!
//! The schema is given as the input of the only tool, which the model must call. This is how the
//! protocol prescribes the form of an answer. There is no actual tool.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::{End, Piece};
use crate::{Ask, LlmError, LlmServer};

const VERSION: &str = "2023-06-01";

pub fn request(server: &LlmServer, ask: &Ask) -> Result<(String, HeaderMap, Value), LlmError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
    if let Some(key) = &server.key {
        let mut value = HeaderValue::from_str(key).map_err(|_| {
            LlmError::Connection("the API key has characters that an HTTP header cannot contain".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert("x-api-key", value);
    }
    let body = json!({
        "model": server.model,
        "system": ask.system,
        "messages": ask.turns(),
        "max_tokens": ask.max_tokens,
        "stream": true,
        "tools": [{ "name": ask.operation, "description": "Takes the answer.", "input_schema": ask.schema }],
        "tool_choice": { "type": "tool", "name": ask.operation },
    });
    Ok((format!("{}/v1/messages", server.base_url), headers, body))
}

pub fn event(event: &Value) -> Result<Piece, LlmError> {
    let tokens = |value: &Value| value.as_u64().map(|count| count as u32);
    Ok(match event["type"].as_str().unwrap_or_default() {
        "error" => return Err(trouble(event)),
        "message_start" => Piece { asked: tokens(&event["message"]["usage"]["input_tokens"]), ..Piece::default() },
        "content_block_delta" => {
            // The answer is the tool's input. Text beside it is ignored.
            let text = event["delta"]["partial_json"].as_str().unwrap_or_default().to_owned();
            Piece { text, ..Piece::default() }
        }
        "message_delta" => Piece {
            answered: tokens(&event["usage"]["output_tokens"]),
            end: event["delta"]["stop_reason"].as_str().map(end),
            ..Piece::default()
        },
        _ => Piece::default(),
    })
}

pub fn document(document: &Value) -> Result<Piece, LlmError> {
    if document["type"] == "error" {
        return Err(trouble(document));
    }
    let tokens = |name: &str| document["usage"][name].as_u64().map(|count| count as u32);
    let blocks = document["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let input = blocks.iter().find(|block| block["type"] == "tool_use").map(|block| block["input"].to_string());
    Ok(Piece {
        text: input.unwrap_or_default(),
        asked: tokens("input_tokens"),
        answered: tokens("output_tokens"),
        end: document["stop_reason"].as_str().map(end),
    })
}

fn trouble(event: &Value) -> LlmError {
    match event["error"]["type"].as_str().unwrap_or_default() {
        "rate_limit_error" => LlmError::Busy { after: None },
        _ => LlmError::Server { status: 200, after: None },
    }
}

fn end(reason: &str) -> End {
    if reason == "max_tokens" { End::Cut } else { End::Complete }
}
