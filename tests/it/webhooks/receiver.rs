//! A receiver that behaves as it is told, and remembers everything that came.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use parking_lot::Mutex;
use rustls::ServerConfig;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::LIMIT;

/// How a request is answered.
#[derive(Debug, Clone)]
pub enum Reply {
    /// With this status, these header lines and this body.
    Status(u16, &'static [&'static str], &'static str),
    /// With 307, to there.
    Redirect(String),
    /// Not at all, for as long as the other side stays.
    Hang,
    /// A byte of the head at a time, for ever.
    DripHead,
    /// 200, and a body that drips for ever.
    DripBody,
    /// 200, and a body without an end, as fast as it is taken.
    Endless,
    /// A head without an end.
    EndlessHead,
    /// The connection is closed.
    Close,
    /// No HTTP.
    Garbage,
}

pub const FINE: Reply = Reply::Status(200, &[], "thanks");
pub const BROKEN: Reply = Reply::Status(500, &[], "out of order");

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub at: tokio::time::Instant,
}

impl Received {
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Behaviour = dyn Fn(&Received, usize) -> Reply + Send + Sync;

struct Shared {
    received: Mutex<Vec<Received>>,
    /// Bytes that each path has been sent in answer.
    sent: Mutex<HashMap<String, usize>>,
    behaviour: Box<Behaviour>,
}

/// Listens until it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    listening: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// `behaviour` gets the request, and how many with its `webhook-id` came to this path before it.
    pub async fn at(address: &str, behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::open(address, None, behaviour).await
    }

    /// The same by https, with a certificate.
    pub async fn tls(
        tls: Arc<ServerConfig>,
        behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::open("127.0.0.1:0", Some(tls.into()), behaviour).await
    }

    async fn open(
        address: &str,
        tls: Option<TlsAcceptor>,
        behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared =
            Arc::new(Shared { received: Mutex::default(), sent: Mutex::default(), behaviour: Box::new(behaviour) });
        let ours = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&ours), tls.clone());
                // Whoever goes away in the middle is no fault of this side.
                tokio::spawn(async move {
                    match tls {
                        None => drop(serve(stream, &shared).await),
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(serve(stream, &shared).await);
                            }
                        }
                    }
                });
            }
        });
        Self { address, shared, listening }
    }

    pub async fn start(behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", behaviour).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().clone()
    }

    pub fn at_path(&self, path: &str) -> Vec<Received> {
        self.received().into_iter().filter(|one| one.path == path).collect()
    }

    /// Bytes sent in answer at a path.
    pub fn sent(&self, path: &str) -> usize {
        self.shared.sent.lock().get(path).copied().unwrap_or_default()
    }

    pub async fn until(&self, done: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let end = tokio::time::Instant::now() + LIMIT;
        loop {
            let received = self.received();
            if done(&received) {
                return received;
            }
            assert!(tokio::time::Instant::now() < end, "only {} came", received.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let length = headers["content-length"].to_str().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let received = Received { path: path.clone(), headers, body, at: tokio::time::Instant::now() };
    let before = {
        let mut all = shared.received.lock();
        let before = all.iter().filter(|one| one.path == path && one.id() == received.id()).count();
        all.push(received.clone());
        before
    };
    let reply = (shared.behaviour)(&received, before);
    answer(stream.into_inner(), reply, |bytes| *shared.sent.lock().entry(path.clone()).or_default() += bytes).await
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    reply: Reply,
    sent: impl Fn(usize),
) -> std::io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(50);
    let endless = "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n";
    match reply {
        Reply::Status(status, lines, body) => {
            let lines: String = lines.iter().flat_map(|line| [*line, "\r\n"]).collect();
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} Said\r\n{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
            stream.shutdown().await
        }
        Reply::Redirect(to) => {
            let head = format!("HTTP/1.1 307 Said\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.shutdown().await
        }
        Reply::Hang => {
            // Until the other side has enough.
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.map(drop)
        }
        Reply::DripHead => drip(&mut stream, "HTTP/1.1 200 OK\r\nX-Drip: ", b"x", PAUSE, sent).await,
        Reply::DripBody => drip(&mut stream, endless, b"x", PAUSE, sent).await,
        Reply::Endless => drip(&mut stream, endless, &vec![b'x'; 65_536], Duration::ZERO, sent).await,
        Reply::EndlessHead => {
            drip(&mut stream, "HTTP/1.1 200 OK\r\nX-Long: ", &vec![b'x'; 65_536], Duration::ZERO, sent).await
        }
        Reply::Close => Ok(()),
        Reply::Garbage => stream.write_all(b"220 mail.example.org ESMTP\r\n").await,
    }
}

async fn drip(
    stream: &mut (impl AsyncWrite + Unpin),
    head: &str,
    part: &[u8],
    pause: Duration,
    sent: impl Fn(usize),
) -> std::io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    loop {
        stream.write_all(part).await?;
        sent(part.len());
        tokio::time::sleep(pause).await;
    }
}
