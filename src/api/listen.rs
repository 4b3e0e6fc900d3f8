//! The web server: accepting connections with their timeouts, and TLS where the engine terminates
//! it.
//!
//! Owns: how connections are accepted and for how long they live. `HttpServer` of actix-web does
//! not accept streams made by its caller, so its parts are combined here. Never does: know a route.

use std::fmt::Debug;
use std::io;
use std::marker::PhantomData;
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

/// The seconds that open requests have to finish when the server stops.
const SHUTDOWN_SECONDS: u64 = 5;
/// The number of connections that may wait to be accepted. The default of the standard library
/// (128) is too small for hundreds at once. Further connections are dropped without notice to the
/// client.
const BACKLOG: i32 = 1_024;
/// The number of connections if the limit of file handles is unknown.
const CONNECTIONS: usize = 4_096;
const WORKERS: usize = 2;

/// The options of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The number of threads that serve requests.
    pub workers: usize,
    /// The number of simultaneous connections over all threads. Further connections wait in the
    /// operating system's queue.
    pub connections: usize,
    pub timeouts: Timeouts,
}

impl Default for Options {
    fn default() -> Self {
        Self { workers: WORKERS, connections: CONNECTIONS, timeouts: Timeouts::default() }
    }
}

/// The web server of an application `I`, which is made into services `S` with bodies `B`.
pub struct Web<I, S, B>(PhantomData<(I, S, B)>);

impl<I, S, B> Web<I, S, B>
where
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    /// Starts a server on a bound listener, with TLS if a configuration is given.
    ///
    /// The server ignores signals. The caller stops it through `Server::handle`.
    ///
    /// # Errors
    /// If the listener cannot be used.
    pub fn start(
        listener: TcpListener,
        tls: Option<rustls::ServerConfig>,
        options: Options,
        app: impl Fn() -> I + Send + Clone + 'static,
    ) -> io::Result<Server> {
        let Options { workers, connections, timeouts } = options;
        // A second call of `listen` changes the size of the queue.
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
                let http = Self::http(app(), stopping.clone(), timeouts, |io: &Timed<TcpStream>| io.connection());
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
                    let http = Self::http(app(), stopping.clone(), timeouts, |io: &TlsStream<Timed<TcpStream>>| {
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

    /// Returns a service that speaks HTTP on a stream of either type.
    fn http<T: AsyncRead + AsyncWrite + Unpin + 'static>(
        app: I,
        stopping: GracefulShutdownSignal,
        timeouts: Timeouts,
        connection: fn(&T) -> Connection,
    ) -> impl ServiceFactory<
        (T, Protocol, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    > {
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
}
