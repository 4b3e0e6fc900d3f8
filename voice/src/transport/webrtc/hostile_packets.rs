//! Packets that look like those of a call, and are none that the caller sent.
//!
//! Owns: STUN, DTLS, RTP and RTCP, written for the tests after their RFCs. Never does: send them.

use rand::Rng;
use rand::rngs::StdRng;

#[derive(Debug, Clone, Copy)]
pub(super) enum Protocol {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
}

impl Protocol {
    pub(super) const ALL: [Self; 4] = [Self::Stun, Self::Dtls, Self::Rtp, Self::Rtcp];

    /// Returns a packet that is well-formed, and that nobody has signed.
    pub(super) fn well_formed(self) -> Vec<u8> {
        match self {
            // A binding request with USERNAME, PRIORITY, USE-CANDIDATE, ICE-CONTROLLED (which is a
            // conflict of roles), MESSAGE-INTEGRITY and FINGERPRINT (RFC 8445, 7.1.1).
            Self::Stun => {
                let mut packet = hex::decode("000100542112a442000102030405060708090a0b").unwrap();
                packet.extend(hex::decode("000600096162636465666768690000000024000400ffffff00250000").unwrap());
                packet.extend(hex::decode("802900080000000000000001").unwrap());
                packet.extend([&[0, 8, 0, 20][..], &[7; 20], &[0x80, 0x28, 0, 4], &[7; 4]].concat());
                packet
            }
            Self::Dtls => client_hello(),
            Self::Rtp => [&[0x80, 111, 0, 1, 0, 0, 3, 192, 1, 2, 3, 4][..], &[9; 60]].concat(),
            // A sender report with one reception report (RFC 3550, 6.4.1).
            Self::Rtcp => [&[0x81, 200, 0, 12, 1, 2, 3, 4][..], &[9; 44 + 14]].concat(),
        }
    }

    /// Returns a packet that still looks like this protocol, with something wrong with it.
    pub(super) fn malformed(self, rng: &mut StdRng) -> Vec<u8> {
        let mut packet = self.well_formed();
        // The bytes that make the crate take it for this protocol stay.
        let kept = if matches!(self, Self::Rtp | Self::Rtcp) { 2 } else { 1 };
        match rng.random_range(0..4) {
            0 => packet.truncate(rng.random_range(kept..packet.len())),
            1 => {
                for _ in 0..rng.random_range(1..8) {
                    let at = rng.random_range(kept..packet.len());
                    packet[at] ^= 1 << rng.random_range(0..8);
                }
            }
            2 => {
                let length = rng.random_range(kept..1200);
                packet.truncate(kept);
                packet.extend((kept..length).map(|_| rng.random::<u8>()));
            }
            // Lengths that say more than there is.
            _ => {
                for _ in 0..rng.random_range(1..4) {
                    let at = rng.random_range(kept..packet.len() - 1);
                    packet[at..at + 2].copy_from_slice(&[0xff, rng.random()]);
                }
            }
        }
        match self {
            Self::Stun => packet[0] = rng.random_range(0..4),
            Self::Dtls => packet[0] = rng.random_range(20..64),
            Self::Rtp => packet[0] = 0x80 | rng.random::<u8>() & 0x3f,
            Self::Rtcp => packet[1] = rng.random_range(192..224),
        }
        packet
    }
}

/// A record of DTLS 1.2 (RFC 6347, 4.1) in the clear.
fn record(content_type: u8, sequence: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16).to_be_bytes();
    [&[content_type, 254, 253, 0, 0, 0, 0, 0, 0, 0, sequence][..], &length, content].concat()
}

/// A ClientHello with one cipher suite and no extensions.
fn client_hello() -> Vec<u8> {
    let body = [&[254, 253][..], &[5; 32], &[0, 0, 0, 2, 0xc0, 0x2b, 1, 0]].concat();
    let length = [0, 0, body.len() as u8];
    record(22, 0, &[&[1][..], &length, &[0, 0, 0, 0, 0], &length, &body].concat())
}

/// What could break off a handshake that believes it: a ClientHello, a HelloVerifyRequest and a
/// ServerHelloDone that the other side did not send, alerts, ChangeCipherSpec and data in the clear.
pub(super) fn handshake_breakers() -> Vec<Vec<u8>> {
    let alert = |level, description| record(21, 9, &[level, description]);
    let verify_request = [&[3, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 23, 254, 255, 20][..], &[8; 20]].concat();
    let done = [14, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    vec![
        client_hello(),
        record(22, 7, &verify_request),
        record(22, 8, &done),
        alert(2, 40),
        alert(1, 0),
        record(20, 9, &[1]),
        record(23, 9, &[0; 40]),
    ]
}
