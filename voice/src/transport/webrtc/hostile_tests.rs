//! What strangers and hostile callers send to the port of a call, over real UDP on loopback.
//!
//! Owns: both ends of each connection, and the path between them, from which a test may send what
//! looks as though the caller had sent it. Never does: leave one open.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::net::UdpSocket;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::hostile_packets::{Protocol, handshake_breakers};
use super::*;
use crate::audio::codec::encode_clip;
use crate::audio::recording::{Recordings, Side as Heard, decode};
use crate::audio::testing::{correlation, sweep_24k, thirds};
use crate::audio::{CallClock, Media, MediaRuntime, RtpAudio};
use crate::port::{EndCause, LegEvent};

/// Much longer than anything in these tests takes.
const LIMIT: Duration = Duration::from_secs(20);
/// Packets of each protocol, from each of two senders.
const PACKETS: usize = 10_000;
/// How much memory they may cost.
const MOST_MEMORY: usize = 5 << 20;

fn engine(runtime: &MediaRuntime, settings: WebRtcSettings) -> WebRtc {
    WebRtc::new(settings, runtime.handle().clone())
}

/// Returns the first candidate's address.
fn address(description: &str) -> SocketAddr {
    let candidate = description.lines().find(|line| line.starts_with("a=candidate:")).expect("a candidate");
    let words: Vec<&str> = candidate.split(' ').collect();
    format!("{}:{}", words[4], words[5]).parse().unwrap()
}

/// Replaces the address of the description's candidates.
fn leading_to(description: &str, to: SocketAddr) -> String {
    let from = address(description);
    let candidate = |address: SocketAddr| format!(" {} {} typ host", address.ip(), address.port());
    description.replace(&candidate(from), &candidate(to))
}

/// Packets in order, and whether the caller sent them.
type Carried = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

/// The path between the caller and the engine. Each of them takes it for the other.
struct Path {
    socket: Arc<UdpSocket>,
    engine: SocketAddr,
    carried: Carried,
    _stop: DropGuard,
}

impl Path {
    fn between(socket: UdpSocket, engine: SocketAddr, caller: SocketAddr) -> Self {
        let carried = Carried::default();
        let (socket, stop) = (Arc::new(socket), CancellationToken::new());
        let (both, seen) = (Arc::clone(&socket), Arc::clone(&carried));
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            let mut buffer = [0; 2048];
            loop {
                let Ok((length, from)) = both.recv_from(&mut buffer).await else { continue };
                let packet = &buffer[..length];
                seen.lock().push((from == caller, packet.to_vec()));
                let _ = both.send_to(packet, if from == caller { engine } else { caller }).await;
            }
        }));
        Self { socket, engine, carried, _stop: stop.drop_guard() }
    }

    /// Returns what one side sent since the last call of this function.
    fn sent(&self, by_caller: bool) -> Vec<Vec<u8>> {
        let carried = std::mem::take(&mut *self.carried.lock());
        carried.into_iter().filter(|(by, _)| *by == by_caller).map(|(_, packet)| packet).collect()
    }

    /// Sends from the address that the engine knows as the caller's.
    async fn send_as_caller(&self, packet: &[u8]) {
        let _ = self.socket.send_to(packet, self.engine).await;
    }
}

struct Call {
    ours: Link,
    theirs: Link,
    path: Path,
}

impl Call {
    /// Connects a caller whose offer is changed by `alter` before the engine reads it. `meanwhile`
    /// learns the engine's address before the caller knows it.
    async fn connect(engine: &WebRtc, alter: impl Fn(&str) -> String, meanwhile: impl FnOnce(SocketAddr)) -> Self {
        let offer = engine.offer().await.unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let between = socket.local_addr().unwrap();
        let answer = engine.answer(&alter(&leading_to(offer.sdp(), between))).await.unwrap();
        let path = Path::between(socket, address(&answer.sdp), address(offer.sdp()));
        meanwhile(path.engine);
        let theirs = offer.accept(&leading_to(&answer.sdp, between)).await.unwrap();
        Self { ours: answer.link, theirs, path }
    }

    async fn established(engine: &WebRtc) -> Self {
        let mut call = Self::connect(engine, str::to_owned, |_| {}).await;
        for link in [&mut call.ours, &mut call.theirs] {
            assert_eq!(next_event(link).await, Some(LegEvent::Connected));
        }
        call.exchange().await;
        call
    }

    /// Sends a packet each way and waits for it. Returns how long that took.
    async fn exchange(&mut self) -> Duration {
        let began = Instant::now();
        for (from, to) in [(&self.theirs.sink, &mut self.ours.packets), (&self.ours.sink, &mut self.theirs.packets)] {
            from.send(Bytes::from_static(b"\x68hello"), false, 0).await.unwrap();
            let packet = tokio::time::timeout(LIMIT, to.recv()).await.expect("the packet arrives");
            assert_eq!(packet.expect("the call is on").payload, b"\x68hello"[..]);
        }
        began.elapsed()
    }

    /// Asserts that neither side was told anything.
    fn is_undisturbed(&mut self) {
        for link in [&mut self.ours, &mut self.theirs] {
            assert!(link.events.try_recv().is_err(), "no event");
            assert!(link.packets.try_recv().is_err(), "no packet that nobody sent");
        }
    }
}

async fn next_event(link: &mut Link) -> Option<LegEvent> {
    tokio::time::timeout(LIMIT, link.events.recv()).await.expect("an event")
}

/// Returns how much memory this process has, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn ten_thousand_malformed_packets_of_each_protocol_cost_nothing() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let (mut attacked, mut other) = (Call::established(&engine).await, Call::established(&engine).await);
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let mut rng = StdRng::seed_from_u64(13);
    let mut slowest = Duration::ZERO;
    // The first round fills what is allocated once.
    for (round, count) in [("before", PACKETS / 10), ("measured", PACKETS)] {
        for protocol in Protocol::ALL {
            let before = resident();
            for n in 0..count {
                let packet = protocol.malformed(&mut rng);
                let _ = stranger.send_to(&packet, attacked.path.engine).await;
                attacked.path.send_as_caller(&packet).await;
                // More at once would overflow the socket's queue, in which the call's own packets are.
                if n % 20 == 19 {
                    attacked.exchange().await;
                    slowest = slowest.max(other.exchange().await);
                }
            }
            let grown = resident().saturating_sub(before);
            println!(
                "{protocol:?} {round}: {count} packets from a stranger and as many as the caller, {grown} bytes more"
            );
            assert!(round == "before" || grown <= MOST_MEMORY, "{protocol:?}: {grown} bytes");
        }
    }
    println!("the slowest exchange on the other call: {} ms", slowest.as_millis());
    attacked.is_undisturbed();
    other.is_undisturbed();
}

#[tokio::test]
async fn a_client_hello_from_elsewhere_breaks_no_handshake_off() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    // The engine is the DTLS client, so it is a false answer that could break the handshake off.
    for setup in ["actpass", "passive"] {
        for _ in 0..3 {
            let stop = CancellationToken::new();
            let offered = format!("a=setup:{setup}");
            let alter = |offer: &str| offer.replace("a=setup:actpass", &offered);
            let flood = |engine: SocketAddr| {
                tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
                    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                    loop {
                        for packet in handshake_breakers() {
                            let _ = stranger.send_to(&packet, engine).await;
                        }
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                }));
            };
            let mut call = Call::connect(&engine, alter, flood).await;
            for link in [&mut call.ours, &mut call.theirs] {
                assert_eq!(next_event(link).await, Some(LegEvent::Connected), "with a=setup:{setup}");
            }
            call.exchange().await;
            // Nor is a call that is on ended by them, not even from the caller's address.
            for packet in handshake_breakers() {
                call.path.send_as_caller(&packet).await;
            }
            call.exchange().await;
            call.is_undisturbed();
            stop.cancel();
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_the_offered_one_is_refused() {
    let runtime = MediaRuntime::start().unwrap();
    let settings = WebRtcSettings { give_up_after: Duration::from_secs(2), ..WebRtcSettings::default() };
    let engine = engine(&runtime, settings);
    let alter = |offer: &str| {
        let at = offer.find("a=fingerprint:sha-256 ").expect("a fingerprint") + "a=fingerprint:sha-256 ".len();
        let other = if offer[at..].starts_with("00") { "01" } else { "00" };
        format!("{}{other}{}", &offer[..at], &offer[at + 2..])
    };
    let mut call = Call::connect(&engine, alter, |_| {}).await;
    assert_eq!(next_event(&mut call.ours).await, Some(LegEvent::Ended(EndCause::Failed)));
    assert!(call.ours.packets.recv().await.is_none(), "nothing was heard");
}

#[tokio::test]
async fn packets_that_are_replayed_or_altered_are_not_heard() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let mut call = Call::established(&engine).await;
    call.path.sent(true);
    for _ in 0..50 {
        call.exchange().await;
    }
    let is_rtp = |packet: &&Vec<u8>| packet[0] & 0xc0 == 0x80 && packet[1] & 0x7f == 111;
    let packets: Vec<Vec<u8>> = call.path.sent(true).into_iter().filter(|packet| is_rtp(&packet)).collect();
    assert_eq!(packets.len(), 50);
    for packet in packets.iter().cycle().take(1_000) {
        call.path.send_as_caller(packet).await;
        let mut later = packet.clone();
        let sequence = u16::from_be_bytes([later[2], later[3]]).wrapping_add(100);
        later[2..4].copy_from_slice(&sequence.to_be_bytes());
        call.path.send_as_caller(&later).await;
        let mut other = packet.clone();
        *other.last_mut().unwrap() ^= 1;
        call.path.send_as_caller(&other).await;
    }
    // The next packet that is heard is the next that was sent.
    call.exchange().await;
    call.is_undisturbed();
}

#[tokio::test]
async fn a_caller_who_sends_a_hundred_times_too_much_delays_nobody_else() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let (mut flooded, mut other) = (Call::established(&engine).await, Call::established(&engine).await);
    let mut slowest = Duration::ZERO;
    // Two seconds, in which a hundred packets arrive where one is due.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..100 {
        pace.tick().await;
        for _ in 0..100 {
            flooded.theirs.sink.send(Bytes::from_static(b"\x68flood"), false, 0).await.unwrap();
        }
        slowest = slowest.max(other.exchange().await);
    }
    println!("the slowest exchange on the other call: {} ms", slowest.as_millis());
    other.is_undisturbed();
    assert!(flooded.ours.packets.len() <= 256, "what nobody reads is bounded");
    // The call that was flooded goes on.
    flooded.theirs.sink.send(Bytes::from_static(b"\x68last"), false, 0).await.unwrap();
    let heard =
        async { while flooded.ours.packets.recv().await.expect("the call is on").payload != b"\x68last"[..] {} };
    tokio::time::timeout(LIMIT, heard).await.expect("what is sent afterwards is heard");
    assert!(flooded.ours.events.try_recv().is_err(), "no event");
}

#[tokio::test]
async fn only_strong_ciphers_are_offered_and_no_key_is_used_twice() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let call = Call::established(&engine).await;
    let sent = call.path.sent(false);
    // A handshake record with a ClientHello, the cookie of which is empty.
    let hello = sent.iter().find(|packet| packet[0] == 22 && packet[13] == 1).expect("the engine is the client");
    let mut rest = &hello[13 + 12 + 2 + 32..];
    for _ in ["session", "cookie"] {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let mut suites: Vec<String> = rest[2..2 + length].chunks(2).map(hex::encode).collect();
    suites.retain(|suite| suite != "00ff");
    assert_eq!(suites, ["c02b", "cca9", "c02f", "cca8"], "AEAD with ephemeral keys (RFC 5289, RFC 7905)");
    // use_srtp (RFC 5764, 4.1.1): GCM, and AES-CM with SHA-1 and a tag of 80 bits.
    let use_srtp = hex::decode("000e0009000600070008000100").unwrap();
    assert!(hello.windows(use_srtp.len()).any(|window| window == use_srtp), "{}", hex::encode(hello));

    let fingerprints = async || {
        let offer = engine.offer().await.unwrap();
        let answer = engine.answer(offer.sdp()).await.unwrap();
        [offer.sdp().to_owned(), answer.sdp].map(|sdp| {
            let line = sdp.lines().find(|line| line.starts_with("a=fingerprint:sha-256 ")).map(str::to_owned);
            line.expect("a fingerprint")
        })
    };
    let all: std::collections::HashSet<String> =
        [fingerprints().await, fingerprints().await].concat().into_iter().collect();
    assert_eq!(all.len(), 4);
}

#[tokio::test]
async fn ten_thousand_malformed_descriptions_are_answered_or_refused() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let own = engine.offer().await.unwrap().sdp().to_owned();
    let offers = [own, super::offer_tests::chromium(), super::offer_tests::firefox(), super::offer_tests::safari()];
    let prefixes = offers.iter().flat_map(|offer| (0..offer.len()).map(|end| offer[..end].to_owned()));
    let mut descriptions: Vec<String> = prefixes.collect();
    let mut rng = StdRng::seed_from_u64(17);
    while descriptions.len() < 10_000 {
        let mut bytes = offers[rng.random_range(0..offers.len())].clone().into_bytes();
        for _ in 0..rng.random_range(1..6) {
            let at = rng.random_range(0..bytes.len());
            match rng.random_range(0..3) {
                0 => bytes[at] = rng.random(),
                1 => drop(bytes.drain(at..(at + rng.random_range(0..60)).min(bytes.len() - 1))),
                _ => bytes.insert(at, rng.random()),
            }
        }
        descriptions.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let began = Instant::now();
    let mut call = Call::established(&engine).await;
    for (n, description) in descriptions.iter().enumerate() {
        super::fuzzing::offer(description.as_bytes());
        // A description that is good enough opens sockets.
        if n % 50 == 0 {
            let _ = engine.answer(description).await;
            call.exchange().await;
        }
    }
    println!("{} descriptions in {} ms", descriptions.len(), began.elapsed().as_millis());
    call.is_undisturbed();
}

#[tokio::test]
async fn a_flood_leaves_the_recordings_of_others_whole_and_its_own_readable() {
    let runtime = MediaRuntime::start().unwrap();
    let engine = engine(&runtime, WebRtcSettings::default());
    let dir = tempfile::tempdir().unwrap();
    let recordings = Recordings::start(dir.path().to_owned()).unwrap();
    let sweep = sweep_24k(3.0);
    let tone = encode_clip("t".into(), sweep.clone()).unwrap();
    let mut calls = Vec::new();
    for name in ["flooded", "other"] {
        let Call { ours, theirs, path } = Call::established(&engine).await;
        let recorder = recordings.recorder(name, 1);
        recorder.start();
        let port = Box::new(RtpAudio::opus(ours).unwrap());
        let media = Media::start(&runtime, port, CallClock::starting_at(0), Some(recorder.clone()));
        calls.push((recorder, theirs, path, media));
    }
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for packet in &tone.packets {
        pace.tick().await;
        for (call, copies) in calls.iter().zip([10, 1]) {
            for _ in 0..copies {
                call.1.sink.send(packet.clone(), false, 0).await.unwrap();
            }
        }
    }
    // The last packets are on their way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut heard = Vec::new();
    for (recorder, ..) in &calls {
        assert_eq!(recorder.fault(), None, "nothing is missing");
        recorder.finish().await.unwrap();
        let pcm = decode(recorder.path(Heard::Respondent), 16_000).unwrap();
        heard.push(pcm.iter().map(|sample| f32::from(*sample) / 32_768.0).collect::<Vec<f32>>());
    }
    let first = heard[1].iter().position(|sample| sample.abs() > 0.05).expect("sound");
    let same = correlation(&thirds(&sweep), &heard[1][first.saturating_sub(800)..]);
    assert!(same > 0.9, "correlation {same}");
    assert!(heard[0].iter().any(|sample| sample.abs() > 0.05), "what was flooded is heard");
}
