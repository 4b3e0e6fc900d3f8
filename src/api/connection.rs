//! A connection that is closed when its peer takes too long.
//!
//! actix limits the time for the first request head of a connection and for idle connections. It
//! does not limit the time for later heads, for a body that no handler reads, or for a peer that
//! does not read its answer. One rule covers all of these: a connection is closed if no request is
//! served on it for a while, or if its peer accepts no data for a while. The required speed of a
//! body is set in [`received`](super::received).
//!
//! Owns: these two time limits of each connection. Never does: know what is served.

use std::cell::{Cell, RefCell};
use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::received;
use super::timeouts::Timeouts;

/// The state that the stream of a connection shares with the requests on it.
struct Shared {
    timeouts: Timeouts,
    /// The number of requests that are being served.
    serving: Cell<usize>,
    /// The time at which the connection is closed if no request is served until then.
    idle_until: Cell<Instant>,
    /// The waker of the task that waits for data to read.
    reader: RefCell<Option<Waker>>,
}

/// A handle to the connection that carried a request.
#[derive(Clone)]
pub(super) struct Connection(Rc<Shared>);

impl Connection {
    fn new(timeouts: Timeouts) -> Self {
        // actix itself answers a late first head with 408. The TLS handshake may take its full time
        // before that.
        let idle_until = Instant::now() + timeouts.handshake + timeouts.head + timeouts.linger;
        Self(Rc::new(Shared {
            timeouts,
            serving: Cell::new(0),
            idle_until: Cell::new(idle_until),
            reader: RefCell::default(),
        }))
    }

    fn serve(&self) -> Serving {
        self.0.serving.set(self.0.serving.get() + 1);
        Serving { connection: self.clone(), is_last: false }
    }

    fn is_overdue(&self) -> bool {
        self.0.serving.get() == 0 && Instant::now() >= self.0.idle_until.get()
    }
}

/// Marks a request that is being served.
struct Serving {
    connection: Connection,
    /// The rest of the request was not received, so the connection cannot carry another one.
    is_last: bool,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let shared = &*self.connection.0;
        let left = shared.serving.get().saturating_sub(1);
        shared.serving.set(left);
        if left == 0 {
            let Timeouts { head, keep_alive, linger, .. } = shared.timeouts;
            let wait = if self.is_last { linger } else { keep_alive + head };
            shared.idle_until.set(Instant::now() + wait);
            // The reader must be woken, because it waits with the previous deadline or with none.
            if let Some(reader) = shared.reader.borrow_mut().take() {
                reader.wake();
            }
        }
    }
}

/// Middleware, outermost. The connection is in use until the last byte of the answer has been
/// written.
pub(super) async fn hold(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let mut serving = request.request().conn_data::<Connection>().map(Connection::serve);
    let response = next.call(request).await?;
    if let Some(serving) = &mut serving {
        serving.is_last = received::is_unread(response.request());
    }
    Ok(response.map_body(|_, body| BoxBody::new(Held { body: body.boxed(), _serving: serving })))
}

/// The body of an answer that is being sent.
struct Held {
    body: BoxBody,
    _serving: Option<Serving>,
}

impl MessageBody for Held {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// The stream of a connection.
pub(super) struct Timed<IO> {
    io: IO,
    connection: Connection,
    idle: Option<Pin<Box<Sleep>>>,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Timed<TcpStream> {
    /// Returns the address of the peer, or `None` if the connection is already closed.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.io.peer_addr().ok()
    }
}

impl<IO> Timed<IO> {
    pub(super) fn new(io: IO, timeouts: Timeouts) -> Self {
        Self { io, connection: Connection::new(timeouts), idle: None, stalled: None }
    }

    pub(super) fn connection(&self) -> Connection {
        self.connection.clone()
    }

    /// Returns ready if the connection is to be closed. Otherwise it registers a wake-up for that
    /// time.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shared = &*self.connection.0;
        *shared.reader.borrow_mut() = Some(cx.waker().clone());
        if shared.serving.get() > 0 {
            return Poll::Pending;
        }
        let until = shared.idle_until.get();
        let idle = self.idle.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if idle.deadline() != until {
            idle.as_mut().reset(until);
        }
        match idle.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Limits how long a peer may accept no data.
    fn timed<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.connection.0.timeouts.stalled_write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Timed<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_overdue() {
            // The deadline also applies while single bytes arrive.
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        match Pin::new(&mut this.io).poll_read(cx, buffer) {
            Poll::Pending => this.poll_idle(cx),
            ready @ Poll::Ready(_) => ready,
        }
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Timed<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(cx, bytes);
        this.timed(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Flushing a TCP stream always succeeds at once, so it tells nothing about the peer.
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write_vectored(cx, slices);
        this.timed(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl<IO: ActixStream> ActixStream for Timed<IO> {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.io.poll_read_ready(cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.io.poll_write_ready(cx)
    }
}
