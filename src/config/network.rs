//! How the engine is reached: addresses, ports, TLS, NAT, STUN and TURN.
//!
//! Owns: what these settings mean, and whether they are consistent. Never does: open a socket or a
//! file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use reqwest::Url;

use super::{ConfigError, Settings, bad};
use voice::transport::IceServer;

impl Settings {
    pub(super) fn check_network(&self) -> Result<(), ConfigError> {
        self.udp_ports()?;
        self.ice_servers()?;
        self.public_addresses()?;
        self.tls()?;
        let url = &self.server.public_url;
        if !url.is_empty() && !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(bad("server.public_url", &format!("{url:?} is not an http or https URL")));
        }
        let (lost, given_up) = (self.ice.lost_after_seconds, self.ice.give_up_after_seconds);
        if !(0.5..=60.0).contains(&lost) {
            let why = "must be between 0.5 and 60 seconds";
            return Err(bad("ice.lost_after_seconds", why));
        }
        if !(given_up > lost && given_up <= 600.0) {
            let why = "must be longer than ICE_LOST_AFTER_SECONDS and at most 600 seconds";
            return Err(bad("ice.give_up_after_seconds", why));
        }
        Ok(())
    }

    /// Returns the UDP ports for calls. Each call uses one port.
    pub fn udp_ports(&self) -> Result<RangeInclusive<u16>, ConfigError> {
        let wrong = || {
            let why = format!("{:?} is not a range such as 49152-49999", self.ice.port_range);
            bad("ice.port_range", &why)
        };
        let (first, last) = self.ice.port_range.split_once('-').ok_or_else(wrong)?;
        let (first, last): (u16, u16) =
            (first.trim().parse().map_err(|_| wrong())?, last.trim().parse().map_err(|_| wrong())?);
        if first == 0 || first > last { Err(wrong()) } else { Ok(first..=last) }
    }

    /// Returns the STUN and TURN servers, for the pages and for the engine.
    pub fn ice_servers(&self) -> Result<Vec<IceServer>, ConfigError> {
        let entries = self.ice.servers.iter().filter(|entry| !entry.trim().is_empty());
        entries
            .map(|entry| {
                // The entry itself is left out, because it may contain a password and errors are
                // logged.
                ice_server(entry.trim())
                    .map_err(|why| bad("ice.servers", &format!("the entry for {}: {why}", without_credentials(entry))))
            })
            .collect()
    }

    /// Returns the servers that the engine itself uses to gather candidates: those that its sockets
    /// can reach.
    pub fn own_ice_servers(&self) -> Result<Vec<IceServer>, ConfigError> {
        let mut servers = self.ice_servers()?;
        let near = !self.reaches_out();
        servers.retain(|server| {
            server.urls.iter().all(|url| {
                let udp = url.starts_with("stun:") || (url.starts_with("turn:") && !url.ends_with("=tcp"));
                udp && (!near || host_of(url).is_some_and(|host| is_loopback(&host)))
            })
        });
        Ok(servers)
    }

    /// Returns the public addresses whose ports NAT forwards to this machine.
    pub fn public_addresses(&self) -> Result<Vec<IpAddr>, ConfigError> {
        let entries = self.ice.public_addresses.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| match entry.parse::<IpAddr>() {
                Ok(address) if !address.is_unspecified() => Ok(address),
                _ => {
                    let why = format!("{entry:?} is not an IP address such as 203.0.113.7");
                    Err(bad("ice.public_addresses", &why))
                }
            })
            .collect()
    }

    /// Returns true if other machines are meant to reach the engine.
    pub fn reaches_out(&self) -> bool {
        let named = Url::parse(&self.server.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        !self.server.host.is_loopback()
            || named.is_some_and(|host| !is_loopback(&host))
            || self.public_addresses().is_ok_and(|addresses| addresses.iter().any(|address| !address.is_loopback()))
    }

    /// Returns true if every caller needs a key, including those on this machine. See
    /// [`needs_key`].
    pub fn needs_key(&self) -> bool {
        let named = self.access.trusted_proxies.iter().any(|entry| !entry.trim().is_empty());
        needs_key(self.server.host, &self.server.public_url, named)
    }

    /// Restricts this engine to this machine, whatever the operator's settings are.
    pub fn keep_local(&mut self) {
        self.server.host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        for text in [&mut self.server.public_url, &mut self.server.tls_cert, &mut self.server.tls_key] {
            text.clear();
        }
        self.access.trusted_proxies.clear();
        self.ice.servers.clear();
        self.ice.public_addresses.clear();
    }

    /// Returns the addresses that may receive media. They are the address of API_HOST, or all
    /// interfaces if API_HOST is an unspecified address, or a loopback address behind a proxy. A
    /// proxy carries HTTP and not media.
    pub fn media_addresses(&self) -> Vec<IpAddr> {
        let host = self.server.host;
        if host.is_loopback() && self.reaches_out() {
            return vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
        }
        match host {
            // [::] also accepts IPv4.
            IpAddr::V6(all) if all.is_unspecified() => vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), host],
            one => vec![one],
        }
    }

    pub fn lost_after(&self) -> Duration {
        Duration::from_secs_f32(self.ice.lost_after_seconds)
    }

    pub fn give_up_after(&self) -> Duration {
        Duration::from_secs_f32(self.ice.give_up_after_seconds)
    }

    /// Returns the certificate and key files, if the engine terminates TLS.
    pub fn tls(&self) -> Result<Option<(&Path, &Path)>, ConfigError> {
        match (self.server.tls_cert.as_str(), self.server.tls_key.as_str()) {
            ("", "") => Ok(None),
            (_, "") => Err(bad(
                "server.tls_key",
                "is required with TLS_CERT. It is the private key of the \
                 certificate",
            )),
            ("", _) => Err(bad("server.tls_cert", "is required with TLS_KEY. It is the certificate chain of the key")),
            (cert, key) => Ok(Some((Path::new(cert), Path::new(key)))),
        }
    }

    /// Returns the URL under which respondents reach the engine, without a slash at the end.
    pub fn public_url(&self) -> String {
        if !self.server.public_url.is_empty() {
            return self.server.public_url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.server.tls_cert.is_empty() { "http" } else { "https" };
        let host = if self.server.host.is_unspecified() { own_address() } else { self.server.host };
        format!("{scheme}://{}", SocketAddr::new(host, self.server.port))
    }
}

/// Returns the local address of the route to the internet, or loopback if there is none. No packet
/// is sent.
fn own_address() -> IpAddr {
    let towards = || {
        let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    };
    towards().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// Returns true if a host name or address means this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns true if every caller of an engine that is bound to `host` needs a key, including those
/// on this machine. That is so as soon as other machines are meant to reach it, because a proxy may
/// make a foreign request look like a local one. `public_url` may be empty. `behind_proxies` is
/// true if the operator has named proxies.
pub fn needs_key(host: IpAddr, public_url: &str, behind_proxies: bool) -> bool {
    let named = Url::parse(public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    !host.to_canonical().is_loopback() || named.is_some_and(|host| !is_loopback(&host)) || behind_proxies
}

/// Returns the host of a server's URL. The credentials must have been removed from it.
pub fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once(':')?.1;
    split_address(rest.split('?').next()?).ok().map(|(host, _)| host.to_owned())
}

/// Returns the host and port of a server's URL.
pub fn address_of(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once(':')?;
    let (host, port) = split_address(rest.split('?').next()?).ok()?;
    let usual = if scheme.ends_with('s') { 5349 } else { 3478 };
    Some((host.trim_matches(['[', ']']).to_owned(), port.unwrap_or(usual)))
}

/// Parses `stun:host[:port]`, or `turn:user:password@host[:port][?transport=udp|tcp]` (`turns:`
/// with TLS).
fn ice_server(entry: &str) -> Result<IceServer, String> {
    let (scheme, rest) = entry.split_once(':').ok_or("it must be a URL such as stun:stun.example.org:3478")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "stun" | "stuns" | "turn" | "turns") {
        return Err("it must begin with stun:, stuns:, turn: or turns:".to_owned());
    }
    // Both spellings are in use.
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (credentials, rest) = match rest.rsplit_once('@') {
        Some((credentials, rest)) => (Some(credentials), rest),
        None => (None, rest),
    };
    let (address, query) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    split_address(address)?;
    let turn = scheme.starts_with("turn");
    let query = match query {
        None => String::new(),
        Some(query @ ("transport=udp" | "transport=tcp")) if turn => format!("?{query}"),
        Some(_) if turn => return Err("only transport=udp or transport=tcp may follow the ?".to_owned()),
        Some(_) => return Err("a STUN URL must end after the port".to_owned()),
    };
    let url = format!("{scheme}:{address}{query}");
    if !turn {
        return match credentials {
            None => Ok(IceServer { urls: vec![url], username: None, credential: None }),
            Some(_) => Err("a STUN URL must have no user and no password".to_owned()),
        };
    }
    let wanted = "a TURN URL must have a user and a password, as in turn:user:password@host:port";
    let (user, password) = credentials.and_then(|both| both.split_once(':')).ok_or(wanted)?;
    let (user, password) = (decoded(user)?, decoded(password)?);
    if user.is_empty() || password.is_empty() {
        return Err(wanted.to_owned());
    }
    Ok(IceServer { urls: vec![url], username: Some(user), credential: Some(password) })
}

fn split_address(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match address.rsplit_once(':') {
        // The colons within [2001:db8::1] do not separate the port.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (address, None),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let valid = if bracketed {
        host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok()
    } else {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    if !valid {
        return Err("its host is neither a name nor an address".to_owned());
    }
    let port = port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or("its port is not valid"));
    Ok((host, port.transpose()?))
}

/// Decodes characters that are written as in URLs, such as `%3A` and `%2C`.
fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let value = std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.filter(|_| digits.len() == 2).ok_or("two hexadecimal digits must follow the %")?);
    }
    String::from_utf8(bytes).map_err(|_| "its user or password is not valid UTF-8".to_owned())
}

/// Returns enough of the entry to identify it.
fn without_credentials(entry: &str) -> String {
    let place = match entry.rsplit_once('@') {
        Some((_, place)) => place.to_owned(),
        // The part after the second colon may be a password if the host is missing.
        None => entry.split(':').take(2).collect::<Vec<_>>().join(":"),
    };
    format!("{place:?}")
}

#[cfg(test)]
#[path = "network_tests.rs"]
mod tests;
