//! What the operator allows beyond the public internet.
//!
//! Owns: the list of host names, addresses and networks. Never does: resolve a name.

use std::net::IpAddr;
use std::str::FromStr as _;

use ipnet::IpNet;

use super::address::{Refusal, embedded, refusal};

#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    #[error("`{0}` is neither an address, a network such as 10.1.0.0/16, nor a host's name such as hooks.example.org")]
    Entry(String),
}

/// The allow list. It is empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    networks: Vec<IpNet>,
    /// In lower case, without a dot at the end.
    hosts: Vec<String>,
}

impl Allow {
    /// Reads the entries. An entry is an address, a network (CIDR), a host name, or `*.name` for
    /// every host below it.
    pub fn read<'t>(entries: impl IntoIterator<Item = &'t str>) -> Result<Self, AllowError> {
        let mut allow = Self::default();
        for entry in entries {
            let entry = entry.trim();
            if let Ok(address) = IpAddr::from_str(entry) {
                allow.networks.push(address.into());
            } else if let Ok(network) = IpNet::from_str(entry) {
                allow.networks.push(network.trunc());
            } else if is_name(entry.strip_prefix("*.").unwrap_or(entry)) {
                allow.hosts.push(plain(entry));
            } else {
                return Err(AllowError::Entry(entry.to_owned()));
            }
        }
        Ok(allow)
    }

    /// Whether the host of this name may have any address.
    pub fn names(&self, host: &str) -> bool {
        let host = plain(host);
        self.hosts.iter().any(|entry| match entry.strip_prefix('*') {
            Some(below) => host.len() > below.len() && host.ends_with(below),
            None => *entry == host,
        })
    }

    /// Whether this address is on the list, in whichever form it is written.
    pub fn holds(&self, address: IpAddr) -> bool {
        let inner = match address {
            IpAddr::V6(outer) => embedded(outer).map(IpAddr::V4),
            IpAddr::V4(_) => None,
        };
        self.networks
            .iter()
            .any(|network| network.contains(&address) || inner.is_some_and(|one| network.contains(&one)))
    }

    /// Returns why this address of this host must not be called.
    pub fn refusal(&self, host: &str, address: IpAddr) -> Option<Refusal> {
        refusal(address).filter(|_| !self.names(host) && !self.holds(address))
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether the text is a host name: letters, digits, hyphens and dots. Its last label is not a
/// number, which would be a malformed address.
fn is_name(text: &str) -> bool {
    let labels: Vec<&str> = text.trim_end_matches('.').split('.').collect();
    let fits = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    text.len() <= 253
        && labels.iter().all(fits)
        && labels.last().is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_networks_and_names_are_allowed_and_nothing_beside_them() {
        let allow =
            Allow::read(["127.0.0.1", "10.1.2.3/16", "fd12::/16", "hooks.internal", "*.Example.org", "::1"]).unwrap();
        assert_eq!(allow.refusal("127.0.0.1", ip("127.0.0.1")), None);
        assert_eq!(allow.refusal("127.0.0.2", ip("127.0.0.2")), Some(Refusal::Loopback));
        assert_eq!(allow.refusal("x", ip("::ffff:127.0.0.1")), None, "the same address, written otherwise");
        assert_eq!(allow.refusal("x", ip("10.1.255.255")), None);
        assert_eq!(allow.refusal("x", ip("10.2.0.0")), Some(Refusal::Private));
        assert_eq!(allow.refusal("x", ip("fd12::7")), None);
        assert_eq!(allow.refusal("HOOKS.internal.", ip("192.168.0.1")), None);
        assert_eq!(allow.refusal("a.b.example.org", ip("192.168.0.1")), None);
        assert!(allow.refusal("example.org", ip("192.168.0.1")).is_some());
        assert!(allow.refusal("evilexample.org", ip("192.168.0.1")).is_some());
        assert!(allow.refusal("hooks.internal.evil.org", ip("192.168.0.1")).is_some());
        assert_eq!(Allow::default().refusal("example.org", ip("93.184.215.14")), None);
    }

    #[test]
    fn what_is_no_entry_is_named() {
        for entry in ["", "10.0.0.0/33", "300.1.1.1", "http://host", "a b", "host:80", "*.*", "-", "0x7f.1"] {
            let read = Allow::read([entry]);
            // A hyphen alone is a name that nobody has; it harms nothing.
            assert!(read.is_err() || entry == "-", "{entry}: {read:?}");
        }
    }
}
