//! The network between a caller and the engine, as bad as a test wishes: it loses, delays, and falls silent. To the engine
//! it looks like a NAT: every address of the caller's becomes one of its own.
//!
//! Owns: the sockets in between, and descriptions that lead through them. Never does: understand what it carries.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::{Method, StatusCode};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use voice::transport::webrtc::{CallerIce, Offer};

use super::caller::{Call, Caller};

const LOOPBACK: (IpAddr, u16) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A way to the engine. Gone when dropped.
pub struct Relay {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    front: UdpSocket,
    engine: SocketAddr,
    silent: AtomicBool,
    /// Of so many packets one is lost; none with 0.
    loses_every: AtomicUsize,
    delay_ms: AtomicU64,
    carried: AtomicUsize,
    /// What each address of the caller's is to the engine.
    paths: Mutex<HashMap<SocketAddr, Arc<UdpSocket>>>,
    last: Mutex<Option<SocketAddr>>,
    stop: CancellationToken,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Relay {
    pub async fn towards(engine: SocketAddr, listen: impl Into<SocketAddr>) -> Self {
        let front = UdpSocket::bind(listen.into()).await.unwrap();
        let address = front.local_addr().unwrap();
        let shared = Arc::new(Shared {
            front,
            engine,
            silent: AtomicBool::new(false),
            loses_every: AtomicUsize::new(0),
            delay_ms: AtomicU64::new(0),
            carried: AtomicUsize::new(0),
            paths: Mutex::default(),
            last: Mutex::default(),
            stop: CancellationToken::new(),
        });
        let (there, stop) = (Arc::clone(&shared), shared.stop.clone());
        tokio::spawn(stop.run_until_cancelled_owned(async move { there.carry_there().await }));
        Self { address, shared }
    }

    /// Nothing comes through, or everything does again.
    pub fn silence(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::Release);
    }

    pub fn spoil(&self, loses_every: usize, delay: Duration) {
        self.shared.loses_every.store(loses_every, Ordering::Release);
        self.shared.delay_ms.store(delay.as_millis() as u64, Ordering::Release);
    }

    /// Addresses that the caller has sent from.
    pub fn paths(&self) -> usize {
        self.shared.paths.lock().len()
    }

    /// The address that the caller sends from now.
    pub fn path(&self) -> Option<SocketAddr> {
        *self.shared.last.lock()
    }
}

impl Shared {
    async fn carry_there(self: Arc<Self>) {
        let mut buffer = vec![0; 2048];
        // An error tells that the engine's port is closed: nothing to carry then.
        loop {
            let Ok((length, caller)) = self.front.recv_from(&mut buffer).await else { continue };
            let known = self.paths.lock().get(&caller).cloned();
            let path = match known {
                Some(path) => path,
                None => self.open(caller).await,
            };
            if let Some(delay) = self.passes() {
                *self.last.lock() = Some(caller);
                let (shared, packet) = (Arc::clone(&self), buffer[..length].to_vec());
                later(delay, async move { drop(path.send_to(&packet, shared.engine).await) }).await;
            }
        }
    }

    async fn open(self: &Arc<Self>, caller: SocketAddr) -> Arc<UdpSocket> {
        let path = Arc::new(UdpSocket::bind(SocketAddr::from(LOOPBACK)).await.unwrap());
        self.paths.lock().insert(caller, Arc::clone(&path));
        let (shared, back) = (Arc::clone(self), Arc::clone(&path));
        let carry_back = async move {
            let mut buffer = vec![0; 2048];
            loop {
                let Ok((length, _)) = back.recv_from(&mut buffer).await else { continue };
                if let Some(delay) = shared.passes() {
                    let (shared, packet) = (Arc::clone(&shared), buffer[..length].to_vec());
                    later(delay, async move { drop(shared.front.send_to(&packet, caller).await) }).await;
                }
            }
        };
        tokio::spawn(self.stop.clone().run_until_cancelled_owned(carry_back));
        path
    }

    /// Whether the next packet comes through, and how late.
    fn passes(&self) -> Option<Duration> {
        let number = self.carried.fetch_add(1, Ordering::AcqRel) + 1;
        let every = self.loses_every.load(Ordering::Acquire);
        let lost = self.silent.load(Ordering::Acquire) || (every > 0 && number.is_multiple_of(every));
        (!lost).then(|| Duration::from_millis(self.delay_ms.load(Ordering::Acquire)))
    }
}

async fn later(delay: Duration, send: impl Future<Output = ()> + Send + 'static) {
    if delay.is_zero() {
        return send.await;
    }
    tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        send.await;
    });
}

/// The description without the candidates that are not wanted.
pub fn keep_candidates(description: &str, wanted: impl Fn(&str) -> bool) -> String {
    let lines = description.lines().filter(|line| !line.starts_with("a=candidate:") || wanted(line));
    lines.fold(String::new(), |text, line| text + line + "\r\n")
}

/// Addresses and ports of the candidates for RTP.
pub fn candidates(description: &str) -> Vec<SocketAddr> {
    let lines = description.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    let words = lines.map(|line| line.split(' ').collect::<Vec<_>>()).filter(|words| words[1] == "1");
    words.map(|words| SocketAddr::new(words[4].parse().unwrap(), words[5].parse().unwrap())).collect()
}

/// The description with the relay in place of the engine.
fn through(description: &str, relay: &Relay) -> String {
    let (engine, address) = (relay.shared.engine, relay.address);
    let ours = format!(" {} {} typ", engine.ip(), engine.port());
    description.replace(&ours, &format!(" {} {} typ", address.ip(), address.port()))
}

impl Caller {
    /// Joins over a network of its own.
    pub async fn join_over_relay(&self, token: &str, query: &str) -> (RelayedCall, Relay) {
        let offer: Offer = self.webrtc.offer().await.unwrap();
        // The engine must not find the way around the relay.
        let answer = self.post_offer(token, query, &keep_candidates(offer.sdp(), |_| false)).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        let location = format!("{}{}", self.base, answer.headers()["location"].to_str().unwrap());
        let sdp = answer.text().await.unwrap();
        let relay = Relay::towards(candidates(&sdp)[0], LOOPBACK).await;
        let (link, ice) = offer.accept_with_ice(&through(&sdp, &relay)).await.unwrap();
        let call = Call::begin(link, location, self.http.clone()).await;
        (RelayedCall { call, ice, http: self.http.clone() }, relay)
    }
}

/// A call over a relay, which can move to another network.
pub struct RelayedCall {
    pub call: Call,
    ice: CallerIce,
    http: reqwest::Client,
}

impl RelayedCall {
    /// What a browser does when its network has changed: new sockets, and the engine is told by PATCH.
    pub async fn restart_ice(&self, relay: &Relay) {
        let fragment = keep_candidates(&self.ice.restart().await.unwrap(), |_| false);
        let request = self.http.request(Method::PATCH, &self.call.location).header("if-match", "*");
        let request = request.header("content-type", "application/trickle-ice-sdpfrag").body(fragment);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().contains_key("etag"));
        self.ice.restarted(&through(&answer.text().await.unwrap(), relay)).await.unwrap();
    }
}
