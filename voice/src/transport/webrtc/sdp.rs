//! The requirements that an offer must meet, and the payload type that it names.
//!
//! Owns: checking session descriptions. Never does: write them.

use rtc::sdp::description::media::MediaDescription;
use webrtc::peer_connection::RTCSessionDescription;

use crate::transport::TransportError;

/// The size limit of a description in bytes, which is more than any browser sends.
const MAX_SDP: usize = 64 * 1024;

/// Parses an offer. It must have one audio section with Opus in both directions, and what ICE and
/// DTLS require.
pub(super) fn read_offer(sdp: &str) -> Result<RTCSessionDescription, TransportError> {
    if sdp.len() > MAX_SDP {
        return Err(bad("it is longer than 64 KiB"));
    }
    let description = RTCSessionDescription::offer(sdp.to_owned()).map_err(|error| bad(&error.to_string()))?;
    let parsed = description.unmarshal().map_err(|error| bad(&error.to_string()))?;
    let mut sections = parsed.media_descriptions.iter().filter(|section| section.media_name.media == "audio");
    let audio = sections.next().ok_or_else(|| bad("it has no audio section"))?;
    if sections.next().is_some() {
        return Err(bad("it has more than one audio section"));
    }
    if opus_payload_type(audio).is_none() {
        return Err(TransportError::NoCodec);
    }
    for direction in ["sendonly", "recvonly", "inactive"] {
        if audio.has_attribute(direction) {
            return Err(bad(&format!("its audio is {direction} and must be sendrecv")));
        }
    }
    for needed in ["ice-ufrag", "ice-pwd", "fingerprint"] {
        if !audio.has_attribute(needed) && parsed.attribute(needed).is_none() {
            return Err(bad(&format!("it has no {needed}")));
        }
    }
    Ok(description)
}

/// Returns Opus's payload type in the first audio section that has one.
pub(super) fn negotiated_payload_type(description: &RTCSessionDescription) -> Option<u8> {
    let parsed = description.unmarshal().ok()?;
    parsed.media_descriptions.iter().filter(|section| section.media_name.media == "audio").find_map(opus_payload_type)
}

fn opus_payload_type(section: &MediaDescription) -> Option<u8> {
    section.attributes.iter().filter(|attribute| attribute.key == "rtpmap").find_map(|attribute| {
        let (payload_type, codec) = attribute.value.as_deref()?.trim().split_once(' ')?;
        let codec = codec.trim();
        let is_opus = codec.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("opus/"));
        is_opus.then(|| payload_type.parse().ok()).flatten()
    })
}

fn bad(reason: &str) -> TransportError {
    TransportError::BadOffer(reason.to_owned())
}
