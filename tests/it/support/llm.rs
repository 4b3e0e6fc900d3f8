//! A server for language models that answers as it is told: stands in for a real one, and is named a fake.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use llm::{LlmServer, Protocol};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A stream of events, a few characters each.
    Stream(String),
    /// One document, though a stream was asked for.
    Document(String),
    /// Nothing, for as long as the client waits.
    Hang,
    /// The beginning of a stream, then the connection is closed.
    Truncated(String),
    /// No HTTP at all of use: a page with status 200.
    Garbage,
    /// A stream that brings a megabyte.
    Megabyte,
    /// A status, with `Retry-After` in seconds and a text.
    Status(u16, Option<u32>, &'static str),
}

/// A running server; it stops when dropped.
pub struct FakeLlm {
    pub url: String,
    /// Bodies of the requests so far.
    pub asked: Arc<Mutex<Vec<Value>>>,
    /// Heads of the requests so far.
    pub heads: Arc<Mutex<Vec<String>>>,
    hung_up: Arc<(AtomicUsize, Notify)>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for FakeLlm {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeLlm {
    /// `answer` is asked for each request: how many there were before it, and its body.
    pub async fn start(answer: impl Fn(usize, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let hung_up: Arc<(AtomicUsize, Notify)> = Arc::default();
        let answer = Arc::new(answer);
        let (kept, kept_heads, kept_hung_up) = (Arc::clone(&asked), Arc::clone(&heads), Arc::clone(&hung_up));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (asked, heads) = (Arc::clone(&kept), Arc::clone(&kept_heads));
                let (hung_up, answer) = (Arc::clone(&kept_hung_up), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some((head, body)) = request(&mut stream).await else { return };
                    let before = {
                        let mut asked = asked.lock();
                        asked.push(body.clone());
                        heads.lock().push(head.clone());
                        asked.len() - 1
                    };
                    let reply = answer(before, &body);
                    let anthropic = head.starts_with("POST /v1/messages") || head.contains("/messages HTTP");
                    // A client that hangs up in the middle is no fault.
                    let _ = send(&mut stream, reply, anthropic).await;
                    hung_up.0.fetch_add(1, Ordering::AcqRel);
                    hung_up.1.notify_waiters();
                });
            }
        });
        Self { url, asked, heads, hung_up, task }
    }

    pub fn server(&self) -> LlmServer {
        let base_url = self.url.clone();
        LlmServer { protocol: Protocol::OpenAi, base_url, model: "fake-model".to_owned(), key: None }
    }

    pub fn count(&self) -> usize {
        self.asked.lock().len()
    }

    /// Waits until so many requests are over, by whichever side.
    pub async fn over(&self, requests: usize) {
        loop {
            let changed = self.hung_up.1.notified();
            if self.hung_up.0.load(Ordering::Acquire) >= requests {
                return;
            }
            changed.await;
        }
    }
}

/// What a model would say that proposes this question.
pub fn follow_up(question: &str) -> String {
    json!({ "trigger": -1, "action": "probe", "question": question }).to_string()
}

async fn request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        let mut some = [0; 4096];
        let count = stream.read(&mut some).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&some[..count]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let length: usize = length?.trim().parse().ok()?;
        if bytes.len() >= end + 4 + length {
            return Some((head, serde_json::from_slice(&bytes[end + 4..end + 4 + length]).ok()?));
        }
    }
}

const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

async fn send(stream: &mut TcpStream, reply: Reply, anthropic: bool) -> std::io::Result<()> {
    match reply {
        Reply::Stream(text) => {
            stream.write_all(STREAM.as_bytes()).await?;
            for event in events(&text, anthropic) {
                stream.write_all(format!("data: {event}\n\n").as_bytes()).await?;
            }
            if !anthropic {
                stream.write_all(b"data: [DONE]\n\n").await?;
            }
        }
        Reply::Document(text) => {
            let document = if anthropic {
                let input: Value = serde_json::from_str(&text).unwrap_or_default();
                json!({ "type": "message", "content": [{ "type": "tool_use", "input": input }], "stop_reason": "tool_use",
                        "usage": { "input_tokens": 30, "output_tokens": 12 } })
            } else {
                json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }],
                        "usage": { "prompt_tokens": 30, "completion_tokens": 12 } })
            };
            plain(stream, 200, None, "application/json", &document.to_string()).await?;
        }
        Reply::Hang => {
            // Until the client goes.
            let mut byte = [0];
            let _ = stream.read(&mut byte).await?;
        }
        Reply::Truncated(text) => {
            let half = text.len() / 2;
            stream.write_all(STREAM.as_bytes()).await?;
            let event = json!({ "choices": [{ "delta": { "content": &text[..half] } }] });
            stream.write_all(format!("data: {event}\n\ndata: {{\"cho").as_bytes()).await?;
        }
        Reply::Garbage => plain(stream, 200, None, "text/html", "<html>\u{0}\u{1} not a model at all").await?,
        Reply::Megabyte => {
            stream.write_all(STREAM.as_bytes()).await?;
            let event = json!({ "choices": [{ "delta": { "content": "x".repeat(4_000) } }] });
            for _ in 0..256 {
                stream.write_all(format!("data: {event}\n\n").as_bytes()).await?;
            }
        }
        Reply::Status(status, after, text) => plain(stream, status, after, "application/json", text).await?,
    }
    stream.shutdown().await
}

async fn plain(stream: &mut TcpStream, status: u16, after: Option<u32>, kind: &str, body: &str) -> std::io::Result<()> {
    let after = after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{after}connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await
}

fn events(text: &str, anthropic: bool) -> Vec<Value> {
    let characters: Vec<char> = text.chars().collect();
    let pieces = characters.chunks(7).map(|piece| piece.iter().collect::<String>());
    if anthropic {
        let begin =
            json!({ "type": "message_start", "message": { "usage": { "input_tokens": 30, "output_tokens": 1 } } });
        let delta = |piece| json!({ "type": "content_block_delta", "delta": { "type": "input_json_delta", "partial_json": piece } });
        let end = json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 12 } });
        let stop = json!({ "type": "message_stop" });
        return [begin].into_iter().chain(pieces.map(delta)).chain([end, stop]).collect();
    }
    let delta = |piece| json!({ "choices": [{ "delta": { "content": piece } }] });
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 30, "completion_tokens": 12 } });
    pieces.map(delta).chain([end, usage]).collect()
}
