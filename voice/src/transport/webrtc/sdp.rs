//! The requirements that an offer must meet, and the sections of a description that the interview
//! does not use.
//!
//! Owns: checking offers, reducing them to their audio section, and refusing the other sections in
//! the answer. Never does: describe the engine's own side; the crate does.

use rtc::sdp::description::common::{Address, Attribute, ConnectionInformation};
use rtc::sdp::description::media::MediaDescription;
use rtc::sdp::description::session::SessionDescription;
use webrtc::peer_connection::RTCSessionDescription;

use crate::transport::TransportError;

/// The size limit of a description in bytes, which is more than any browser sends.
const MAX_SDP: usize = 64 * 1024;
/// The limit of media sections. Browsers send one to three.
const MAX_SECTIONS: usize = 32;
/// The identifier of the audio section where the offer gives none (RFC 5888).
const OWN_MID: &str = "0";
/// The attributes of a transport. In an offer whose sections share one transport, a section that
/// must share it (`bundle-only`) has none of them (RFC 9143, 7.2.1), so the first section's apply.
const OF_TRANSPORT: [&str; 8] =
    ["ice-ufrag", "ice-pwd", "ice-options", "fingerprint", "setup", "candidate", "end-of-candidates", "rtcp-mux"];

/// An offer reduced to its audio section, and what an answer to the whole of it must have.
#[derive(Debug)]
pub(super) struct ReadOffer {
    /// The offer as though it had the audio section only.
    pub audio_only: RTCSessionDescription,
    /// Opus's payload type in the offer.
    pub payload_type: u8,
    /// The offer's sections in order, each as its refusal. None stands for the audio section.
    sections: Vec<Option<MediaDescription>>,
    /// Whether the offer identifies its sections. An answer may do so only then.
    has_mids: bool,
}

impl ReadOffer {
    /// Parses an offer. Among its sections, which may be stopped ones, video and data channels,
    /// one must be audio with Opus in both directions, and what ICE and DTLS require.
    pub fn read(sdp: &str) -> Result<Self, TransportError> {
        if sdp.len() > MAX_SDP {
            return Err(bad("it is longer than 64 KiB"));
        }
        let whole = RTCSessionDescription::offer(sdp.to_owned()).map_err(|error| bad(&error.to_string()))?;
        let mut parsed = whole.unmarshal().map_err(|error| bad(&error.to_string()))?;
        if parsed.media_descriptions.len() > MAX_SECTIONS {
            return Err(bad(&format!("it has more than {MAX_SECTIONS} sections")));
        }
        let is_audio = |section: &MediaDescription| section.media_name.media == "audio";
        let mut live =
            parsed.media_descriptions.iter().enumerate().filter(|(_, section)| is_audio(section) && is_live(section));
        let (index, _) = live.next().ok_or_else(|| {
            let stopped = parsed.media_descriptions.iter().any(is_audio);
            bad(if stopped { "its audio section is stopped (port 0)" } else { "it has no audio section" })
        })?;
        if live.next().is_some() {
            return Err(bad("it has more than one audio section"));
        }
        let has_mids = parsed.media_descriptions[index].has_attribute("mid");
        let sections = parsed.media_descriptions.iter().enumerate();
        let sections = sections.map(|(n, section)| (n != index).then(|| refusal(section))).collect();
        let audio = alone(&parsed, index);
        let payload_type = opus_payload_type(&audio).ok_or(TransportError::NoCodec)?;
        check(&audio, &parsed)?;
        parsed.attributes.retain(|attribute| attribute.key != "group");
        parsed.attributes.push(attribute("group", format!("BUNDLE {}", mid_of(&audio).unwrap_or_default())));
        parsed.media_descriptions = vec![audio];
        let audio_only = RTCSessionDescription::offer(parsed.marshal()).map_err(|error| bad(&error.to_string()))?;
        Ok(Self { audio_only, payload_type, sections, has_mids })
    }

    /// Returns the answer to the whole offer: its sections in their order, and every one but the
    /// audio section refused by port 0 (RFC 3264, 6). `answer` is the answer to
    /// [`audio_only`](Self::audio_only).
    pub fn complete(&self, answer: &str) -> Result<String, TransportError> {
        let answer = RTCSessionDescription::answer(answer.to_owned()).map_err(super::connection)?;
        let mut answer = answer.unmarshal().map_err(super::connection)?;
        let mut audio =
            answer.media_descriptions.pop().ok_or_else(|| super::connection("the answer has no section"))?;
        if !self.has_mids {
            answer.attributes.retain(|attribute| attribute.key != "group");
            audio.attributes.retain(|attribute| attribute.key != "mid");
        }
        let sections = self.sections.iter();
        answer.media_descriptions = sections.map(|refused| refused.clone().unwrap_or_else(|| audio.clone())).collect();
        Ok(answer.marshal())
    }
}

/// Returns Opus's payload type in the answer's audio section.
pub(super) fn payload_type_of_answer(answer: &RTCSessionDescription) -> Option<u8> {
    let parsed = answer.unmarshal().ok()?;
    parsed.media_descriptions.iter().filter(|section| section.media_name.media == "audio").find_map(opus_payload_type)
}

/// Returns false for a section that was stopped, or that never carried anything. Port 0 also stands
/// in a live section that has no transport of its own (RFC 9143, 6).
fn is_live(section: &MediaDescription) -> bool {
    section.media_name.port.value != 0 || section.has_attribute("bundle-only")
}

/// Returns the section as it would be in an offer without the others.
fn alone(parsed: &SessionDescription, index: usize) -> MediaDescription {
    let mut section = parsed.media_descriptions[index].clone();
    if mid_of(&section).is_none() {
        section.attributes.retain(|attribute| attribute.key != "mid");
        section.attributes.push(attribute("mid", OWN_MID.to_owned()));
    }
    if section.media_name.port.value == 0 {
        // 9 is the port of those who send candidates (RFC 8840, 4.1.1).
        section.media_name.port.value = 9;
        section.attributes.retain(|attribute| attribute.key != "bundle-only");
        if !section.has_attribute("ice-ufrag")
            && let Some(first) = first_of_bundle(parsed)
        {
            let of_transport =
                first.attributes.iter().filter(|attribute| OF_TRANSPORT.contains(&attribute.key.as_str()));
            section.attributes.extend(of_transport.cloned());
        }
    }
    section
}

/// Returns the section that the others share the transport of: the one that the group names first.
fn first_of_bundle(parsed: &SessionDescription) -> Option<&MediaDescription> {
    let groups = parsed.attributes.iter().filter(|attribute| attribute.key == "group");
    let first = groups
        .filter_map(|group| group.value.as_deref()?.strip_prefix("BUNDLE "))
        .find_map(|mids| mids.split(' ').next())?;
    parsed.media_descriptions.iter().find(|section| mid_of(section) == Some(first))
}

fn mid_of(section: &MediaDescription) -> Option<&str> {
    section.attribute("mid").flatten().map(str::trim).filter(|mid| !mid.is_empty())
}

fn check(audio: &MediaDescription, parsed: &SessionDescription) -> Result<(), TransportError> {
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
    Ok(())
}

/// Returns the section of an answer that refuses this section of an offer.
fn refusal(offered: &MediaDescription) -> MediaDescription {
    let mut refused = MediaDescription { media_name: offered.media_name.clone(), ..MediaDescription::default() };
    refused.media_name.port.value = 0;
    refused.media_name.port.range = None;
    refused.connection_information = Some(ConnectionInformation {
        network_type: "IN".into(),
        address_type: "IP4".into(),
        address: Some(Address { address: "0.0.0.0".into(), ttl: None, range: None }),
    });
    refused.attributes.extend(mid_of(offered).map(|mid| attribute("mid", mid.to_owned())));
    refused
}

fn opus_payload_type(section: &MediaDescription) -> Option<u8> {
    section.attributes.iter().filter(|attribute| attribute.key == "rtpmap").find_map(|attribute| {
        let (payload_type, codec) = attribute.value.as_deref()?.trim().split_once(' ')?;
        let codec = codec.trim();
        let is_opus = codec.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("opus/"));
        is_opus.then(|| payload_type.parse().ok()).flatten()
    })
}

fn attribute(key: &str, value: String) -> Attribute {
    Attribute::new(key.to_owned(), Some(value))
}

fn bad(reason: &str) -> TransportError {
    TransportError::BadOffer(reason.to_owned())
}
