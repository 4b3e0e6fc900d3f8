//! Reads and writes what a session says about ICE: credentials and candidates, as SDP fragments
//! (RFC 8840) and inside whole descriptions.
//!
//! Owns: reading and writing these lines. Never does: know their effect on a connection.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

/// The size limit of a fragment in bytes. Real ones have 1 KiB to 2 KiB.
const MAX_FRAGMENT: usize = 16 * 1024;
/// The maximum number of candidates per ICE session, whether they arrive with the offer or later.
/// For each candidate, the engine sends about eight packets to an address that the caller chooses,
/// and that need not be the caller's. Browsers send fewer than twenty candidates.
pub(super) const MAX_CANDIDATES: usize = 32;

/// The fragment cannot be read, or is larger than a session may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the fragment can't be used: {0}")]
pub struct BadFragment(pub String);

/// Credentials and candidates of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fragment {
    /// The username fragment and the password.
    pub credentials: Option<(String, String)>,
    /// The values of the candidate attributes, without `candidate:`.
    pub candidates: Vec<String>,
    /// The media section of the fragment. With one transport there is only one.
    pub mid: Option<String>,
}

impl Fragment {
    /// Reads a fragment that the other side sent.
    pub fn read(text: &str) -> Result<Self, BadFragment> {
        if text.len() > MAX_FRAGMENT {
            return Err(bad("it is longer than 16 KiB"));
        }
        if text.lines().any(|line| !line.trim_end().is_empty() && line.as_bytes().get(1) != Some(&b'=')) {
            return Err(bad("each line of SDP must be a letter, an equals sign and a value"));
        }
        let fragment = Self::of(text)?;
        if fragment.candidates.len() > MAX_CANDIDATES {
            return Err(bad(&format!("it has more than {MAX_CANDIDATES} candidates")));
        }
        Ok(fragment)
    }

    /// Reads the credentials and candidates of a whole description.
    pub fn of(description: &str) -> Result<Self, BadFragment> {
        let (mut ufrag, mut pwd, mut found) = (None, None, Self::default());
        for line in description.lines().map(str::trim_end) {
            if let Some(value) = line.strip_prefix("a=ice-ufrag:") {
                credential(&mut ufrag, value, 4)?;
            } else if let Some(value) = line.strip_prefix("a=ice-pwd:") {
                credential(&mut pwd, value, 22)?;
            } else if let Some(value) = line.strip_prefix("a=candidate:") {
                found.candidates.extend(usable(value)?);
            } else if let Some(value) = line.strip_prefix("a=mid:") {
                found.mid.get_or_insert_with(|| value.to_owned());
            }
        }
        found.credentials = match (ufrag, pwd) {
            (Some(ufrag), Some(pwd)) => Some((ufrag, pwd)),
            (None, None) => None,
            _ => return Err(bad("ice-ufrag and ice-pwd must be given together")),
        };
        Ok(found)
    }

    /// Returns the fragment as it is transmitted, with all its candidates.
    pub fn write(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        if let Some((ufrag, pwd)) = &self.credentials {
            let _ = write!(text, "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n");
        }
        let mid = self.mid.as_deref().unwrap_or("0");
        let _ = write!(text, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:{mid}\r\n");
        for candidate in &self.candidates {
            let _ = write!(text, "a=candidate:{candidate}\r\n");
        }
        text.push_str("a=end-of-candidates\r\n");
        text
    }

    /// Returns the description with its credentials and candidates replaced by these. The result is
    /// what a new offer or answer would have said, because nothing else may change (RFC 9725,
    /// 4.3.3).
    pub fn renew(&self, description: &str) -> String {
        let mut text = String::new();
        let mut sections = 0;
        for line in description.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            if line.starts_with("m=") {
                sections += 1;
                if sections == 2 {
                    self.write_candidates(&mut text);
                }
            }
            let line = match (&self.credentials, line) {
                (_, line) if line.starts_with("a=candidate:") || line == "a=end-of-candidates" => continue,
                (Some((ufrag, _)), line) if line.starts_with("a=ice-ufrag:") => format!("a=ice-ufrag:{ufrag}"),
                (Some((_, pwd)), line) if line.starts_with("a=ice-pwd:") => format!("a=ice-pwd:{pwd}"),
                (_, line) if line.starts_with("o=") => next_version(line),
                (_, line) => line.to_owned(),
            };
            text.push_str(&line);
            text.push_str("\r\n");
        }
        if sections < 2 {
            self.write_candidates(&mut text);
        }
        text
    }

    fn write_candidates(&self, text: &mut String) {
        for candidate in &self.candidates {
            let _ = write!(text, "a=candidate:{candidate}\r\n");
        }
    }
}

/// Increments the version of an origin line, which is its third word, as in `o=- 123 2 IN IP4
/// 0.0.0.0` (RFC 8866, 5.2).
fn next_version(origin: &str) -> String {
    let mut words: Vec<String> = origin.split(' ').map(str::to_owned).collect();
    if let Some(word) = words.get_mut(2)
        && let Ok(version) = word.parse::<u64>()
    {
        *word = version.wrapping_add(1).to_string();
    }
    words.join(" ")
}

fn credential(place: &mut Option<String>, value: &str, least: usize) -> Result<(), BadFragment> {
    let is_ice_char = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    // Some clients use characters that the grammar does not allow. Spaces and control characters
    // are refused, because they would be copied into the engine's own lines.
    if value.len() < least || value.len() > 256 || !value.chars().all(|c| is_ice_char(c) || c.is_ascii_punctuation()) {
        return Err(bad("its ICE credentials are malformed (RFC 8839, 5.4)"));
    }
    match place {
        Some(earlier) if earlier != value => Err(bad("it names two ICE sessions")),
        _ => {
            *place = Some(value.to_owned());
            Ok(())
        }
    }
}

/// Returns a candidate that the engine checks: UDP with an address. Candidates with an mDNS name
/// are not needed, because the browser's own checks reach the engine. The engine opens no TCP
/// connections.
fn usable(value: &str) -> Result<Option<String>, BadFragment> {
    let words: Vec<&str> = value.split_whitespace().collect();
    let &[_, component, protocol, priority, address, port, "typ", _, ..] = words.as_slice() else {
        return Err(bad("a candidate is malformed"));
    };
    if component.parse::<u16>().is_err() || priority.parse::<u32>().is_err() || port.parse::<u16>().is_err() {
        return Err(bad("a candidate is malformed"));
    }
    let reachable = address.parse::<IpAddr>().is_ok_and(|address| is_of_one_host(address) && port != "0");
    let wanted = protocol.eq_ignore_ascii_case("udp") && reachable;
    Ok(wanted.then(|| words.join(" ")))
}

/// Returns true for the address of a single machine.
fn is_of_one_host(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !(address.is_multicast() || address.is_unspecified() || address == IpAddr::V4(Ipv4Addr::BROADCAST))
}

/// Returns the offer with only those candidates that can be checked, up to the limit, and their
/// number.
pub(super) fn with_usable_candidates(offer: &str) -> (String, usize) {
    let mut kept = 0;
    let mut text = String::with_capacity(offer.len());
    for line in offer.split_inclusive('\n') {
        if let Some(candidate) = line.trim_end().strip_prefix("a=candidate:") {
            if kept == MAX_CANDIDATES || !matches!(usable(candidate), Ok(Some(_))) {
                continue;
            }
            kept += 1;
        }
        text.push_str(line);
    }
    (text, kept)
}

/// Returns the description with the public addresses as further candidates. Behind NAT, the same
/// ports are forwarded from them. Without public addresses, the description is unchanged.
pub(super) fn with_public_addresses(description: &str, public: &[IpAddr]) -> String {
    let Some(last) = description.rfind("a=candidate:").filter(|_| !public.is_empty()) else {
        return description.to_owned();
    };
    let mut added = String::new();
    for (index, address) in public.iter().enumerate() {
        let of_family = |host: &&Host| host.address.is_ipv4() == address.is_ipv4();
        let hosts: Vec<Host> = description.lines().filter_map(Host::read).collect();
        let Some(host) = hosts.iter().find(of_family) else { continue };
        if hosts.iter().any(|host| host.address == *address) {
            continue;
        }
        // The priority of a server-reflexive candidate, in the order of the setting (RFC 8445,
        // 5.1.2.1).
        let priority: u32 = (100 << 24) + ((65_535 - index as u32) << 8) + 255;
        let (port, base) = (host.port, host.address);
        let _ = write!(
            added,
            "a=candidate:public{index} 1 udp {priority} {address} {port} typ srflx raddr {base} rport {port}\r\n"
        );
    }
    let end = description[last..].find('\n').map_or(description.len(), |end| last + end + 1);
    format!("{}{added}{}", &description[..end], &description[end..])
}

struct Host {
    address: IpAddr,
    port: u16,
}

impl Host {
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.strip_prefix("a=candidate:")?.split_whitespace().collect();
        let &[_, _, protocol, _, address, port, "typ", "host", ..] = words.as_slice() else { return None };
        let host = Self { address: address.parse().ok()?, port: port.parse().ok()? };
        protocol.eq_ignore_ascii_case("udp").then_some(host)
    }
}

fn bad(reason: &str) -> BadFragment {
    BadFragment(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTION: &str = "v=0\r\no=- 7 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
        a=candidate:1 1 udp 2130706431 10.0.0.5 50000 typ host\r\n\
        a=candidate:2 1 udp 2130706431 fd00::5 50000 typ host\r\na=end-of-candidates\r\n";

    #[test]
    fn of_an_offers_candidates_only_so_many_are_kept_and_only_a_callers() {
        let of = |n: usize| format!("a=candidate:{n} 1 udp 2130706431 203.0.113.{} 50000 typ host\r\n", n % 250);
        let many: String = (0..800).map(of).collect();
        let (offer, kept) = with_usable_candidates(&format!("{DESCRIPTION}{many}"));
        assert_eq!((kept, offer.matches("a=candidate:").count()), (MAX_CANDIDATES, MAX_CANDIDATES));
        assert!(offer.starts_with("v=0\r\n") && offer.contains("10.0.0.5"), "the first ones: {offer}");
        assert_eq!(with_usable_candidates(DESCRIPTION), (DESCRIPTION.to_owned(), 2), "a browser's stays as it is");
        for address in
            ["224.0.0.251 5353", "255.255.255.255 9", "0.0.0.0 9", "::ffff:224.0.0.1 9", "ff02::fb 5353", "192.0.2.1 0"]
        {
            let line = format!("a=candidate:1 1 udp 2130706431 {address} typ host\r\n");
            assert_eq!(with_usable_candidates(&line), (String::new(), 0), "{address}");
        }
    }

    #[test]
    fn a_fragment_is_read_and_what_it_is_not_is_named() {
        let text = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n\
            a=candidate:1 1 UDP 2130706431 192.0.2.1 61764 typ host generation 0\r\n\
            a=candidate:2 1 udp 2130706431 4d9c.local 61765 typ host\r\n\
            a=candidate:3 1 tcp 1518280447 192.0.2.1 9 typ host tcptype passive\r\na=end-of-candidates\r\n";
        let fragment = Fragment::read(text).unwrap();
        assert_eq!(fragment.credentials, Some(("EsAw".to_owned(), "P2uYro0UCOQ4zxjKXaWCBui1".to_owned())));
        assert_eq!(fragment.candidates, ["1 1 UDP 2130706431 192.0.2.1 61764 typ host generation 0"]);
        assert_eq!(Fragment::read(&fragment.write()).unwrap(), fragment);
        for broken in [
            "hello",
            "a=ice-ufrag:EsAw\r\n",
            "a=ice-ufrag:EsAw\r\na=ice-pwd:short\r\n",
            "a=ice-ufrag:EsAw\r\na=ice-ufrag:Other\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n",
            "a=candidate:1 1 udp many 192.0.2.1 61764 typ host\r\n",
            "a=candidate:nothing\r\n",
        ] {
            assert!(matches!(Fragment::read(broken), Err(BadFragment(_))), "{broken}");
        }
        assert!(Fragment::read(&"a=x\r\n".repeat(10_000)).is_err());
    }

    #[test]
    fn a_renewed_description_differs_in_nothing_but_ice() {
        let credentials = Some(("efgh".to_owned(), "abcdefghijklmnopqrstuv".to_owned()));
        let candidates = vec!["9 1 udp 1 192.0.2.9 9999 typ host".to_owned()];
        let fragment = Fragment { credentials, candidates, mid: None };
        let renewed = fragment.renew(DESCRIPTION);
        let found = Fragment::of(&renewed).unwrap();
        assert_eq!((found.credentials, found.candidates), (fragment.credentials, fragment.candidates));
        assert!(renewed.contains("o=- 7 3 IN IP4 0.0.0.0\r\n") && !renewed.contains("10.0.0.5"), "{renewed}");
        let rest = |text: &str| -> Vec<String> {
            let ice = ["o=", "a=ice-", "a=candidate:", "a=end-of"];
            text.lines().filter(|line| !ice.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect()
        };
        assert_eq!(rest(&renewed), rest(DESCRIPTION));
    }

    #[test]
    fn public_addresses_stand_beside_ours_with_the_same_port() {
        let addresses = ["203.0.113.7".parse().unwrap(), "2001:db8::7".parse().unwrap()];
        let text = with_public_addresses(DESCRIPTION, &addresses);
        let found = Fragment::of(&text).unwrap().candidates;
        assert_eq!(found.len(), 4, "{text}");
        assert!(found[2].ends_with(" 203.0.113.7 50000 typ srflx raddr 10.0.0.5 rport 50000"), "{text}");
        assert!(found[3].ends_with(" 2001:db8::7 50000 typ srflx raddr fd00::5 rport 50000"), "{text}");
        assert!(text.ends_with("a=end-of-candidates\r\n"));
        assert_eq!(with_public_addresses(DESCRIPTION, &[]), DESCRIPTION);
        // An address of the machine itself needs no second candidate.
        assert_eq!(with_public_addresses(DESCRIPTION, &["10.0.0.5".parse().unwrap()]), DESCRIPTION);
    }
}
