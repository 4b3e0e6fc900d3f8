//! The client address of a request that came through proxies.
//!
//! Owns: TRUSTED_PROXIES, and parsing `X-Forwarded-For` and `Forwarded` (RFC 7239). Never does:
//! believe a header that no trusted proxy has confirmed.

use std::net::IpAddr;
use std::str::FromStr as _;

use ipnet::IpNet;

/// An entry of TRUSTED_PROXIES that is neither an address nor a network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address such as 10.0.0.5 nor a network such as 10.0.0.0/24")]
pub struct ProxyError(String);

/// The operator's proxies. None are trusted by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Parses addresses and networks in CIDR notation.
    ///
    /// # Errors
    /// The first entry that is neither.
    pub fn read<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, ProxyError> {
        let read = |entry: &str| {
            let address = IpAddr::from_str(entry).map(|address| IpNet::from(address.to_canonical()));
            address.or_else(|_| IpNet::from_str(entry)).map_err(|_| ProxyError(entry.to_owned()))
        };
        let entries = entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty());
        Ok(Self(entries.map(read).collect::<Result<_, _>>()?))
    }

    /// Returns true if the operator has named no proxy.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the client's address, which is the nearest one that is not a trusted proxy.
    /// `x_forwarded_for` and `forwarded` are the values of these headers in the order in which they
    /// were received.
    ///
    /// Each proxy appends the address that it was reached from. Therefore the lists are read from
    /// their end, up to the first address that no trusted proxy has confirmed. A client may have
    /// sent either header itself, and a proxy that writes one of them passes on the other. If the
    /// two disagree, neither is believed, and the peer address is used.
    pub fn client(&self, peer: IpAddr, x_forwarded_for: &[&str], forwarded: &[&str]) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let first = self.nearest(peer, x_forwarded_for.iter().rev().flat_map(|value| value.rsplit(',')).map(address));
        let second = self.nearest(peer, forwarded.iter().rev().flat_map(|value| hops(value)));
        match (x_forwarded_for.is_empty(), forwarded.is_empty()) {
            (false, true) => first,
            (true, false) => second,
            (false, false) if first == second => first,
            _ => peer,
        }
    }

    fn nearest(&self, peer: IpAddr, hops: impl Iterator<Item = Option<IpAddr>>) -> IpAddr {
        let mut client = peer;
        for hop in hops {
            // An `unknown` address ends the search. The proxy itself is the last address that is
            // certain.
            let Some(hop) = hop else { break };
            client = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        client
    }
}

/// Parses an address in the forms that proxies write: with or without a port, and IPv6 with or
/// without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => text,
    };
    // Only an IPv4 address with a port has a single colon.
    let without_port = bare.split_once(':').filter(|(_, rest)| !rest.contains(':')).map(|(address, _)| address);
    without_port.unwrap_or(bare).parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Returns the `for` of each element of a `Forwarded` header, the nearest first.
fn hops(value: &str) -> impl Iterator<Item = Option<IpAddr>> {
    let elements = outside_quotes(value, ',');
    elements.into_iter().rev().map(|element| {
        outside_quotes(element, ';').into_iter().find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"')).and_then(address)
        })
    })
}

/// Splits at separators that are not within quotation marks.
fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c| {
        let splits = c == separator && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        splits
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.5";

    fn ours() -> TrustedProxies {
        TrustedProxies::read(["127.0.0.1", " 10.0.0.0/24 ", "2001:db8:f::/48"]).unwrap()
    }

    fn client(peer: &str, x_forwarded_for: &[&str], forwarded: &[&str]) -> String {
        ours().client(peer.parse().unwrap(), x_forwarded_for, forwarded).to_string()
    }

    #[test]
    fn the_nearest_address_that_is_not_trusted_is_the_clients() {
        assert_eq!(client(PROXY, &["203.0.113.9"], &[]), "203.0.113.9");
        // The part before it comes from the client and is not trusted.
        assert_eq!(client(PROXY, &["192.0.2.1, 203.0.113.9"], &[]), "203.0.113.9");
        assert_eq!(client(PROXY, &["192.0.2.1", "203.0.113.9, 10.0.0.7"], &[]), "203.0.113.9");
        assert_eq!(client("::ffff:10.0.0.5", &["203.0.113.9:4711"], &[]), "203.0.113.9");
        assert_eq!(client("2001:db8:f::1", &["[2001:db8::9]:4711, 127.0.0.1"], &[]), "2001:db8::9");
        assert_eq!(client(PROXY, &["2001:db8::9"], &[]), "2001:db8::9");
        // All of them are trusted, so the farthest one is the client.
        assert_eq!(client(PROXY, &["10.0.0.8, 10.0.0.7"], &[]), "10.0.0.8");
    }

    #[test]
    fn nobody_else_is_believed() {
        assert_eq!(client("203.0.113.9", &["192.0.2.1"], &["for=192.0.2.1"]), "203.0.113.9");
        assert_eq!(client(PROXY, &["192.0.2.1, unknown"], &[]), PROXY);
        assert_eq!(client(PROXY, &["192.0.2.1, unknown, 10.0.0.7"], &[]), "10.0.0.7");
        assert_eq!(client(PROXY, &[], &[]), PROXY);
        assert_eq!(client(PROXY, &[""], &[]), PROXY);
        let none = TrustedProxies::default();
        assert_eq!(none.client("127.0.0.1".parse().unwrap(), &["192.0.2.1"], &[]).to_string(), "127.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_has_it() {
        for (value, expected) in [
            ("for=203.0.113.9", "203.0.113.9"),
            ("for=192.0.2.1, For=\"203.0.113.9:80\";proto=https;by=10.0.0.5", "203.0.113.9"),
            ("proto=https;for=\"[2001:db8::9]:4711\"", "2001:db8::9"),
            ("for=203.0.113.9;host=\"a,b;for=192.0.2.1\", for=10.0.0.7", "203.0.113.9"),
            ("for=203.0.113.9;host=\"a\\\",for=192.0.2.1\"", "203.0.113.9"),
            ("for=_hidden", PROXY),
            ("proto=https", PROXY),
            ("for=192.0.2.1, for=unknown", PROXY),
        ] {
            assert_eq!(client(PROXY, &[], &[value]), expected, "{value}");
        }
    }

    #[test]
    fn two_headers_count_only_where_they_agree() {
        assert_eq!(client(PROXY, &["203.0.113.9"], &["for=203.0.113.9"]), "203.0.113.9");
        assert_eq!(client(PROXY, &["203.0.113.9"], &["for=192.0.2.1"]), PROXY);
        assert_eq!(client(PROXY, &["192.0.2.1"], &["for=203.0.113.9"]), PROXY);
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in ["10.0.0.0/33", "proxy.example.org", "10.0.0", "*"] {
            assert_eq!(TrustedProxies::read(["10.0.0.1", wrong]).unwrap_err(), ProxyError(wrong.to_owned()));
        }
        assert!(TrustedProxies::read(["", " "]).unwrap().is_empty());
    }
}
