//! Offers in the shapes that browsers send, with more in them than an interview takes.
//!
//! Owns: descriptions written for these tests after RFC 8829 (JSEP) and RFC 8840 (trickle ICE). Never does: connect.

use rtc::sdp::description::session::SessionDescription;

use super::*;
use crate::audio::MediaRuntime;

/// The lines before the first section.
fn session(bundle: &str) -> String {
    format!(
        "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
         a=group:BUNDLE {bundle}\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n"
    )
}

/// The lines of a section that secure its transport.
const SECURITY: &str = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=ice-options:trickle\r\n\
    a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
    a=setup:actpass\r\n";

fn audio(candidates: &str) -> String {
    format!(
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n{candidates}{SECURITY}a=mid:0\r\n\
         a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=rtcp-mux\r\n\
         a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
         a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:8 PCMA/8000\r\na=ssrc:3735928559 cname:5bV1qXmA\r\na=ssrc:3735928559 msid:stream track\r\n"
    )
}

fn video() -> String {
    format!(
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n{SECURITY}a=mid:1\r\n\
         a=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n\
         a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 11 12\r\na=ssrc:11 cname:5bV1qXmA\r\na=ssrc:12 cname:5bV1qXmA\r\n"
    )
}

fn data() -> String {
    format!(
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n{SECURITY}a=mid:2\r\n\
         a=sctp-port:5000\r\na=max-message-size:262144\r\n"
    )
}

/// What the sections of an answer are: their medium and whether they are refused (port 0).
fn sections(answer: &str) -> Vec<(String, bool)> {
    let parsed = SessionDescription::unmarshal(&mut std::io::Cursor::new(answer)).unwrap();
    let sections = parsed.media_descriptions.iter();
    sections.map(|section| (section.media_name.media.clone(), section.media_name.port.value == 0)).collect()
}

fn expected(sections: &[(&str, bool)]) -> Vec<(String, bool)> {
    sections.iter().map(|(medium, refused)| ((*medium).to_owned(), *refused)).collect()
}

async fn answered(offer: &str) -> Result<String, TransportError> {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    Ok(engine.answer(offer).await?.sdp)
}

#[tokio::test]
async fn three_sections_are_answered_in_order_and_the_video_is_refused() {
    let chromium = session("0 1 2") + &audio("") + &video() + &data();
    let answer = answered(&chromium).await.unwrap();
    // A data channel may be opened. Nothing listens to it.
    assert_eq!(sections(&answer), expected(&[("audio", false), ("video", true), ("application", false)]), "{answer}");
}

#[tokio::test]
async fn candidates_that_cannot_be_used_do_no_harm() {
    let candidates = "a=candidate:1 1 udp 2113937151 8a3f2a1e-5b0c-4d5e-9f3a-2b1c0d9e8f7a.local 54321 typ host generation 0\r\n\
                      a=candidate:2 1 tcp 1518280447 127.0.0.1 9 typ host tcptype active generation 0\r\n\
                      a=candidate:3 1 udp 2113937151 127.0.0.1 54321 typ host generation 0\r\n\
                      a=candidate:4 2 udp 2113937150 127.0.0.1 54322 typ host generation 0\r\n\
                      a=end-of-candidates\r\n";
    let answer = answered(&(session("0") + &audio(candidates))).await.unwrap();
    assert_eq!(sections(&answer), expected(&[("audio", false)]), "{answer}");
}
