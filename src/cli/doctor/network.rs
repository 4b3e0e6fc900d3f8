//! The checks of what a browser on another machine needs: addresses, ports, TLS, access to the
//! microphone, and paths through NAT.
//!
//! Owns: these checks. Never does: test access from outside, which is impossible from this machine.
//! The findings say what remains unknown.

use std::net::{IpAddr, TcpListener, ToSocketAddrs, UdpSocket};
use std::path::Path;
use std::time::SystemTime;

use reqwest::Url;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{CheckResult, ice, running};
use crate::config::Settings;
use crate::config::network::is_loopback;
use crate::tls;
use voice::transport::IceServer;

/// A certificate that expires within so many days leads to a finding.
const SOON_DAYS: i64 = 14;
const DAY_SECONDS: i64 = 86_400;

pub fn examine(settings: &Settings) -> anyhow::Result<Vec<CheckResult>> {
    let mut findings =
        vec![http(settings), access(settings), udp(settings)?, addresses(settings)?, public_url(settings)];
    if let Some((cert, key)) = settings.tls()? {
        findings.push(certificate(cert, key, &settings.public_url()));
    }
    for server in settings.ice_servers()? {
        findings.push(ice_server(&server));
    }
    Ok(findings)
}

fn http(settings: &Settings) -> CheckResult {
    let address = std::net::SocketAddr::new(settings.server.host, settings.server.port);
    match TcpListener::bind(address) {
        Ok(_) => CheckResult::ok("HTTP port", format!("{address} is free")),
        Err(e) => {
            if let Some(version) = running::version(settings) {
                return CheckResult::ok(
                    "HTTP port",
                    format!("{address} is used by the running engine (version {version})"),
                );
            }
            let remedy = "end the program that uses it, or set API_HOST and API_PORT";
            CheckResult::missing("HTTP port", format!("{address}: {e}"), remedy)
        }
    }
}

/// Checks who needs a key, and whether the clients of a proxy can be told apart.
fn access(settings: &Settings) -> CheckResult {
    const CHECK: &str = "access";
    if !settings.needs_key() {
        return CheckResult::ok(CHECK, "requests from this machine need no key, and all others are refused");
    }
    let detail = "every request needs a key, including those from this machine (interviewer key create)";
    let behind = settings.server.host.is_loopback() && settings.access.trusted_proxies.is_empty();
    if !behind {
        return CheckResult::ok(CHECK, detail);
    }
    let detail = format!("{detail}. PUBLIC_URL leads to a proxy that TRUSTED_PROXIES does not name");
    let remedy = "set TRUSTED_PROXIES to its addresses, such as 127.0.0.1. Otherwise all of its clients share one \
        rate limit";
    CheckResult::missing(CHECK, detail, remedy).or_optional(false)
}

fn udp(settings: &Settings) -> anyhow::Result<CheckResult> {
    let (ports, addresses) = (settings.udp_ports()?, settings.media_addresses());
    let is_free = |port: &u16| addresses.iter().all(|address| UdpSocket::bind((*address, *port)).is_ok());
    let free = ports.clone().filter(is_free).count();
    let at = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (first, last) = (ports.start(), ports.end());
    let detail = format!("{free} of {} ports from {first} to {last} are free at {at}", ports.len());
    Ok(if free == 0 {
        CheckResult::missing("UDP ports", detail, "set ICE_PORT_RANGE to another range")
    } else if free < settings.calls.max_concurrent_interviews {
        let remedy = format!("{} calls may be live at once (MAX_CONCURRENT_INTERVIEWS). Widen ICE_PORT_RANGE", {
            settings.calls.max_concurrent_interviews
        });
        CheckResult::missing("UDP ports", detail, remedy).or_optional(false)
    } else {
        CheckResult::ok("UDP ports", detail)
    })
}

/// Lists the addresses that callers are given.
fn addresses(settings: &Settings) -> anyhow::Result<CheckResult> {
    const CHECK: &str = "media addresses";
    if !settings.reaches_out() {
        return Ok(CheckResult::ok(
            CHECK,
            "loopback, so only this machine can call (set PUBLIC_URL to open the engine to \
            others)",
        ));
    }
    let mut named = settings.public_addresses()?;
    for address in settings.media_addresses() {
        if address.is_unspecified() {
            named.extend(towards_the_world(address.is_ipv4()));
        } else {
            named.push(address);
        }
    }
    let list = named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let remedy = "behind NAT, set ICE_PUBLIC_ADDRESSES to the public address and forward ICE_PORT_RANGE (UDP), or set \
                  ICE_SERVERS to a TURN server";
    let relayed = settings.ice_servers()?.iter().any(|server| server.urls.iter().any(|url| url.starts_with("turn")));
    Ok(if named.is_empty() {
        CheckResult::missing(CHECK, "this machine has only a loopback address", remedy)
    } else if named.iter().any(|address| is_public(*address)) {
        CheckResult::ok(
            CHECK,
            format!(
                "{list}. Whether a firewall lets ICE_PORT_RANGE through can only be tested from \
            outside"
            ),
        )
    } else if relayed {
        CheckResult::ok(CHECK, format!("{list} (private), so callers from other networks need the TURN server"))
    } else {
        let detail = format!("{list} (private), so only callers in the same network can connect");
        CheckResult::missing(CHECK, detail, remedy).or_optional(false)
    })
}

/// Returns the local address of the route to the internet. No packet is sent.
fn towards_the_world(v4: bool) -> Option<IpAddr> {
    let (any, far) = if v4 { ("0.0.0.0:0", "192.0.2.1:9") } else { ("[::]:0", "[2001:db8::1]:9") };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(far).ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && (64..128).contains(&v4.octets()[1]);
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// Checks where links lead, and whether browsers give a page from there access to the microphone.
fn public_url(settings: &Settings) -> CheckResult {
    const CHECK: &str = "microphone";
    let url = settings.public_url();
    let parsed = Url::parse(&url).ok();
    let host = parsed.as_ref().and_then(Url::host_str).unwrap_or_default().to_owned();
    let secure = parsed.as_ref().is_some_and(|url| url.scheme() == "https");
    if !secure && !is_loopback(&host) {
        let detail = format!("{url} is not https, so browsers refuse its page access to the microphone");
        let remedy = "set TLS_CERT and TLS_KEY, or put a proxy with TLS in front and set PUBLIC_URL=https://…";
        return CheckResult::missing(CHECK, detail, remedy);
    }
    let port = parsed.as_ref().and_then(Url::port_or_known_default).unwrap_or(443);
    let name = host.trim_matches(['[', ']']);
    if (name, port).to_socket_addrs().is_ok_and(|mut addresses| addresses.next().is_some()) {
        return CheckResult::ok(CHECK, format!("links lead to {url}, where browsers allow access to the microphone"));
    }
    let detail = format!("links lead to {url}, whose name cannot be resolved on this machine");
    CheckResult::missing(CHECK, detail, "add the name to the DNS, or correct PUBLIC_URL").or_optional(false)
}

fn certificate(cert: &Path, key: &Path, url: &str) -> CheckResult {
    const CHECK: &str = "TLS";
    const REMEDY: &str =
        "correct TLS_CERT and TLS_KEY (PEM files: the chain, which begins with the server's certificate, and its key)";
    if let Err(error) = tls::server_config(cert, key) {
        return CheckResult::missing(CHECK, error.to_string(), REMEDY);
    }
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs() as i64);
    match tls::chain(cert)
        .map_err(|error| error.to_string())
        .and_then(|chain| certificate_status(&chain[0], &host, now))
    {
        Ok(CertificateStatus { days_left, named: true }) if days_left >= SOON_DAYS => {
            CheckResult::ok(CHECK, format!("for {host}, valid for {days_left} days"))
        }
        Ok(CertificateStatus { days_left, named: true }) => {
            let detail = format!("for {host}, valid for only {days_left} days");
            CheckResult::missing(CHECK, detail, "renew it, and restart the engine").or_optional(false)
        }
        Ok(CertificateStatus { .. }) => {
            let detail = format!("{} is not for {host}, the host of join links", cert.display());
            CheckResult::missing(CHECK, detail, "set PUBLIC_URL to a name that the certificate has, or get another one")
        }
        Err(reason) => CheckResult::missing(CHECK, format!("{}: {reason}", cert.display()), REMEDY),
    }
}

struct CertificateStatus {
    days_left: i64,
    /// The certificate names the host.
    named: bool,
}

fn certificate_status(der: &[u8], host: &str, now: i64) -> Result<CertificateStatus, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
    let validity = certificate.validity();
    if now > validity.not_after.timestamp() {
        return Err(format!("it expired on {}", validity.not_after));
    }
    if now < validity.not_before.timestamp() {
        return Err(format!("it is not valid before {}", validity.not_before));
    }
    let names = certificate.subject_alternative_name().map_err(|error| error.to_string())?;
    let host = host.trim_matches(['[', ']']);
    let address = host.parse::<IpAddr>().ok();
    let named = names.is_some_and(|names| {
        names.value.general_names.iter().any(|name| match name {
            GeneralName::DNSName(name) => address.is_none() && matches_name(name, host),
            GeneralName::IPAddress(bytes) => match address {
                Some(IpAddr::V4(v4)) => v4.octets() == *bytes,
                Some(IpAddr::V6(v6)) => v6.octets() == *bytes,
                None => false,
            },
            _ => false,
        })
    });
    Ok(CertificateStatus { days_left: (validity.not_after.timestamp() - now) / DAY_SECONDS, named })
}

/// `*.example.org` matches exactly one label in place of the `*`.
fn matches_name(name: &str, host: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
        None => name.eq_ignore_ascii_case(host),
    }
}

fn ice_server(server: &IceServer) -> CheckResult {
    const CHECK: &str = "ICE server";
    let url = server.urls.join(" ");
    match ice::ask(server) {
        Ok(said) => CheckResult::ok(CHECK, format!("{url}: {said}")),
        Err(why) => {
            let remedy = "correct the address, the user and the password in ICE_SERVERS, and check that firewalls let \
                the server through";
            CheckResult::missing(CHECK, format!("{url}: {why}"), remedy)
        }
    }
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
