//! `interviewer health`: does the engine of these settings answer? For containers and service managers.
//!
//! Owns: the question and the exit code. Never does: start anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

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
        let address = SocketAddr::new(local(settings.server.host), settings.server.port);
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

/// Where an engine that is bound to every address is reached from here.
fn local(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    }
}
