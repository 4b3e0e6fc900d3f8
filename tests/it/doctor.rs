//! The doctor knows an engine that runs when it sees one.

use std::path::Path;
use std::process::Command;

use interviewer::startup::{self, Running};
use serde_json::Value;

use crate::session::settings;
use crate::support::certificate::{self, Certificate};

/// What the doctor finds of the HTTP port, with the settings of a running engine.
async fn http_port(engine: &Running, data_dir: &Path, also: &[(&str, &str)]) -> Value {
    let port = engine.url.rsplit(':').next().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    command.args(["doctor", "--json"]).env_clear().env("DATA_DIR", data_dir).env("API_PORT", &port);
    command
        .envs(also.iter().copied())
        .env("PUBLIC_URL", format!("{}://localhost:{port}", engine.url.split(':').next().unwrap()));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    findings.as_array().unwrap().iter().find(|finding| finding["check"] == "HTTP port").unwrap().clone()
}

#[actix_web::test]
async fn a_port_that_the_engine_itself_has_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let engine = startup::start(settings(folder.path(), &[])).await.unwrap();
    let found = http_port(&engine, folder.path(), &[]).await;
    assert_eq!(found["state"], "ok", "{found}");
    assert!(found["detail"].as_str().unwrap().contains("is used by the running engine"), "{found}");
    engine.stop(std::time::Duration::ZERO).await;
}

#[actix_web::test]
async fn the_engine_is_known_behind_a_certificate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let Certificate { cert, key, .. } = certificate::self_signed(folder.path());
    let tls = [("TLS_CERT", cert.as_str()), ("TLS_KEY", key.as_str())];
    let engine = startup::start(settings(folder.path(), &tls)).await.unwrap();
    let found = http_port(&engine, folder.path(), &tls).await;
    assert!(found["detail"].as_str().unwrap().contains("is used by the running engine"), "{found}");
    engine.stop(std::time::Duration::ZERO).await;
}
