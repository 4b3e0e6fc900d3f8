//! Trickled candidates and ICE restarts between real peer connections over loopback.
//!
//! Owns: both ends of each connection. Never does: leave one open.

use bytes::Bytes;
use tokio::sync::mpsc;

use super::fragment::Fragment;
use super::*;
use crate::audio::MediaRuntime;
use crate::port::{EndCause, LegEvent};
use crate::transport::Packet;

/// Much longer than anything in these tests takes.
const LIMIT: Duration = Duration::from_secs(20);

fn without_candidates(description: &str) -> String {
    description
        .lines()
        .filter(|line| !line.starts_with("a=candidate:"))
        .fold(String::new(), |text, line| text + line + "\r\n")
}

/// Returns the address and port of each candidate for RTP.
fn ports(description: &str) -> Vec<String> {
    let candidates = Fragment::of(description).unwrap().candidates;
    let words = candidates.iter().map(|candidate| candidate.split(' ').collect::<Vec<_>>());
    words.filter(|words| words[1] == "1").map(|words| format!("{} {}", words[4], words[5])).collect()
}

async fn connected(link: &mut Link) {
    let event = tokio::time::timeout(LIMIT, link.events.recv()).await.expect("connected in time");
    assert_eq!(event, Some(LegEvent::Connected));
}

/// Sends packets until one has arrived, because the path may be new.
async fn flows(from: &Link, to: &mut mpsc::Receiver<Packet>, word: &'static [u8]) {
    let sending = async {
        loop {
            from.sink.send(Bytes::from_static(word), false, 0).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let receiving = async { while to.recv().await.expect("open").payload != word {} };
    let flowing = async {
        tokio::select! {
            () = sending => {}
            () = receiving => {}
        }
    };
    tokio::time::timeout(LIMIT, flowing).await.expect("packets flow");
}

#[tokio::test]
async fn a_restart_changes_the_path_and_nothing_else() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    let first_ports = ports(offer.sdp());
    let answer = engine.answer(offer.sdp()).await.unwrap();
    let our_ports = ports(&answer.sdp);
    let (mut ours, session) = (answer.link, answer.ice);
    let (mut theirs, caller) = offer.accept_with_ice(&answer.sdp).await.unwrap();
    connected(&mut ours).await;
    connected(&mut theirs).await;
    flows(&theirs, &mut ours.packets, b"\x68before").await;

    let first_tag = session.tag().await;
    for _ in 0..2 {
        let tag = session.tag().await;
        let fragment = caller.restart().await.unwrap();
        assert_ne!(ports(&fragment), first_ports, "new sockets");
        let stale = IceCondition::Tags(vec!["of-another-session".to_owned()]);
        assert_eq!(session.patch(stale, &fragment).await, Err(PatchError::OtherSession));
        let patched = session.patch(IceCondition::Any, &fragment).await.unwrap();
        let Patched::Restarted { fragment, tag: new_tag } = patched else { panic!("{patched:?}") };
        assert_ne!(new_tag, tag);
        assert_eq!(session.tag().await, new_tag);
        assert_eq!(ports(&fragment), our_ports, "the engine stays where it is");
        caller.restarted(&fragment).await.unwrap();
        flows(&theirs, &mut ours.packets, b"\x68after").await;
        flows(&ours, &mut theirs.packets, b"\x68back").await;
    }
    let stale = IceCondition::Tags(vec![first_tag]);
    let nothing = Fragment::default().write();
    assert_eq!(session.patch(stale, &nothing).await, Err(PatchError::OtherSession));
    let good = IceCondition::Tags(vec![session.tag().await]);
    assert_eq!(session.patch(good, &nothing).await, Ok(Patched::Trickled));
    assert!(ours.events.try_recv().is_err(), "a restart within a call is no event");
    drop((ours, theirs));
    assert_eq!(session.patch(IceCondition::Any, &nothing).await, Err(PatchError::Gone));
}

#[tokio::test]
async fn an_ended_call_has_no_session_however_long_somebody_holds_its_link() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    let answer = engine.answer(offer.sdp()).await.unwrap();
    assert!(answer.ice.is_open());
    answer.link.sink.close().await;
    assert!(!answer.ice.is_open());
    let candidates = Fragment::of(offer.sdp()).unwrap().write();
    assert_eq!(answer.ice.patch(IceCondition::Any, &candidates).await, Err(PatchError::Gone));
}

#[tokio::test]
async fn candidates_may_come_after_the_offer() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = WebRtc::new(WebRtcSettings::default(), runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    let answer = engine.answer(&without_candidates(offer.sdp())).await.unwrap();
    // Without the engine's candidates, the caller cannot reach it by itself. The connection then
    // needs the trickled candidates.
    let candidates = Fragment::of(offer.sdp()).unwrap().write();
    let silent = without_candidates(&answer.sdp);
    let (mut ours, session) = (answer.link, answer.ice);
    let mut theirs = offer.accept(&silent).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(500), ours.events.recv()).await.is_err());
    let tag = IceCondition::Tags(vec![session.tag().await]);
    assert_eq!(session.patch(tag, &candidates).await, Ok(Patched::Trickled));
    connected(&mut ours).await;
    connected(&mut theirs).await;
}

#[tokio::test]
async fn a_restart_that_leads_nowhere_is_a_loss_and_then_the_end() {
    let runtime = MediaRuntime::start().unwrap();
    let settings = WebRtcSettings {
        lost_after: Duration::from_millis(500),
        give_up_after: Duration::from_secs(2),
        ..WebRtcSettings::default()
    };
    let engine = WebRtc::new(settings, runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    let answer = engine.answer(offer.sdp()).await.unwrap();
    let (mut ours, session) = (answer.link, answer.ice);
    let theirs = offer.accept(&answer.sdp).await.unwrap();
    connected(&mut ours).await;
    let credentials = Some(("nobody".to_owned(), "with-this-password-here".to_owned()));
    let fragment = Fragment { credentials, ..Fragment::default() };
    assert!(matches!(session.patch(IceCondition::Any, &fragment.write()).await, Ok(Patched::Restarted { .. })));
    for event in [LegEvent::Lost, LegEvent::Ended(EndCause::Failed)] {
        assert_eq!(tokio::time::timeout(LIMIT, ours.events.recv()).await.expect("told"), Some(event));
    }
    drop(theirs);
}

#[tokio::test]
async fn behind_nat_the_answer_names_the_public_address() {
    let runtime = MediaRuntime::start().unwrap();
    let settings =
        WebRtcSettings { public_addresses: vec!["203.0.113.7".parse().unwrap()], ..WebRtcSettings::default() };
    let engine = WebRtc::new(settings, runtime.handle().clone());
    let offer = engine.offer().await.unwrap();
    assert!(!offer.sdp().contains("203.0.113.7"), "only the engine is behind this NAT");
    let answer = engine.answer(offer.sdp()).await.unwrap();
    let found = ports(&answer.sdp);
    let port = found[0].strip_prefix("127.0.0.1 ").expect("our own address");
    assert_eq!(found[1..], [format!("203.0.113.7 {port}")]);
}
