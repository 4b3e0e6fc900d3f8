//! Where a webhook goes: its URL, judged before any name is resolved.
//!
//! Owns: which URLs may be called. Never does: resolve a name, or connect.
//!
//! An address can be written in many ways in a URL (`0x7f.1`, `2130706433`, full-width digits). The
//! parser of the URL standard turns all of them into the address, which is then judged.

use std::net::IpAddr;

use url::{Host, Url};

use super::allow::Allow;

const LONGEST: usize = 2_048;

/// A URL that may be called, as far as the URL itself tells. The addresses of a name are judged
/// when it is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub https: bool,
    pub host: TargetHost,
    pub port: u16,
    /// The path and the query.
    pub path: String,
    /// The value of the header `Host`.
    pub authority: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetHost {
    Name(String),
    Address(IpAddr),
}

impl Target {
    /// Parses the URL, or returns every reason why it must not be called. Plain HTTP is allowed for
    /// hosts on the allow list only.
    pub fn read(text: &str, allow: &Allow) -> Result<Self, Vec<String>> {
        if text.len() > LONGEST {
            return Err(vec![format!("must be at most {LONGEST} characters long")]);
        }
        let url = Url::parse(text).map_err(|error| vec![format!("must be an absolute URL: {error}")])?;
        let mut faults = Vec::new();
        if !matches!(url.scheme(), "https" | "http") {
            return Err(vec![format!("must be https, not {}", url.scheme())]);
        }
        if !url.username().is_empty() || url.password().is_some() {
            faults.push("a name and a password don't belong into the URL: set a header instead".to_owned());
        }
        if url.fragment().is_some() {
            faults.push("the part behind # is never sent: leave it out".to_owned());
        }
        let (host, allowed) = match url.host() {
            None => return Err(vec!["must have a host".to_owned()]),
            Some(Host::Domain(name)) => {
                let local = matches!(name.trim_end_matches('.').rsplit('.').next(), Some("localhost"));
                if local && !allow.names(name) {
                    faults.push(refused("this machine itself", name));
                }
                (TargetHost::Name(name.to_owned()), allow.names(name))
            }
            Some(Host::Ipv4(address)) => judged(IpAddr::V4(address), allow, &mut faults),
            Some(Host::Ipv6(address)) => judged(IpAddr::V6(address), allow, &mut faults),
        };
        if url.scheme() == "http" && !allowed {
            faults.push(
                "must be https; plain http is for hosts on the operator's allow list (webhooks.allow, WEBHOOKS_ALLOW)"
                    .to_owned(),
            );
        }
        let (Some(port), true) = (url.port_or_known_default(), faults.is_empty()) else { return Err(faults) };
        if port == 0 {
            return Err(vec!["nothing answers at port 0".to_owned()]);
        }
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { https: url.scheme() == "https", host, port, path, authority })
    }

    /// The host in the form that the allow list uses.
    pub fn name(&self) -> String {
        match &self.host {
            TargetHost::Name(name) => name.clone(),
            TargetHost::Address(address) => address.to_string(),
        }
    }
}

fn judged(address: IpAddr, allow: &Allow, faults: &mut Vec<String>) -> (TargetHost, bool) {
    let text = address.to_string();
    if let Some(refusal) = allow.refusal(&text, address) {
        faults.push(refused(&refusal.to_string(), &text));
    }
    (TargetHost::Address(address), allow.holds(address))
}

fn refused(what: &str, host: &str) -> String {
    format!("{host} is {what}: the operator has to allow it (webhooks.allow, WEBHOOKS_ALLOW)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Target::read(text, &Allow::default()).err().unwrap_or_default()
    }

    #[test]
    fn a_public_url_is_taken_apart() {
        let target = Target::read("https://Hooks.Example.org/a/b?c=d", &Allow::default()).unwrap();
        assert_eq!(
            target,
            Target {
                https: true,
                host: TargetHost::Name("hooks.example.org".to_owned()),
                port: 443,
                path: "/a/b?c=d".to_owned(),
                authority: "hooks.example.org".to_owned(),
            }
        );
        assert_eq!(
            Target::read("https://[2606:4700::1]:8443", &Allow::default()).unwrap().authority,
            "[2606:4700::1]:8443"
        );
    }

    #[test]
    fn this_machine_is_refused_however_it_is_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0x7f000001",
            "2130706433",
            "017700000001",
            "0177.0.0.1",
            "127.0.0.1.",
            "１２７.0.0.1",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[::7f00:1]",
            "0",
            "0.0.0.0",
            "[::]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "10.0.0.1",
            "0xa9fea9fe",
            "169.254.169.254",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[2002:7f00:1::]",
            "3232235777",
        ] {
            let faults = faults(&format!("https://{host}/"));
            assert_eq!(faults.len(), 1, "{host}: {faults:?}");
            assert!(faults[0].contains("webhooks.allow, WEBHOOKS_ALLOW"), "{host}: {faults:?}");
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        assert_eq!(faults("http://user:secret@127.0.0.1/#part").len(), 4);
        for text in
            ["", "hooks", "/path", "ftp://example.org/", "file:///etc/passwd", "https://", "javascript:alert(1)"]
        {
            assert_eq!(faults(text).len(), 1, "{text}");
        }
        assert_eq!(faults("http://example.org/").len(), 1);
        assert_eq!(faults("https://example.org:0/").len(), 1);
        assert_eq!(faults(&format!("https://example.org/{}", "a".repeat(LONGEST))).len(), 1);
    }

    #[test]
    fn what_the_operator_allows_may_be_plain() {
        let allow = Allow::read(["127.0.0.1", "hooks.internal"]).unwrap();
        assert!(Target::read("http://127.0.0.1:9000/", &allow).is_ok());
        assert!(Target::read("http://hooks.internal/", &allow).is_ok());
        assert!(Target::read("http://127.0.0.2:9000/", &allow).is_err());
        assert!(Target::read("http://localhost/", &allow).is_err());
    }
}
