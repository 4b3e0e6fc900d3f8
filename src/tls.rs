//! TLS that the engine terminates, with the operator's certificate and key.
//!
//! Owns: reading these files, and reporting what is wrong with them. Never does: fetch or renew
//! certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("TLS_CERT: {file} cannot be used: {reason}")]
    Certificate { file: PathBuf, reason: String },
    #[error("TLS_KEY: {file} cannot be used: {reason}")]
    Key { file: PathBuf, reason: String },
    #[error("TLS_CERT and TLS_KEY: {cert} and {key} do not match: {reason}")]
    Pair { cert: PathBuf, key: PathBuf, reason: String },
}

/// Reads the chain in the file, which begins with the server's certificate.
pub fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    certificates(file).map_err(|reason| TlsError::Certificate { file: file.to_owned(), reason })
}

/// Reads all certificates in a PEM file.
///
/// # Errors
/// The reason why there are none.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| plain(&error))?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(|error| plain(&error))?;
    if certificates.is_empty() {
        return Err("it contains no certificate in PEM form".to_owned());
    }
    Ok(certificates)
}

/// Builds the TLS configuration of the web server.
pub fn server_config(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = chain(cert)?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|e| TlsError::Key { file: key.to_owned(), reason: plain(&e) })?;
    let pair = |e: rustls::Error| TlsError::Pair { cert: cert.to_owned(), key: key.to_owned(), reason: e.to_string() };
    // The provider is named explicitly, because two are compiled in and rustls panics if it has to
    // choose.
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
        Error::NoItemsFound => "it does not contain the required items in PEM form".to_owned(),
        // The debug forms repeat lines of the file, which may be those of a key.
        _ => "its PEM form is damaged".to_owned(),
    }
}
