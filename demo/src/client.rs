//! A client of the engine's public interfaces: REST, joining, and the events socket (product
//! contract, sections 3 and 9).
//!
//! Owns: requests and their errors. Never does: interpret responses beyond ids and links, which
//! [`super::api_view`] does.

use std::time::Duration;

use futures_util::StreamExt;
use interview::Guide;
use interview::io::Notice;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use super::api_view;

/// The limit of a request, after which it has failed. Joining may wait for a model to warm up.
const REQUEST_LIMIT: Duration = Duration::from_mins(1);
/// The pause between attempts to reconnect to the events socket.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
const RECONNECTS: u32 = 10;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{what}: {source}")]
    Unreachable { what: String, source: reqwest::Error },
    /// The engine's own text, from its problem document if it sent one.
    #[error("{what}: {status}: {detail}")]
    Refused { what: String, status: StatusCode, detail: String },
    #[error("{what}: the response has no `{missing}`")]
    Incomplete { what: String, missing: &'static str },
    #[error("the events socket failed: {0}")]
    Events(String),
}

/// A message of the events socket.
#[derive(Debug, Clone, Deserialize)]
pub struct EngineMessage {
    #[serde(default)]
    pub seq: u64,
    #[serde(flatten)]
    pub notice: Notice,
}

/// A scheduled browser call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    pub interview_id: String,
    pub join_url: Option<String>,
    pub join_token: String,
}

/// A client of one engine. It is cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// The address, such as `http://127.0.0.1:8000`, without a slash at the end.
    base: String,
}

impl Client {
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .timeout(REQUEST_LIMIT)
            .build()
            .map_err(|source| ClientError::Unreachable { what: "HTTP client".to_owned(), source })?;
        Ok(Self { http, base: base_url.trim_end_matches('/').to_owned() })
    }

    /// Stores the guide and returns its id.
    pub async fn create_guide(&self, guide: &Guide) -> Result<String, ClientError> {
        let what = "POST /api/call-guides/";
        let answer = self.send(what, self.http.post(self.url("/api/call-guides/")).json(guide)).await?;
        let answer = json_of(what, answer).await?;
        api_view::text(&answer, "id").ok_or(ClientError::Incomplete { what: what.to_owned(), missing: "id" })
    }

    /// Schedules a browser call for now.
    pub async fn schedule(&self, call_guide_id: &str, respondent_name: &str) -> Result<Scheduled, ClientError> {
        let what = "POST /api/interviews/schedule";
        let body = json!({ "call_guide_id": call_guide_id, "respondent_name": respondent_name });
        let answer = self.send(what, self.http.post(self.url("/api/interviews/schedule")).json(&body)).await?;
        let answer = json_of(what, answer).await?;
        let missing = |missing| ClientError::Incomplete { what: what.to_owned(), missing };
        // The join link is beside the interview or in it.
        let interview = answer.get("interview").unwrap_or(&answer);
        let either = |key| api_view::text(&answer, key).or_else(|| api_view::text(interview, key));
        Ok(Scheduled {
            interview_id: api_view::text(interview, "id").ok_or_else(|| missing("id"))?,
            join_url: either("join_url"),
            join_token: either("join_token").ok_or_else(|| missing("join_token"))?,
        })
    }

    /// Offers a call. Returns the SDP answer and the call's URL.
    pub async fn call(&self, join_token: &str, offer: &str) -> Result<(String, Option<String>), ClientError> {
        let what = "POST /api/join/{token}/call";
        let request = self
            .http
            .post(self.url(&format!("/api/join/{join_token}/call")))
            .header("content-type", "application/sdp")
            .body(offer.to_owned());
        let answer = self.send(what, request).await?;
        let location = answer
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(|location| if location.starts_with("http") { location.to_owned() } else { self.url(location) });
        let sdp = answer.text().await.map_err(|source| ClientError::Unreachable { what: what.to_owned(), source })?;
        Ok((sdp, location))
    }

    /// Ends the call. A call that is over already is not an error.
    pub async fn hang_up(&self, call_url: &str) -> Result<(), ClientError> {
        match self.send("DELETE the call", self.http.request(Method::DELETE, call_url)).await {
            Ok(_) | Err(ClientError::Refused { status: StatusCode::NOT_FOUND | StatusCode::GONE, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn interview(&self, id: &str) -> Result<Value, ClientError> {
        let what = "GET /api/interviews/{id}";
        json_of(what, self.send(what, self.http.get(self.url(&format!("/api/interviews/{id}")))).await?).await
    }

    pub async fn transcript(&self, id: &str) -> Result<Value, ClientError> {
        let what = "GET /api/interviews/{id}/transcript";
        let url = self.url(&format!("/api/interviews/{id}/transcript"));
        let request = self.http.get(url).header("accept", "application/json");
        json_of(what, self.send(what, request).await?).await
    }

    /// Downloads what is at `path`, such as the WebVTT transcript or the recording. Returns `None`
    /// if nothing is there.
    pub async fn download(&self, path: &str, accept: &str) -> Result<Option<Vec<u8>>, ClientError> {
        let what = format!("GET {path}");
        match self.send(&what, self.http.get(self.url(path)).header("accept", accept)).await {
            Ok(answer) => {
                let bytes = answer.bytes().await.map_err(|source| ClientError::Unreachable { what, source })?;
                Ok(Some(bytes.to_vec()))
            }
            Err(ClientError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn send(&self, what: &str, request: reqwest::RequestBuilder) -> Result<reqwest::Response, ClientError> {
        let answer =
            request.send().await.map_err(|source| ClientError::Unreachable { what: what.to_owned(), source })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.text().await.unwrap_or_default();
        let problem: Option<Value> = serde_json::from_str(&body).ok();
        let detail = problem.as_ref().and_then(|problem| api_view::text(problem, "detail")).unwrap_or(body);
        Err(ClientError::Refused { what: what.to_owned(), status, detail })
    }

    /// Follows the events of a call until the engine ends it. After the socket breaks, it
    /// reconnects with `?after=SEQ`. The first connection is made before this returns.
    pub async fn follow(&self, join_token: &str) -> Result<mpsc::Receiver<EngineMessage>, ClientError> {
        let url = format!("{}/api/join/{join_token}/events", self.base.replacen("http", "ws", 1));
        let (sender, receiver) = mpsc::channel(256);
        let (mut socket, _) = tokio_tungstenite::connect_async(url.as_str())
            .await
            .map_err(|error| ClientError::Events(error.to_string()))?;
        tokio::spawn(async move {
            let mut after = 0;
            let mut left = RECONNECTS;
            loop {
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else { continue };
                    // Messages of an unknown type are ignored.
                    let Ok(message) = serde_json::from_str::<EngineMessage>(&text) else { continue };
                    after = after.max(message.seq);
                    if sender.send(message).await.is_err() {
                        return;
                    }
                }
                socket = loop {
                    if left == 0 || sender.is_closed() {
                        return;
                    }
                    left -= 1;
                    tokio::time::sleep(RECONNECT_PAUSE).await;
                    if let Ok((socket, _)) = tokio_tungstenite::connect_async(format!("{url}?after={after}")).await {
                        break socket;
                    }
                };
            }
        });
        Ok(receiver)
    }
}

async fn json_of(what: &str, answer: reqwest::Response) -> Result<Value, ClientError> {
    answer.json().await.map_err(|source| ClientError::Unreachable { what: what.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_section_9_are_understood() {
        let parse = |text: &str| serde_json::from_str::<EngineMessage>(text);
        let message = parse(r#"{"type":"state","seq":3,"at_ms":120,"value":"listening"}"#).unwrap();
        assert_eq!(message.seq, 3);
        let question = r#"{"type":"question","seq":4,"at_ms":1,"id":"q","section":"s","number":1,"of":4}"#;
        assert!(matches!(parse(question).unwrap().notice, Notice::Question { follow_up_of: None, .. }));
        let consent = r#"{"type":"consent","seq":5,"at_ms":1,"participation":true,"recording":null}"#;
        let notice = parse(consent).unwrap().notice;
        assert_eq!(notice, Notice::Consent { participation: Some(true), recording: None });
        assert!(parse(r#"{"type":"weather","seq":6,"at_ms":1}"#).is_err());
    }
}
