//! The outgoing connection for sign-in: requests to the provider over TLS, with the trusted
//! certificates of this machine.
//!
//! Owns: the limits of time and size, and that no redirect is followed (a provider's answer must
//! not direct the engine elsewhere).

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use openidconnect::{HttpRequest, HttpResponse};
use tokio::sync::OnceCell;

use outgoing::Https;

const LIMIT: Duration = Duration::from_secs(10);
/// Metadata, key sets and tokens have a few kilobytes.
const MOST: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("the provider did not answer within {} seconds", LIMIT.as_secs())]
    Slow,
    #[error("{0}")]
    Failed(String),
}

#[derive(Default)]
pub struct Provider(OnceCell<Client<Https, Full<bytes::Bytes>>>);

impl Provider {
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let client = self.0.get_or_try_init(|| std::future::ready(client())).await?;
        let exchange = async {
            let request = request.map(|body| Full::new(bytes::Bytes::from(body)));
            let failed = |error: &dyn std::fmt::Display| ProviderError::Failed(error.to_string());
            let (head, body) = client.request(request).await.map_err(|error| failed(&error))?.into_parts();
            let body = Limited::new(body, MOST).collect().await.map_err(|error| failed(&error))?;
            Ok(HttpResponse::from_parts(head, body.to_bytes().to_vec()))
        };
        tokio::time::timeout(LIMIT, exchange).await.map_err(|_| ProviderError::Slow)?
    }
}

/// The client is created when the first user signs in, because loading the machine's certificates
/// takes a moment.
fn client() -> Result<Client<Https, Full<bytes::Bytes>>, ProviderError> {
    let https = outgoing::https(LIMIT).map_err(|error| ProviderError::Failed(error.to_string()))?;
    Ok(Client::builder(TokioExecutor::new()).build(https))
}
