//! Offers in the shapes that browsers send, with more in them than an interview takes.
//!
//! Owns: descriptions written for these tests after RFC 8829 (JSEP), RFC 8840 (trickle ICE) and RFC 9143 (BUNDLE).
//! Never does: imitate a browser beyond its offer.

use rtc::sdp::description::session::SessionDescription;

use super::*;
use crate::audio::MediaRuntime;
use crate::port::LegEvent;

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
    let answer = answered(&chromium()).await.unwrap();
    // Nothing would listen to a data channel.
    assert_eq!(sections(&answer), expected(&[("audio", false), ("video", true), ("application", true)]), "{answer}");
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

/// An offer of Chromium's.
pub(super) fn chromium() -> String {
    session("0 1 2") + &audio("") + &video() + &data()
}

/// An offer of Firefox's: the fingerprint stands before the sections, all of which name one transport.
pub(super) fn firefox() -> String {
    let ice = "a=ice-ufrag:5a1c2f6b\r\na=ice-pwd:0a9b8c7d6e5f40312233445566778899\r\n";
    format!(
        "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 5029182431208465871 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n\
         a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
         a=group:BUNDLE 0 1 2\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n\
         m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n\
         a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
         a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n{ice}a=mid:0\r\n\
         a=msid:{{5d0b1c7e}} {{9f3a2b1c}}\r\na=rtcp-mux\r\na=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000/1\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=setup:actpass\r\n\
         a=ssrc:2231627014 cname:{{4c3e}}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 120 124\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\na=fmtp:124 apt=120\r\n{ice}a=mid:1\r\n\
         a=rtcp-fb:120 nack\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:120 VP8/90000\r\na=rtpmap:124 rtx/90000\r\na=setup:actpass\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n{ice}a=mid:2\r\n\
         a=setup:actpass\r\na=sctp-port:5000\r\na=max-message-size:1073741823\r\n"
    )
}

/// An offer of Safari's with the policy `max-bundle`: the second and third section have no transport of their own.
pub(super) fn safari() -> String {
    let shares = |section: String| {
        let section = section.replace(SECURITY, "").replacen(" 9 ", " 0 ", 1);
        section.replacen("a=mid:", "a=bundle-only\r\na=mid:", 1)
    };
    session("audio0 1 2") + &audio("").replace("a=mid:0", "a=mid:audio0") + &shares(video()) + &shares(data())
}

fn stopped(section: &str) -> String {
    section.replacen(" 9 ", " 0 ", 1).replace("a=sendrecv", "a=inactive")
}

#[tokio::test]
async fn the_offers_of_other_browsers_are_answered_alike() {
    for (offer, mids) in [(firefox(), ["0", "1", "2"]), (safari(), ["audio0", "1", "2"])] {
        let answer = answered(&offer).await.unwrap();
        assert_eq!(
            sections(&answer),
            expected(&[("audio", false), ("video", true), ("application", true)]),
            "{answer}"
        );
        for mid in mids {
            assert!(answer.contains(&format!("a=mid:{mid}\r\n")), "{answer}");
        }
        assert!(answer.contains(&format!("a=group:BUNDLE {}\r\n", mids[0])), "{answer}");
    }
}

#[tokio::test]
async fn stopped_sections_are_passed_over() {
    // A call that was transferred from another microphone, with the old section stopped.
    let old = stopped(&audio("").replace("a=mid:0", "a=mid:9"));
    let answer = answered(&(session("0") + &old + &audio("") + &stopped(&video()))).await.unwrap();
    assert_eq!(sections(&answer), expected(&[("audio", true), ("audio", false), ("video", true)]), "{answer}");

    let nothing_else = answered(&(session("9") + &old)).await;
    assert!(matches!(&nothing_else, Err(TransportError::BadOffer(why)) if why.contains("stopped")), "{nothing_else:?}");
    let two = answered(&(session("0 1") + &audio("") + &audio("").replace("a=mid:0", "a=mid:1"))).await;
    assert!(matches!(&two, Err(TransportError::BadOffer(why)) if why.contains("more than one")), "{two:?}");
    let sections = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n".repeat(40);
    let many = answered(&(session("0") + &audio("") + &sections)).await;
    assert!(matches!(&many, Err(TransportError::BadOffer(why)) if why.contains("32")), "{many:?}");
}

#[tokio::test]
async fn sections_without_identifiers_are_answered_without() {
    let plain = session("0").replace("a=group:BUNDLE 0\r\n", "") + &audio("").replace("a=mid:0\r\n", "");
    let answer = answered(&plain).await.unwrap();
    assert_eq!(sections(&answer), expected(&[("audio", false)]), "{answer}");
    assert!(!answer.contains("a=mid") && !answer.contains("a=group"), "{answer}");
    assert!(answer.contains("a=ice-ufrag") && answer.contains("a=candidate"), "{answer}");
}

#[tokio::test]
async fn an_audio_section_that_shares_the_transport_of_a_video_section_is_taken() {
    let shared =
        audio("").replace(SECURITY, "").replacen(" 9 ", " 0 ", 1).replace("a=mid:0", "a=bundle-only\r\na=mid:0");
    let answer = answered(&(session("1 0") + &video() + &shared)).await.unwrap();
    assert_eq!(sections(&answer), expected(&[("video", true), ("audio", false)]), "{answer}");
}

#[tokio::test]
async fn a_call_connects_whichever_sections_stand_beside_its_own() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    let caller = engine.offer().await.unwrap();
    let (head, own) = caller.sdp().split_at(caller.sdp().find("m=audio").unwrap());
    let old = stopped(&audio("").replace("a=mid:0", "a=mid:9"));
    let answer = engine.answer(&format!("{head}{old}{own}{}", video())).await.unwrap();
    assert_eq!(
        sections(&answer.sdp),
        expected(&[("audio", true), ("audio", false), ("video", true)]),
        "{}",
        answer.sdp
    );

    // The caller of this test knows its own section only.
    let mut own = SessionDescription::unmarshal(&mut std::io::Cursor::new(&answer.sdp)).unwrap();
    own.media_descriptions = vec![own.media_descriptions.swap_remove(1)];
    let mut theirs = caller.accept(&own.marshal()).await.unwrap();
    let mut ours = answer.link;
    assert_eq!(theirs.events.recv().await, Some(LegEvent::Connected));
    assert_eq!(ours.events.recv().await, Some(LegEvent::Connected));
    theirs.sink.close().await;
    ours.sink.close().await;
}
