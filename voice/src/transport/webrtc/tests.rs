//! Tests of real peer connections over loopback.
//!
//! Owns: both ends of each connection. Never does: leave one open.

use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::audio::MediaRuntime;
use crate::audio::codec::silence;
use crate::port::{EndCause, LegEvent};

/// Much longer than anything in these tests takes.
const LIMIT: Duration = Duration::from_secs(20);

fn engine(runtime: &MediaRuntime, ports: RangeInclusive<u16>) -> WebRtc {
    let settings = WebRtcSettings { udp_port_range: ports, ..WebRtcSettings::default() };
    WebRtc::new(settings, runtime.handle().clone())
}

async fn pair(engine: &WebRtc) -> (Link, Link) {
    let offer = engine.offer().await.unwrap();
    let answer = engine.answer(offer.sdp()).await.unwrap();
    let client = offer.accept(&answer.sdp).await.unwrap();
    (answer.link, client)
}

async fn wait_for(link: &mut Link, wanted: LegEvent) {
    tokio::time::timeout(LIMIT, async {
        while let Some(event) = link.events.recv().await {
            if event == wanted {
                return;
            }
        }
        panic!("the link ended without {wanted:?}");
    })
    .await
    .unwrap_or_else(|_| panic!("no {wanted:?}"));
}

/// Returns the number of UDP sockets of this machine that are bound to a port of the range.
fn sockets(ports: &RangeInclusive<u16>) -> usize {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    let bound = table.lines().skip(1).filter_map(|line| {
        let local = line.split_whitespace().nth(1)?;
        u16::from_str_radix(local.split(':').nth(1)?, 16).ok()
    });
    bound.filter(|port| ports.contains(port)).count()
}

/// Waits until this many tasks are left. Tasks that are being cancelled end when they are polled
/// once more.
async fn until_tasks(runtime: &MediaRuntime, wanted: usize) {
    let settled = async {
        while runtime.handle().metrics().num_alive_tasks() != wanted {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(LIMIT, settled).await.is_ok();
    assert!(in_time, "{} tasks are left, not {wanted}", runtime.handle().metrics().num_alive_tasks());
}

#[tokio::test]
async fn packets_go_both_ways_with_their_times() {
    let runtime = MediaRuntime::start().unwrap();
    let (mut ours, mut theirs) = pair(&engine(&runtime, 0..=0)).await;
    wait_for(&mut ours, LegEvent::Connected).await;
    wait_for(&mut theirs, LegEvent::Connected).await;
    ours.sink.send(Bytes::from_static(b"\x68one"), true, 0).await.unwrap();
    ours.sink.send(Bytes::from_static(b"\x68two"), false, 0).await.unwrap();
    ours.sink.send(Bytes::from_static(b"\x68three"), true, 3).await.unwrap();
    let mut got = Vec::new();
    while got.len() < 3 {
        got.push(tokio::time::timeout(LIMIT, theirs.packets.recv()).await.unwrap().unwrap());
    }
    assert_eq!(got[0].payload, Bytes::from_static(b"\x68one"));
    assert_eq!(got[1].timestamp.wrapping_sub(got[0].timestamp), 960);
    assert_eq!(got[2].timestamp.wrapping_sub(got[1].timestamp), 960 * 4, "three frames were skipped");
    assert_eq!(got[2].sequence.wrapping_sub(got[0].sequence), 2, "skipped frames have no number");
    theirs.sink.send(silence(), false, 0).await.unwrap();
    let packet = tokio::time::timeout(LIMIT, ours.packets.recv()).await.unwrap().unwrap();
    assert_eq!(packet.payload, silence());
}

#[tokio::test]
async fn hanging_up_is_heard_at_once_on_the_other_side_and_ends_both() {
    let runtime = MediaRuntime::start().unwrap();
    let (mut ours, mut theirs) = pair(&engine(&runtime, 0..=0)).await;
    wait_for(&mut ours, LegEvent::Connected).await;
    wait_for(&mut theirs, LegEvent::Connected).await;
    theirs.sink.close().await;
    wait_for(&mut theirs, LegEvent::Ended(EndCause::Closed)).await;
    assert!(matches!(theirs.sink.send(silence(), false, 0).await, Err(TransportError::Closed)));
    theirs.sink.close().await;
    // The event is `Ended` at once and not `Lost` after seconds, because the close is sent over the
    // connection.
    let event = tokio::time::timeout(LOST_AFTER / 2, ours.events.recv()).await.expect("told before it is missed");
    assert_eq!(event, Some(LegEvent::Ended(EndCause::HungUp)));
    assert_eq!(ours.events.recv().await, None);
    until_tasks(&runtime, 0).await;
}

#[tokio::test]
async fn fifty_calls_leave_nothing_behind_however_they_end() {
    let ports = 21_000..=21_099;
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, ports.clone());
    assert_eq!(sockets(&ports), 0);
    for round in 0..50 {
        let (mut ours, mut theirs) = pair(&engine).await;
        assert_eq!(sockets(&ports), 2);
        if round % 5 != 4 {
            wait_for(&mut ours, LegEvent::Connected).await;
            wait_for(&mut theirs, LegEvent::Connected).await;
        }
        match round % 3 {
            0 => {
                ours.sink.close().await;
                theirs.sink.close().await;
                assert_eq!(sockets(&ports), 0, "gone when close returns");
            }
            1 => theirs.sink.close().await,
            _ => {}
        }
        drop((ours, theirs));
        until_tasks(&runtime, 0).await;
        assert_eq!(sockets(&ports), 0);
    }
    // Offers that nobody answered release their ports, too.
    drop(engine.offer().await.unwrap());
    until_tasks(&runtime, 0).await;
    assert_eq!(sockets(&ports), 0);
}

#[tokio::test]
async fn the_range_of_ports_is_a_limit_and_a_port_comes_back() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, 21_200..=21_201);
    let (ours, theirs) = pair(&engine).await;
    assert!(matches!(engine.offer().await, Err(TransportError::NoPort(_))));
    ours.sink.close().await;
    let again = engine.offer().await.unwrap();
    drop((theirs, again));
}

#[tokio::test]
async fn offers_that_are_none_are_named() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, 0..=0);
    let good = engine.offer().await.unwrap();
    let good = good.sdp();
    assert!(good.contains("a=candidate:") && good.contains("opus/48000/2") && good.contains("127.0.0.1"), "{good}");
    let answer = engine.answer(good).await.unwrap().sdp;
    assert!(answer.contains("a=sendrecv") && answer.contains("a=candidate:"), "{answer}");
    assert!(answer.contains("a=end-of-candidates"), "complete with candidates: {answer}");

    let renumbered = good
        .replace("SAVPF 111", "SAVPF 96")
        .replace("rtpmap:111", "rtpmap:96")
        .replace("fmtp:111", "fmtp:96")
        .replacen("a=candidate:", "a=candidate:9 1 udp 1 b0.local 9 typ host\r\na=candidate:", 1);
    let answer = engine.answer(&renumbered).await.unwrap().sdp;
    assert!(answer.contains("a=rtpmap:96 opus/48000/2"), "their payload type: {answer}");

    let pcmu = good.replace("opus/48000/2", "PCMU/8000");
    assert!(matches!(engine.answer(&pcmu).await, Err(TransportError::NoCodec)));
    let one_way = good.replace("a=sendrecv", "a=recvonly");
    let no_key = good.replace("a=fingerprint", "a=nothing");
    let no_ice = good.replace("a=ice-pwd", "a=nothing");
    let no_audio = good.replace("m=audio", "m=video");
    for broken in ["", "v=0", "hello", &one_way, &no_key, &no_ice, &no_audio, &"v".repeat(100_000)] {
        let result = engine.answer(broken).await.map(|_| ());
        assert!(matches!(result, Err(TransportError::BadOffer(_))), "{result:?} for {broken:.300}");
    }
}

#[test]
fn garbage_never_panics_and_leaks_nothing() {
    let caller = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ports = 21_300..=21_309;
    let media = MediaRuntime::start().unwrap();
    let engine = engine(&media, ports.clone());
    let good = caller.block_on(async { engine.offer().await.unwrap().sdp().to_owned() });
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..40), 1..8);
    runner
        .run(&edits, |edits| {
            let mut bytes = good.clone().into_bytes();
            for (place, byte, cut) in edits {
                let at = place.index(bytes.len());
                bytes[at] = byte;
                bytes.drain(at..(at + cut).min(bytes.len() - 1));
            }
            let broken = String::from_utf8_lossy(&bytes).into_owned();
            // Both outcomes are correct. The link of a success is dropped here.
            let _ = caller.block_on(engine.answer(&broken));
            Ok(())
        })
        .unwrap();
    caller.block_on(until_tasks(&media, 0));
    assert_eq!(sockets(&ports), 0);
}
