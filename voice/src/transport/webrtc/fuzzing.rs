//! What the fuzz targets call of this module.
//!
//! Owns: nothing. Never does: open a connection.

use super::fragment::{self, Fragment};
use super::sdp::ReadOffer;

/// Reads an offer, as the engine does before it opens a connection.
pub fn offer(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (usable, candidates) = fragment::with_usable_candidates(text);
    assert!(usable.len() <= text.len() && candidates <= fragment::MAX_CANDIDATES);
    let Ok(offer) = ReadOffer::read(&usable) else { return };
    // The engine reads again what it has written.
    assert!(offer.audio_only.unmarshal().is_ok());
    let _ = offer.complete(&offer.audio_only.sdp);
    let _ = Fragment::of(&usable).map(|found| found.renew(&usable));
}

/// Reads a fragment of trickle ICE, as `PATCH` carries it, and applies it to a description.
pub fn fragment(bytes: &[u8]) {
    const DESCRIPTION: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(read) = Fragment::read(text) else { return };
    assert!(read.candidates.len() <= fragment::MAX_CANDIDATES);
    // What is written is read as the same, so no line of the other side's becomes two.
    assert_eq!(Fragment::read(&read.write()).map(|again| (again.credentials, again.candidates)), {
        Ok((read.credentials.clone(), read.candidates.clone()))
    });
    assert_eq!(Fragment::of(&read.renew(DESCRIPTION)).map(|again| again.candidates), Ok(read.candidates));
}
