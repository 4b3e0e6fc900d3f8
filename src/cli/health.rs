//! `interviewer health`: does the engine of these settings answer? For containers and service managers.
//!
//! Owns: the question and the exit code. Never does: start anything.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::doctor::running::reached;
use crate::config::Settings;

/// Shorter than any health check's own patience.
const LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Ask whether calls can be taken now, not only whether the process answers.
    #[arg(long)]
    ready: bool,
}

impl HealthArgs {
    /// Exit code 0 when it answers well, 1 otherwise, with the reason on stderr.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let address = SocketAddr::new(reached(settings.server.host), settings.server.port);
        if settings.tls()?.is_some() {
            // Our certificate names the public address, not this one: that somebody listens has to do.
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
