//! TLS of our own: the operator's certificate and key, for the web server.
//!
//! Owns: reading them, and saying what is wrong with them. Never does: fetch or renew certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("TLS_CERT: {file} can't be used: {reason}")]
    Certificate { file: PathBuf, reason: String },
    #[error("TLS_KEY: {file} can't be used: {reason}")]
    Key { file: PathBuf, reason: String },
    #[error("TLS_CERT and TLS_KEY: {cert} and {key} don't go together: {reason}")]
    Pair { cert: PathBuf, key: PathBuf, reason: String },
}

/// The chain in the file, the server's own certificate first.
pub fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(file).map_err(|reason| TlsError::Certificate { file: file.to_owned(), reason })
}

/// All certificates in a PEM file; or why there are none.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| plain(&error))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| plain(&error))?;
    if certificates.is_empty() {
        return Err("there is no certificate in it (PEM is wanted)".to_owned());
    }
    Ok(certificates)
}

/// What the web server serves with.
pub fn server_config(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = chain(cert)?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|e| TlsError::Key { file: key.to_owned(), reason: plain(&e) })?;
    let pair = |e: rustls::Error| TlsError::Pair { cert: cert.to_owned(), key: key.to_owned(), reason: e.to_string() };
    // The provider by name: two are compiled in, and rustls panics when it has to choose.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(pair)
}

fn plain(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error;
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "what is wanted of it is not in it (PEM is wanted)".to_owned(),
        // Their debug forms repeat lines of the file, which may be those of a key.
        _ => "it is damaged PEM".to_owned(),
    }
}
