//! One request to a receiver, within limits of time and size.
//!
//! Owns: the exchange, and how much of an answer is read. What a receiver answers decides by its status alone: a body that
//! never ends, or that drips, is read up to its limits and dropped with the connection. Never does: follow a redirect, or
//! know whether it is tried again.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::Utc;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::message::{self, MessageError};
use super::network::{Network, NetworkError};
use storage::webhooks::Job;

/// What of an answer's body is read, and kept to be looked at.
const EXCERPT_BYTES: usize = 4 * 1024;
/// Of an answer's head.
const HEAD_BYTES: usize = 32 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("no connection within {0:?}")]
    SlowConnect(Duration),
    #[error("no answer within {0:?}")]
    SlowAnswer(Duration),
    #[error("no HTTP answer: {0}")]
    Http(#[from] hyper::Error),
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The body's beginning, as text.
    pub excerpt: String,
}

pub(super) struct Limits {
    pub connect: Duration,
    pub whole: Duration,
}

pub(super) async fn send(network: &Network, job: &Job, limits: &Limits) -> Result<Answer, AttemptError> {
    let end = tokio::time::Instant::now() + limits.whole;
    let slow = || AttemptError::SlowAnswer(limits.whole);
    let target = network.target(&job.url)?;
    let connect = limits.connect.min(limits.whole);
    let stream = tokio::time::timeout(connect, network.connect(&target))
        .await
        .map_err(|_| AttemptError::SlowConnect(connect))??;
    let body = message::body(job);
    let mut request = Request::new(Full::new(body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = target.path.parse().map_err(|_| NetworkError::Target("the path can't be sent".to_owned()))?;
    *request.headers_mut() = message::headers(job, &target.authority, &body, Utc::now())?;
    // An answer's header may not be larger than the buffer that it is read into.
    let mut client = hyper::client::conn::http1::Builder::new();
    client.max_buf_size(HEAD_BYTES);
    let exchange = async {
        let (mut sender, connection) = client.handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await?;
        let answer = async {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let excerpt = tokio::time::timeout_at(end, read(body)).await.unwrap_or_default();
            Ok(Answer {
                status: head.status.as_u16(),
                retry_after: outgoing::retry_after(&head.headers, SystemTime::now()),
                excerpt,
            })
        };
        tokio::pin!(answer, connection);
        let mut open = true;
        // The connection is driven here and nowhere else, so that it ends with this attempt.
        loop {
            tokio::select! {
                biased;
                answer = &mut answer => break answer,
                ended = &mut connection, if open => {
                    open = false;
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a webhook's connection broke");
                    }
                }
            }
        }
    };
    // A body is given up at the limit by itself, so that its status counts; what is still on later has no status.
    let grace = Duration::from_millis(200);
    tokio::time::timeout_at(end + grace, exchange).await.map_err(|_| slow())?
}

/// The beginning of a body; what is wrong with the rest of it is nobody's concern.
async fn read(mut body: Incoming) -> String {
    let mut read = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            let left = EXCERPT_BYTES - read.len();
            read.extend_from_slice(&data[..data.len().min(left)]);
        }
        if read.len() >= EXCERPT_BYTES {
            break;
        }
    }
    // Neither database takes a NUL in every column.
    String::from_utf8_lossy(&read).replace('\0', "\u{fffd}")
}
