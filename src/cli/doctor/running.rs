//! The check whether the engine of these settings is running on this machine.
//!
//! Owns: one request to one address. Never does: start anything, or take another server for the
//! engine.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;

use crate::config::Settings;
use crate::tls;

const PATIENCE: Duration = Duration::from_secs(3);
/// A longer answer in bytes does not come from an engine.
const LONGEST: u64 = 64 * 1024;

/// Returns the version of the engine that answers at the address of the settings. It is `None` if
/// there is no answer, or the answer comes from another server.
pub(super) fn version(settings: &Settings) -> Option<String> {
    let address = SocketAddr::new(reached(settings.server.host), settings.server.port);
    let stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let health = match settings.tls().ok()? {
        None => ask(stream, &address.to_string()),
        Some((chain, _)) => {
            // The certificate names the public host. It is trusted here because the settings name
            // it, whoever signed it.
            let trusted = tls::chain(chain).ok()?;
            let url = Url::parse(&settings.public_url()).ok()?;
            let host = url.host_str()?;
            let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok()?;
            let config = Arc::new(outgoing::trusting(&trusted).ok()?);
            let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            ask(StreamOwned::new(ClientConnection::new(config, name).ok()?, stream), &authority)
        }
    }?;
    // These members identify the engine's `/api/health/`. Other servers may have a version, too.
    let components = health.get("components")?;
    let ours = ["database", "models", "queues"].iter().all(|name| components.get(name).is_some());
    health.get("version").filter(|_| ours)?.as_str().map(str::to_owned)
}

/// Returns the address at which an engine that is bound to every address can be reached from this
/// machine.
pub(in crate::cli) fn reached(bound: IpAddr) -> IpAddr {
    match bound {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    }
}

fn ask(mut stream: impl Read + Write, host: &str) -> Option<Value> {
    // HTTP/1.0 is used so that the answer is not split into chunks and ends with the connection.
    write!(stream, "GET /api/health/ HTTP/1.0\r\nHost: {host}\r\n\r\n").ok()?;
    stream.flush().ok()?;
    let mut answer = Vec::new();
    // A server that closes without a TLS close_notify has still answered.
    let _ = stream.take(LONGEST).read_to_end(&mut answer);
    let answer = String::from_utf8(answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
