//! `interviewer health`: checks whether the engine of these settings answers. It is meant for
//! containers and service managers.
//!
//! Owns: the request and the exit code. Never does: start anything.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::doctor::running::reached;
use crate::config::Settings;

/// This is shorter than the timeout of common health checks.
const LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Check whether calls can be accepted, not only whether the process answers.
    #[arg(long)]
    ready: bool,
}

impl HealthArgs {
    /// Returns exit code 0 if the engine is healthy. Otherwise it returns 1 and prints the reason
    /// to stderr.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let address = SocketAddr::new(reached(settings.server.host), settings.server.port);
        if settings.tls()?.is_some() {
            // The certificate names the public address and not this one, so only the connection is
            // tested.
            TcpStream::connect_timeout(&address, LIMIT)?;
            return Ok(ExitCode::SUCCESS);
        }
        let url = format!("http://{address}/api/health/{}", if self.ready { "ready" } else { "live" });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let answer = runtime.block_on(async {
            let client = reqwest::Client::builder().timeout(LIMIT).no_proxy().build()?;
            client.get(&url).send().await
        })?;
        if answer.status().is_success() {
            return Ok(ExitCode::SUCCESS);
        }
        hint!("{url} answers {}", answer.status());
        Ok(ExitCode::FAILURE)
    }
}
