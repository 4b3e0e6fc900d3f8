//! Connections of ours to servers elsewhere: over TLS that trusts what this machine trusts.
//!
//! Owns: the certificates we trust and the TLS provider. Never does: send anything, or follow redirects.

use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

pub type Https = HttpsConnector<HttpConnector>;

/// https and plain http; which servers may be asked in plain http is decided where the settings are read. Loading the
/// machine's certificates takes a moment.
pub fn https(connect_within: Duration) -> Result<Https, rustls::Error> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(connect_within));
    connector.set_nodelay(true);
    let tls = trusting(&[])?;
    Ok(HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(connector))
}

/// TLS that trusts what this machine trusts, and these.
pub fn trusting(more: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(machine.certs);
    if roots.is_empty() {
        tracing::warn!(errors = ?machine.errors, "this machine trusts no certificates: https servers can't be reached");
    }
    for certificate in more {
        roots.add(certificate.clone())?;
    }
    // The provider by name: two are compiled in, and rustls panics when it has to choose.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
