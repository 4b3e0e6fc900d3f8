//! TLS that the engine terminates.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use interviewer::startup::{self, StartError};
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::session::settings;
use crate::support::certificate::{self, Certificate};

/// One request over TLS, trusting nothing but the certificate; the whole answer.
fn request(address: &str, certificate: &[u8], request: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[actix_web::test]
async fn the_engine_serves_with_a_certificate_of_the_operators() {
    let folder = tempfile::tempdir().unwrap();
    let Certificate { pem, cert, key } = certificate::self_signed(folder.path());
    let engine = startup::start(settings(folder.path(), &[("TLS_CERT", &cert), ("TLS_KEY", &key)])).await.unwrap();
    assert!(engine.url.starts_with("https://127.0.0.1:"), "{}", engine.url);
    let address = engine.url.trim_start_matches("https://").to_owned();
    let guide = r#"{"name":"G","research_objective":"R","sections":[{"section_name":"S","questions":[{"text":"What is it?"}]}]}"#;
    let post = |path: &str, body: &str| {
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
    };
    let json = async |text: String| -> Value {
        let (address, pem) = (address.clone(), pem.clone());
        let asking = move || request(&address, pem.as_bytes(), &text);
        let answer = tokio::task::spawn_blocking(asking).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let (start, end) = (answer.find('{').unwrap(), answer.rfind('}').unwrap());
        serde_json::from_str(&answer[start..=end]).unwrap()
    };
    let guide = json(post("/api/call-guides/", guide)).await;
    let body = format!(r#"{{"call_guide_id":{}}}"#, guide["id"]);
    let scheduled = json(post("/api/interviews/schedule", &body)).await;
    let link = scheduled["join_url"].as_str().unwrap();
    assert!(link.starts_with(&engine.url), "links are https without PUBLIC_URL: {link}");
    engine.stop(Duration::ZERO).await;
}

#[actix_web::test]
async fn a_certificate_that_cannot_be_used_is_named_and_nothing_starts() {
    let folder = tempfile::tempdir().unwrap();
    let cert = folder.path().join("cert.pem");
    std::fs::write(&cert, "no certificate").unwrap();
    let cert = cert.display().to_string();
    let result = startup::start(settings(folder.path(), &[("TLS_CERT", &cert), ("TLS_KEY", "nowhere.pem")])).await;
    let Err(StartError::Tls(error)) = result.map(|_| ()) else { panic!("it started") };
    assert!(error.to_string().contains("TLS_CERT") && error.to_string().contains(&cert), "{error}");
}
