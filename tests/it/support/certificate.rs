//! A certificate that an engine can use in a test.

use std::path::Path;

/// A self-signed certificate for `localhost`.
pub struct Certificate {
    pub pem: String,
    /// The paths of the files, as TLS_CERT and TLS_KEY take them.
    pub cert: String,
    pub key: String,
}

/// Writes a new certificate and its key to the folder.
pub fn self_signed(folder: &Path) -> Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let pem = made.cert.pem();
    std::fs::write(&cert, &pem).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Certificate { pem, cert: cert.display().to_string(), key: key.display().to_string() }
}
