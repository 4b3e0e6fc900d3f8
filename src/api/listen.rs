//! The web server: connections in, each with its times, and TLS where it is the engine's own.
//!
//! Owns: how connections are taken and for how long. `HttpServer` of actix-web takes no streams of its caller's, so its parts
//! are put together here. Never does: know a route.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_http::error::DispatchError;
use actix_http::{Extensions, HttpService, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::{Connection, Timed};
pub use super::timeouts::Timeouts;

/// Seconds that open requests have to finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 5;
/// Connections that may wait to be taken. The standard library's own number (128) is too small for hundreds at once, and what
/// overflows it is dropped without a word to the client.
const BACKLOG: i32 = 1_024;
/// Connections of an engine that nobody has told how many file handles there are.
const CONNECTIONS: usize = 4_096;
const WORKERS: usize = 2;

/// How a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Threads that serve.
    pub workers: usize,
    /// Connections at once, of all threads together. More wait in the operating system's queue.
    pub connections: usize,
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Self {
        Self { workers: WORKERS, connections: CONNECTIONS, timeouts: Timeouts::default() }
    }
}

/// Starts a server on a listener that is bound already, with TLS where a configuration is given.
///
/// Signals are the caller's: stop it through `Server::handle`.
///
/// # Errors
/// When the listener cannot be used.
pub fn start<F, I, S, B>(
    listener: TcpListener,
    tls: Option<rustls::ServerConfig>,
    options: Options,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let Options { workers, connections, timeouts } = options;
    // Said again, it counts from now on.
    SockRef::from(&listener).listen(BACKLOG)?;
    let workers = workers.max(1);
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections((connections / workers).max(1))
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_SECONDS);
    let stopping = server.graceful_shutdown_signal();
    let server = match tls {
        None => server.listen("http", listener, move || {
            let http = http(app(), stopping.clone(), timeouts, |io: &Timed<TcpStream>| io.connection());
            fn_service(move |io: TcpStream| async move {
                let io = Timed::new(io, timeouts);
                let peer = io.peer();
                Ok::<_, DispatchError>((io, Protocol::Http1, peer))
            })
            .and_then(http)
        }),
        Some(mut tls) => {
            tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
            server.listen("https", listener, move || {
                let http = http(app(), stopping.clone(), timeouts, |io: &TlsStream<Timed<TcpStream>>| {
                    io.get_ref().0.connection()
                });
                let mut acceptor = Acceptor::new(tls.clone());
                acceptor.set_handshake_timeout(timeouts.handshake);
                fn_service(move |io: TcpStream| async move { Ok::<_, ()>(Timed::new(io, timeouts)) })
                    .and_then(acceptor.map_err(drop))
                    .and_then(fn_service(|io: TlsStream<Timed<TcpStream>>| async move {
                        let is_h2 = io.get_ref().1.alpn_protocol() == Some(b"h2");
                        let protocol = if is_h2 { Protocol::Http2 } else { Protocol::Http1 };
                        let peer = io.get_ref().0.peer();
                        Ok((io, protocol, peer))
                    }))
                    .and_then(http.map_err(drop))
            })
        }
    };
    Ok(server?.run())
}

/// What speaks HTTP on a stream of either sort.
fn http<T, I, S, B>(
    app: I,
    stopping: GracefulShutdownSignal,
    timeouts: Timeouts,
    connection: fn(&T) -> Connection,
) -> impl ServiceFactory<(T, Protocol, Option<SocketAddr>), Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let app = app.into_factory().map_err(|error: S::Error| error.into().error_response());
    HttpService::build()
        .graceful_shutdown_signal(move || {
            let stopping = stopping.clone();
            async move { stopping.notified().await }
        })
        .keep_alive(KeepAlive::Timeout(timeouts.keep_alive))
        .client_request_timeout(timeouts.head)
        .client_disconnect_timeout(timeouts.linger)
        .on_connect_ext(move |io: &T, shared: &mut Extensions| {
            shared.insert(connection(io));
        })
        .finish(map_config(app, |()| AppConfig::default()))
}
