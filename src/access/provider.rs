//! The one outgoing connection of signing in: requests to the provider, over TLS that trusts what this machine trusts.
//!
//! Owns: limits of time and size, and that no redirect is followed (a provider's answer must not send us elsewhere).

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use openidconnect::{HttpRequest, HttpResponse};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

const LIMIT: Duration = Duration::from_secs(10);
/// Descriptions, key sets and tokens are a few kilobytes.
const MOST: usize = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("no answer within {} seconds", LIMIT.as_secs())]
    Slow,
    #[error("{0}")]
    Failed(String),
}

type Https = hyper_rustls::HttpsConnector<hyper_util::client::legacy::connect::HttpConnector>;

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

/// Only made when somebody signs in: loading the machine's certificates takes a moment.
fn client() -> Result<Client<Https, Full<bytes::Bytes>>, ProviderError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| ProviderError::Failed(error.to_string()))?;
    let tls = match versions.clone().with_native_roots() {
        Ok(roots) => roots.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "this machine trusts no certificates: an https provider can't be reached");
            versions.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    };
    // Which issuers may be plain http is decided where the settings are read: those on this machine.
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(https))
}
