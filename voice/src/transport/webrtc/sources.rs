//! The addresses that a connection listens to.
//!
//! Owns: the sockets of a connection as the crate sees them, and which addresses may send what.
//! Never does: read more of a packet than is needed to tell STUN from the rest.
//!
//! As soon as ICE has found a path, the crate takes DTLS and SRTP from any address. SRTP is
//! authenticated, but DTLS is not before its handshake is over, so a stranger who guesses the port
//! could break off a call that is being set up, with a ClientHello or an alert. Anything but STUN
//! therefore passes from an address only if ICE has verified it: the engine has answered a check
//! from there, which it does only for those who know the session's password, or it sends media
//! there itself.

use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, RecvMeta, Runtime, TokioRuntime,
    Transmit,
};

/// The addresses of one side that are remembered, across restarts of ICE.
const MOST_ADDRESSES: usize = 32;
/// Datagrams of strangers that are dropped before other tasks have their turn.
const MOST_IN_A_ROW: usize = 64;

/// The runtime of a connection: Tokio's, with sockets that know whom to listen to.
#[derive(Debug)]
pub(super) struct Guarded;

/// A socket that drops what strangers send.
#[derive(Debug)]
struct Socket {
    inner: Arc<dyn AsyncUdpSocket>,
    /// In the order in which they were verified.
    verified: Mutex<Vec<SocketAddr>>,
}

/// What the first byte of a datagram says it is (RFC 7983).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// ICE's own checks, and what a TURN server relays. The crate authenticates it.
    Ice,
    /// DTLS, SRTP and SRTCP.
    Session,
}

impl Kind {
    fn of(datagram: &[u8]) -> Self {
        match datagram.first() {
            Some(0..=3 | 64..=79) => Self::Ice,
            // The crate drops other kinds. Nobody but a verified sender may make it do so.
            _ => Self::Session,
        }
    }
}

impl Socket {
    fn new(inner: Arc<dyn AsyncUdpSocket>) -> Self {
        Self { inner, verified: Mutex::default() }
    }

    fn verify(&self, address: SocketAddr) {
        let address = plain(address);
        let mut verified = self.verified.lock();
        if verified.contains(&address) {
            return;
        }
        if verified.len() == MOST_ADDRESSES {
            verified.remove(0);
        }
        verified.push(address);
    }

    fn is_verified(&self, address: SocketAddr) -> bool {
        self.verified.lock().contains(&plain(address))
    }
}

/// Returns true if the datagram is sent to verified addresses only: the success response to a
/// binding request (RFC 8489, 5), or anything that is not STUN.
fn verifies(datagram: &[u8]) -> bool {
    datagram.starts_with(&[0x01, 0x01]) || Kind::of(datagram) == Kind::Session
}

/// Returns the address in the one form that can be compared.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl AsyncUdpSocket for Socket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let segment = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
        if transmit.contents.chunks(segment).any(verifies) {
            self.verify(transmit.destination);
        }
        self.inner.poll_send(cx, transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (Some(buf), Some(found)) = (bufs.first_mut(), meta.first_mut()) else { return Poll::Ready(Ok(0)) };
        for _ in 0..MOST_IN_A_ROW {
            let received =
                ready!(self.inner.poll_recv(cx, std::slice::from_mut(&mut *buf), std::slice::from_mut(&mut *found)))?;
            // One buffer may hold several datagrams from the same sender.
            let mut datagrams = buf[..found.len.min(buf.len())].chunks(found.stride.max(1));
            if datagrams.all(|datagram| Kind::of(datagram) == Kind::Ice) || self.is_verified(found.addr) {
                return Poll::Ready(Ok(received));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

impl Runtime for Guarded {
    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Ok(Arc::new(Socket::new(TokioRuntime.wrap_udp_socket(socket)?)))
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn(future)
    }

    fn spawn_reactor(
        &self,
        reactor_pool_size: usize,
        future: Pin<Box<dyn Future<Output = ()> + Send>>,
    ) -> Box<dyn JoinHandle> {
        TokioRuntime.spawn_reactor(reactor_pool_size, future)
    }

    fn wrap_tcp_listener(&self, listener: std::net::TcpListener) -> io::Result<Arc<dyn AsyncTcpListener>> {
        TokioRuntime.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote_addr: SocketAddr,
    ) -> Pin<Box<dyn Future<Output = io::Result<Arc<dyn AsyncTcpStream>>> + Send + 'a>> {
        TokioRuntime.connect_tcp(remote_addr)
    }

    fn resolve_host<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>> {
        TokioRuntime.resolve_host(host)
    }

    fn now(&self) -> Instant {
        TokioRuntime.now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.sleep(duration)
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        TokioRuntime.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        TokioRuntime.block_on(future);
    }

    fn yield_now(&self) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        TokioRuntime.yield_now()
    }

    fn name(&self) -> &'static str {
        TokioRuntime.name()
    }
}
