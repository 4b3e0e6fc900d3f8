//! The connection to a model's server.
//!
//! Owns: the size limit of a response, and the meaning of an error response. Never does: know a
//! protocol, or follow a redirect, because a response must not send respondents' words elsewhere.
//!
//! The OpenID sign-in uses the same client, with the same certificates and the same TLS provider.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::OnceCell;

use super::LlmError;
use outgoing::Https;

const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_mins(1);
/// The maximum number of bytes read from an error response.
const MOST_OF_ERROR: usize = 16 << 10;

type Client = hyper_util::client::legacy::Client<Https, Full<Bytes>>;

#[derive(Default)]
pub struct Http(OnceCell<Client>);

/// The beginning of a response.
pub struct Reply {
    /// True for a stream of events, and false for a single document.
    pub streamed: bool,
    pub body: Limited<hyper::body::Incoming>,
}

/// A response without an answer.
pub enum PostError {
    Failed(LlmError),
    /// The server rejected the request because of its content. The fields have its status and its
    /// message.
    Rejected {
        status: u16,
        text: String,
    },
}

impl From<LlmError> for PostError {
    fn from(error: LlmError) -> Self {
        Self::Failed(error)
    }
}

impl Http {
    /// Posts JSON. The response may have at most `most` bytes.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Vec<u8>, most: usize) -> Result<Reply, PostError> {
        let failed = |error: &dyn std::fmt::Display| LlmError::Connection(error.to_string());
        let client = self.0.get_or_try_init(|| std::future::ready(client())).await?;
        let mut request = hyper::Request::post(url).body(Full::new(Bytes::from(body))).map_err(|e| failed(&e))?;
        *request.headers_mut() = headers;
        let (head, body) = client.request(request).await.map_err(|error| failed(&error))?.into_parts();
        let after = outgoing::retry_after(&head.headers, SystemTime::now());
        let kind = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match head.status {
            status if status.is_success() => {
                let streamed = kind.starts_with("text/event-stream");
                Ok(Reply { streamed, body: Limited::new(body, most) })
            }
            StatusCode::TOO_MANY_REQUESTS => Err(LlmError::Busy { after }.into()),
            status if status.is_server_error() => Err(LlmError::Server { status: status.as_u16(), after }.into()),
            status => {
                let text = Limited::new(body, MOST_OF_ERROR).collect().await.map(http_body_util::Collected::to_bytes);
                let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
                Err(PostError::Rejected { status: status.as_u16(), text })
            }
        }
    }
}

/// Returns the error for a bounded body that could not be read.
// The signature is that of the body's error callback.
#[allow(clippy::needless_pass_by_value)]
pub fn broken(error: Box<dyn std::error::Error + Send + Sync>) -> LlmError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return LlmError::TooLong;
        }
        cause = error.source();
    }
    LlmError::Truncated
}

fn client() -> Result<Client, LlmError> {
    let https = outgoing::https(CONNECT).map_err(|error| LlmError::Connection(error.to_string()))?;
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    Ok(builder.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build(https))
}
