//! Which addresses a webhook may call: only those of the public internet.
//!
//! Owns: the ranges, which are those of the IANA special-purpose registries (RFC 6890 and its
//! updates). Never does: resolve a name.
//!
//! An address that contains an IPv4 address (mapped, compatible, NAT64) is judged as that one as
//! well. Tunnels (6to4, Teredo) are refused whatever they contain, because what is at their end
//! cannot be known.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address must not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Unspecified,
    Loopback,
    Private,
    LinkLocal,
    UniqueLocal,
    /// An address that a provider shares between its customers (RFC 6598).
    CarrierNat,
    Multicast,
    Documentation,
    /// An address at which a cloud gives machines their credentials.
    Metadata,
    /// A tunnel: 6to4 or Teredo.
    Tunnel,
    /// An address for protocols or benchmarks, or one that is not assigned.
    Reserved,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::UniqueLocal => "a unique local address",
            Self::CarrierNat => "an address behind a provider's NAT",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documentation",
            Self::Metadata => "a cloud's metadata service",
            Self::Tunnel => "a tunnel's address",
            Self::Reserved => "a reserved address",
        })
    }
}

/// Returns why this address must not be called, or `None` if it is on the public internet.
pub fn refusal(address: IpAddr) -> Option<Refusal> {
    match address {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => of_v6(address),
    }
}

/// Returns the IPv4 address that an IPv6 address contains, whether mapped, compatible or NAT64.
pub(super) fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let carries = match address.segments() {
        // Mapped; NAT64 (RFC 6052); translated (RFC 2765): ::ffff:0:a.b.c.d.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => true,
        // Compatible addresses (RFC 4291, 2.5.5.1), except :: and ::1, which are addresses of their
        // own.
        [0, 0, 0, 0, 0, 0, high, low] => high != 0 || low > 1,
        _ => false,
    };
    let [.., first, second, third, last] = address.octets();
    carries.then(|| Ipv4Addr::new(first, second, third, last))
}

fn of_v4(address: Ipv4Addr) -> Option<Refusal> {
    Some(match address.octets() {
        // Addresses at which machines in a cloud get their credentials or settings.
        [169, 254, 169, 254] | [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192] => Refusal::Metadata,
        // "This network" (RFC 1122): many systems treat it as the machine itself.
        [0, ..] => Refusal::Unspecified,
        [127, ..] => Refusal::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Refusal::Private,
        [169, 254, ..] => Refusal::LinkLocal,
        [100, 64..=127, ..] => Refusal::CarrierNat,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Refusal::Documentation,
        // The relays of 6to4 (RFC 7526).
        [192, 88, 99, _] => Refusal::Tunnel,
        [224..=239, ..] => Refusal::Multicast,
        // Protocol assignments (RFC 6890), benchmarks (RFC 2544), and class E with the broadcast
        // address.
        [192, 0, 0, _] | [198, 18..=19, ..] | [240..=255, ..] => Refusal::Reserved,
        _ => return None,
    })
}

fn of_v6(address: Ipv6Addr) -> Option<Refusal> {
    if let Some(inner) = embedded(address) {
        return of_v4(inner);
    }
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Refusal::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => Refusal::Loopback,
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Refusal::Metadata,
        // Site-local addresses are deprecated (RFC 3879). They preceded unique local ones.
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Refusal::UniqueLocal,
        [0xfe80..=0xfebf, ..] => Refusal::LinkLocal,
        [0xff00..=0xffff, ..] => Refusal::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Refusal::Documentation,
        [0x2002, ..] | [0x2001, 0, ..] => Refusal::Tunnel,
        // Protocol assignments: benchmarks, ORCHID and others (RFC 2928, a /23).
        [0x2001, 0..=0x1ff, ..] => Refusal::Reserved,
        // Addresses that are assigned to the public (RFC 3587). They include neither the local
        // NAT64 prefix (RFC 8215) nor anything else.
        [0x2000..=0x3fff, ..] => return None,
        _ => Refusal::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<Refusal> {
        refusal(address.parse().unwrap())
    }

    #[test]
    fn every_special_range_is_refused_at_both_its_ends() {
        for (first, last, why) in [
            ("0.0.0.0", "0.255.255.255", Refusal::Unspecified),
            ("10.0.0.0", "10.255.255.255", Refusal::Private),
            ("100.64.0.0", "100.127.255.255", Refusal::CarrierNat),
            ("127.0.0.0", "127.255.255.255", Refusal::Loopback),
            ("169.254.0.0", "169.254.255.255", Refusal::LinkLocal),
            ("172.16.0.0", "172.31.255.255", Refusal::Private),
            ("192.0.0.0", "192.0.0.255", Refusal::Reserved),
            ("192.0.2.0", "192.0.2.255", Refusal::Documentation),
            ("192.88.99.0", "192.88.99.255", Refusal::Tunnel),
            ("192.168.0.0", "192.168.255.255", Refusal::Private),
            ("198.18.0.0", "198.19.255.255", Refusal::Reserved),
            ("198.51.100.0", "198.51.100.255", Refusal::Documentation),
            ("203.0.113.0", "203.0.113.255", Refusal::Documentation),
            ("224.0.0.0", "239.255.255.255", Refusal::Multicast),
            ("240.0.0.0", "255.255.255.255", Refusal::Reserved),
            ("fc00::", "fdff:ffff::", Refusal::UniqueLocal),
            ("fe80::", "febf:ffff::", Refusal::LinkLocal),
            ("fec0::", "feff:ffff::", Refusal::UniqueLocal),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Refusal::Multicast),
            ("2001:db8::", "2001:db8:ffff::ffff", Refusal::Documentation),
            ("3fff::", "3fff:fff:ffff::", Refusal::Documentation),
            ("2002::", "2002:ffff::ffff", Refusal::Tunnel),
            ("2001::", "2001:0:ffff::ffff", Refusal::Tunnel),
            ("2001:1::", "2001:1ff:ffff::", Refusal::Reserved),
            ("100::", "1fff:ffff::", Refusal::Reserved),
            ("4000::", "fbff:ffff::", Refusal::Reserved),
            ("64:ff9b:1::", "64:ff9b:1:ffff::", Refusal::Reserved),
        ] {
            assert_eq!(of(first), Some(why), "{first}");
            assert_eq!(of(last), Some(why), "{last}");
        }
        assert_eq!((of("::"), of("::1")), (Some(Refusal::Unspecified), Some(Refusal::Loopback)));
    }

    #[test]
    fn metadata_services_are_refused_however_they_are_written() {
        for address in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
        ] {
            assert_eq!(of(address), Some(Refusal::Metadata), "{address}");
        }
        // 6to4 and Teredo may lead there as well.
        assert_eq!(of("2002:a9fe:a9fe::1"), Some(Refusal::Tunnel));
        assert_eq!(of("2001:0:a9fe:a9fe::1"), Some(Refusal::Tunnel));
    }

    #[test]
    fn an_address_within_another_is_judged_as_itself() {
        for inner in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "100.64.0.1", "224.0.0.1", "0.0.0.0"] {
            let expected = of(inner);
            for outer in [format!("::ffff:{inner}"), format!("64:ff9b::{inner}"), format!("::ffff:0:{inner}")] {
                assert_eq!(of(&outer), expected, "{outer}");
            }
        }
        assert_eq!(of("::127.0.0.1"), Some(Refusal::Loopback));
        assert_eq!(of("::ffff:8.8.8.8"), None);
        assert_eq!(of("64:ff9b::8.8.8.8"), None);
    }

    #[test]
    fn the_public_internet_may_be_called() {
        for address in ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"] {
            assert_eq!(of(address), None, "{address}");
        }
        for address in ["172.15.0.1", "172.32.0.1", "223.255.255.255", "2606:4700::1111", "2001:200::1", "2a00::"] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
