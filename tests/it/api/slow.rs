//! Peers that take their time: with heads, with bodies, with handshakes, with reading.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use interviewer::api::listen::{Options, Timeouts};
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::{App, Setup};
use crate::support::caller::LIMIT;

/// Short, so that the test is.
const TIMEOUTS: Timeouts = Timeouts {
    handshake: Duration::from_millis(300),
    head: Duration::from_millis(600),
    body: Duration::from_millis(600),
    body_bytes_per_second: 1_000,
    keep_alive: Duration::from_millis(1_500),
    stalled_write: Duration::from_secs(2),
    linger: Duration::from_millis(300),
};

async fn started() -> App {
    let http = Options { workers: 2, connections: 2_000, timeouts: TIMEOUTS };
    App::start_as(Setup { http, ..Setup::default() }).await
}

struct Peer(TcpStream);

impl Peer {
    async fn of(app: &App) -> Self {
        Self(TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// What is answered until the server closes the connection; a byte goes out now and then.
    async fn trickle(&mut self, byte: &str) -> String {
        let (mut answer, mut buffer) = (Vec::new(), [0; 4_096]);
        let mut tick = interval(Duration::from_millis(100));
        let closed = async {
            loop {
                tokio::select! {
                    read = self.0.read(&mut buffer) => match read {
                        Ok(0) | Err(_) => break,
                        Ok(length) => answer.extend_from_slice(&buffer[..length]),
                    },
                    // An error shows in the next read.
                    _ = tick.tick() => drop(self.0.write_all(byte.as_bytes()).await),
                }
            }
        };
        timeout(LIMIT * 2, closed).await.expect("the server closes the connection");
        String::from_utf8(answer).unwrap()
    }
}

const HEAD: &str = "POST /api/call-guides/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
const GOOD: &str = "GET /api/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/// Every way to be slow that a peer has: what is sent at once, and what trickles after it.
fn ways() -> [(&'static str, String, &'static str); 9] {
    let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let unread = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    [
        ("nothing at all", String::new(), ""),
        ("a head that never ends", "GET / HTTP/1.1\r\nX: ".to_owned(), "x"),
        ("a second head that never ends", format!("{GOOD}GET / HTTP/1.1\r\nX: "), "x"),
        ("a sized body", format!("{HEAD}Content-Length: 100000\r\n\r\n{{"), " "),
        ("a sized body that never comes", format!("{HEAD}Content-Length: 100000\r\n\r\n"), ""),
        ("a chunked body", chunked, "1\r\n \r\n"),
        ("a chunked body that no route reads", unread("/api/interviews/"), "1\r\n \r\n"),
        (
            "a chunked body of a request that is refused",
            unread("/api/nothing").replace("127.0.0.1", "evil.example"),
            "1\r\n \r\n",
        ),
        (
            "another protocol where there is none",
            format!("{HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
            "x",
        ),
    ]
}

#[actix_web::test]
async fn no_peer_holds_a_connection_by_being_slow() {
    let app = started().await;
    for (way, at_once, trickle) in ways() {
        let mut peer = Peer::of(&app).await;
        peer.send(&at_once).await;
        let began = Instant::now();
        let answer = peer.trickle(trickle).await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(10), "{way}: {took:?}");
        if way.contains("sized body") || way == "a chunked body" {
            assert!(answer.starts_with("HTTP/1.1 408 "), "{way}: {answer}");
            assert!(
                answer.contains("application/problem+json") && answer.contains("/problems/body-too-slow"),
                "{answer}"
            );
        }
    }
    app.stop().await;
}

#[actix_web::test]
async fn hundreds_of_slow_peers_keep_nobody_waiting() {
    let app = started().await;
    let peers = ways().into_iter().cycle().take(360).map(async |(_, at_once, trickle)| {
        let mut peer = Peer::of(&app).await;
        peer.send(&at_once).await;
        (peer, trickle)
    });
    let peers = join_all(peers).await;
    let slow = join_all(peers.into_iter().map(async |(mut peer, trickle)| drop(peer.trickle(trickle).await)));
    let prompt = async {
        for _ in 0..20 {
            let began = Instant::now();
            let answer = app.get("/api/interviews/").send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    // All of them end, and meanwhile the API answers.
    tokio::join!(slow, prompt);
    assert_eq!(app.get("/api/interviews/").send().await.unwrap().status(), StatusCode::OK);
    app.stop().await;
}

#[actix_web::test]
async fn a_steady_body_may_take_longer_than_the_grace() {
    let app = started().await;
    let guide = crate::support::guide_document().to_string();
    let padded = format!("{guide}{}", " ".repeat(3_000));
    let mut peer = Peer::of(&app).await;
    peer.send(&format!("{HEAD}Content-Length: {}\r\n\r\n", padded.len())).await;
    let began = Instant::now();
    // At three times the rate that is demanded.
    for part in padded.as_bytes().chunks(300) {
        peer.0.write_all(part).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() > TIMEOUTS.body);
    let mut answer = [0; 12];
    timeout(LIMIT, peer.0.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 201");
    app.stop().await;
}

#[actix_web::test]
async fn a_body_too_large_is_refused_whether_it_was_announced_or_not() {
    let app = started().await;
    let mut peer = Peer::of(&app).await;
    peer.send(&format!("{HEAD}Content-Length: 100000000\r\n\r\n")).await;
    let answer = peer.trickle("").await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("/problems/body-too-large"), "{answer}");

    let mut peer = Peer::of(&app).await;
    peer.send(&format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n")).await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    for _ in 0..17 {
        // It may be refused in the middle.
        drop(peer.0.write_all(chunk.as_bytes()).await);
    }
    let answer = peer.trickle("").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    app.stop().await;
}

#[actix_web::test]
async fn a_socket_that_is_quiet_stays_open() {
    let app = started().await;
    let scheduled = app.schedule().await;
    *app.calls.live.lock() = true;
    let token = scheduled["join_token"].as_str().unwrap();
    let url = format!("{}/api/join/{token}/events", app.base.replace("http", "ws"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    // Longer than any request may take to come.
    tokio::time::sleep(TIMEOUTS.head * 4).await;
    socket.send(Message::text("{\"type\":\"pause\"}")).await.unwrap();
    let paused = async {
        while let Some(Ok(message)) = socket.next().await {
            if matches!(&message, Message::Text(text) if text.contains("paused")) {
                return true;
            }
        }
        false
    };
    assert!(timeout(LIMIT, paused).await.unwrap());
    app.stop().await;
}

#[actix_web::test]
async fn a_connection_is_used_again_and_again() {
    let app = started().await;
    let mut peer = Peer::of(&app).await;
    for _ in 0..5 {
        peer.send(GOOD).await;
        let mut answer = vec![0; 4_096];
        let length = timeout(LIMIT, peer.0.read(&mut answer)).await.unwrap().unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..length]));
        tokio::time::sleep(TIMEOUTS.keep_alive / 4).await;
    }
    app.stop().await;
}
