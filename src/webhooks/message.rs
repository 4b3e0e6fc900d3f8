//! What is sent: the body, and the headers of Standard Webhooks.
//!
//! Owns: their form. The body of an event is the same at every attempt, byte for byte; timestamp and signature are the
//! attempt's. Never does: send.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, USER_AGENT};
use serde_json::json;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use storage::webhooks::Job;

#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    #[error("the webhook's secret can't sign: {0}")]
    Secret(#[from] standardwebhooks::WebhookError),
    #[error("the header {0} can't be sent")]
    Header(String),
}

/// `{"event", "timestamp", "data"}`; the time is when it happened.
pub(super) fn body(job: &Job) -> Bytes {
    let timestamp = job.happened_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({ "event": job.event, "timestamp": timestamp, "data": job.data }).to_string().into()
}

/// All headers but those that follow from the connection.
pub(super) fn headers(job: &Job, authority: &str, body: &[u8], now: DateTime<Utc>) -> Result<HeaderMap, MessageError> {
    let mut headers = HeaderMap::new();
    let agent = concat!("interviewer/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    for (name, value) in &job.headers {
        let failed = || MessageError::Header(name.clone());
        let mut value = HeaderValue::from_str(value).map_err(|_| failed())?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| failed())?, value);
    }
    let set = |text: &str, name: &str| HeaderValue::from_str(text).map_err(|_| MessageError::Header(name.to_owned()));
    let (id, seconds) = (job.message.to_string(), now.timestamp());
    let signatures: Result<Vec<String>, _> =
        job.secrets.iter().map(|secret| Webhook::new(secret)?.sign(&id, seconds, body)).collect();
    headers.insert(HOST, set(authority, "host")?);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HEADER_WEBHOOK_ID, set(&id, HEADER_WEBHOOK_ID)?);
    headers.insert(HEADER_WEBHOOK_TIMESTAMP, HeaderValue::from(seconds));
    headers.insert(HEADER_WEBHOOK_SIGNATURE, set(&signatures?.join(" "), HEADER_WEBHOOK_SIGNATURE)?);
    Ok(headers)
}
