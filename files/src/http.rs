//! How requests to a bucket travel: over the same connections as all other requests to servers elsewhere.
//!
//! Owns: the time limits of a request. Never does: sign or repeat one (`object_store` does).
//!
//! `object_store` could bring `reqwest` along. It is not used, because its TLS takes whatever provider the process has
//! installed, while [`outgoing`] names one and trusts what this machine trusts.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use outgoing::Https;
use tokio::time::{Sleep, sleep};

/// Until the connection is there.
const CONNECT: Duration = Duration::from_secs(5);
/// Until the store answers, sending included: the largest request is a part of 8 MiB.
const ANSWER: Duration = Duration::from_mins(1);
/// Between two pieces of an answer.
const IDLE: Duration = Duration::from_secs(30);

/// Makes the client of a bucket.
#[derive(Debug)]
pub(crate) struct Outgoing;

impl HttpConnector for Outgoing {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let https = outgoing::https(CONNECT)
            .map_err(|error| object_store::Error::Generic { store: "S3", source: Box::new(error) })?;
        Ok(HttpClient::new(Connections(Client::builder(TokioExecutor::new()).build(https))))
    }
}

#[derive(Debug)]
struct Connections(Client<Https, HttpRequestBody>);

#[async_trait]
impl HttpService for Connections {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = tokio::time::timeout(ANSWER, self.0.request(request)).await;
        let answer = answer.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
        let response = answer.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            HttpError::new(kind, error)
        })?;
        Ok(response.map(|body| HttpResponseBody::new(Answer { body, patience: Box::pin(sleep(IDLE)) })))
    }
}

/// The body of an answer, which must not stop in the middle.
struct Answer {
    body: Incoming,
    patience: Pin<Box<Sleep>>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.patience.as_mut().reset(tokio::time::Instant::now() + IDLE);
                Poll::Ready(frame.map(|frame| frame.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))))
            }
            Poll::Pending => self.patience.as_mut().poll(context).map(|()| {
                let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
                Some(Err(HttpError::new(HttpErrorKind::Timeout, late)))
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
