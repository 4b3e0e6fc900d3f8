//! A respondent for tests and benchmarks: joins over REST, SDP and the events socket like anyone else, and hums.
//!
//! Owns: the client's side of a call. Never does: look into the engine, or wait without a limit.
// Shared by several test programs, none of which uses all of it.
#![allow(dead_code)]

use std::time::Duration;

use demo::client::EngineMessage;
use futures_util::{SinkExt as _, StreamExt as _};
use interview::io::{CallState, Notice, Speaker};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use uuid::Uuid;
use voice::audio::MediaRuntime;
use voice::audio::codec::{encode_clip, silence};
use voice::port::LegEvent;
use voice::transport::Link;
use voice::transport::webrtc::{WebRtc, WebRtcSettings};

/// Much longer than anything that is waited for here takes.
pub const LIMIT: Duration = Duration::from_secs(40);
const PACKET: Duration = Duration::from_millis(20);

/// Questions without follow-ups, so that it is known what is asked.
pub fn open_guide(questions: usize) -> Value {
    let questions: Vec<Value> = (1..=questions)
        .map(|n| json!({ "id": format!("q{n}"), "text": format!("What is thing {n}?"), "required": true, "max_follow_ups": 0 }))
        .collect();
    json!({
        "name": "Things", "research_objective": "Things",
        "sections": [{ "id": "all", "section_name": "All", "order": 1, "questions": questions }],
    })
}

/// Somebody with a phone.
#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub base: String,
    pub webrtc: WebRtc,
}

/// A scheduled interview.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub id: Uuid,
    pub token: String,
}

impl Caller {
    pub fn new(base: &str, media: &MediaRuntime) -> Self {
        // Connections that wait for reuse would be counted as the engine's.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).timeout(LIMIT).build().unwrap();
        let webrtc = WebRtc::new(WebRtcSettings::default(), media.handle().clone());
        Self { http, base: base.to_owned(), webrtc }
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> reqwest::Response {
        self.http.delete(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    /// Stores a guide; its id.
    pub async fn guide(&self, document: &Value) -> String {
        let url = format!("{}/api/call-guides/", self.base);
        let answer: Value = self.http.post(url).json(document).send().await.unwrap().json().await.unwrap();
        answer["id"].as_str().unwrap_or_else(|| panic!("no guide: {answer}")).to_owned()
    }

    pub async fn schedule(&self, guide: &str) -> Invitation {
        let url = format!("{}/api/interviews/schedule", self.base);
        let body = json!({ "call_guide_id": guide, "respondent_name": "Dana" });
        let answer: Value = self.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
        let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned();
        Invitation { id: text("id").parse().unwrap(), token: text("join_token") }
    }

    pub async fn post_offer(&self, token: &str, query: &str, sdp: &str) -> reqwest::Response {
        let url = format!("{}/api/join/{token}/call{query}", self.base);
        let request = self.http.post(url).header("content-type", "application/sdp").body(sdp.to_owned());
        request.send().await.unwrap()
    }

    /// An offer that is never connected.
    pub async fn offer_only(&self, token: &str, query: &str) -> reqwest::Response {
        let offer = self.webrtc.offer().await.unwrap();
        self.post_offer(token, query, offer.sdp()).await
    }

    /// Joins and waits for the media to be connected; what the engine says instead when it refuses.
    pub async fn join(&self, token: &str, query: &str) -> Result<Call, reqwest::Response> {
        let offer = self.webrtc.offer().await.unwrap();
        let answer = self.post_offer(token, query, offer.sdp()).await;
        if answer.status() != StatusCode::CREATED {
            return Err(answer);
        }
        let location = format!("{}{}", self.base, answer.headers()["location"].to_str().unwrap());
        let link = offer.accept(&answer.text().await.unwrap()).await.unwrap();
        Ok(Call::begin(link, location, self.http.clone()).await)
    }

    pub async fn page(&self, token: &str, after: Option<u64>) -> Page {
        let base = self.base.replacen("http", "ws", 1);
        let after = after.map(|seq| format!("?after={seq}")).unwrap_or_default();
        let url = format!("{base}/api/join/{token}/events{after}");
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        Page { socket, seen: Vec::new() }
    }
}

/// A connected call. Dropping it closes the connection as a browser does when its tab is closed.
pub struct Call {
    pub location: String,
    pub standing: watch::Receiver<LegEvent>,
    say: mpsc::Sender<()>,
    sink: std::sync::Arc<dyn voice::transport::PacketSink>,
    http: reqwest::Client,
    _stop: tokio_util::sync::DropGuard,
}

impl Call {
    /// Waits until the link is connected.
    pub async fn begin(mut link: Link, location: String, http: reqwest::Client) -> Self {
        let (told, mut standing) = watch::channel(LegEvent::Lost);
        let (say, mut lines) = mpsc::channel(4);
        let stop = tokio_util::sync::CancellationToken::new();
        let sink = std::sync::Arc::clone(&link.sink);
        let (speaker, stopped) = (std::sync::Arc::clone(&sink), stop.clone());
        let speak = async move {
            let (hum, silence) = (hum(), silence());
            let mut clip = [].iter();
            let mut tick = tokio::time::interval(PACKET);
            loop {
                tick.tick().await;
                if clip.len() == 0 && lines.try_recv().is_ok() {
                    clip = hum.iter();
                }
                let packet = clip.next().unwrap_or(&silence).clone();
                if speaker.send(packet, false, 0).await.is_err() {
                    return;
                }
            }
        };
        tokio::spawn(stopped.clone().run_until_cancelled_owned(speak));
        let listen = async move {
            loop {
                tokio::select! {
                    packet = link.packets.recv() => if packet.is_none() { return },
                    event = link.events.recv() => match event {
                        Some(event) => { told.send_replace(event); }
                        None => return,
                    },
                }
            }
        };
        tokio::spawn(stopped.run_until_cancelled_owned(listen));
        let connected = standing.wait_for(|event| *event == LegEvent::Connected);
        tokio::time::timeout(LIMIT, connected).await.expect("connected in time").unwrap();
        Self { location, standing, say, sink, http, _stop: stop.drop_guard() }
    }

    /// Hums for 0.6 s, after a short silence.
    pub async fn speak(&self) {
        self.say.send(()).await.unwrap();
    }

    /// Hangs up the way the page does.
    pub async fn delete(self) -> StatusCode {
        let status = self.http.delete(&self.location).send().await.unwrap().status();
        self.sink.close().await;
        status
    }

    /// Closes the peer and says nothing else.
    pub async fn close(self) {
        self.sink.close().await;
    }

    /// Waits until the engine has closed the connection.
    pub async fn closed(&mut self) {
        // The watch ends with the task that listens, after the last event.
        let closed = async {
            while !matches!(*self.standing.borrow_and_update(), LegEvent::Ended(_))
                && self.standing.changed().await.is_ok()
            {}
        };
        tokio::time::timeout(LIMIT, closed).await.expect("closed in time");
    }

    pub fn is_connected(&self) -> bool {
        *self.standing.borrow() == LegEvent::Connected
    }
}

/// 0.3 s of silence, then 0.6 s of a tone that no one takes for silence.
fn hum() -> Vec<bytes::Bytes> {
    let tone = |at: usize| ((at as f32 * 0.1).sin() * 6_000.0) as i16;
    let pcm: Vec<i16> = std::iter::repeat_n(0, 7_200).chain((0..14_400).map(tone)).collect();
    encode_clip(String::new(), pcm).unwrap().packets
}

/// The events socket, and all it told.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub seen: Vec<EngineMessage>,
}

impl Page {
    /// The next message; none when the socket is closed.
    pub async fn next(&mut self) -> Option<EngineMessage> {
        loop {
            let next = tokio::time::timeout(LIMIT, self.socket.next()).await;
            let Message::Text(text) = next.expect("the engine says something in time")?.ok()? else { continue };
            let message: EngineMessage = serde_json::from_str(&text).unwrap();
            self.seen.push(message.clone());
            return Some(message);
        }
    }

    /// Asks for something: `pause`, `resume`, `leave`, `repeat`.
    pub async fn send(&mut self, command: &str) {
        self.say(&json!({ "type": command })).await;
    }

    /// Sends a message as it is.
    pub async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Reads up to a message that is wanted.
    pub async fn until(&mut self, wanted: impl Fn(&Notice) -> bool) -> EngineMessage {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("the socket ended; told: {:#?}", self.seen));
            if wanted(&message.notice) {
                return message;
            }
        }
    }

    /// Answers whatever is asked, up to a message that is wanted.
    pub async fn answer_until(&mut self, call: &Call, wanted: impl Fn(&Notice) -> bool) -> EngineMessage {
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("the socket ended; told: {:#?}", self.seen));
            if wanted(&message.notice) {
                return message;
            }
            if is_state(CallState::Listening)(&message.notice) {
                call.speak().await;
            }
        }
    }

    /// Texts of the respondent's final captions: each says that an answer is committed.
    pub fn answers(&self) -> Vec<String> {
        let text = |message: &EngineMessage| match &message.notice {
            Notice::Caption { speaker: Speaker::Respondent, text, r#final: true, .. } => Some(text.clone()),
            _ => None,
        };
        self.seen.iter().filter_map(text).collect()
    }
}

pub fn is_state(wanted: CallState) -> impl Fn(&Notice) -> bool {
    move |notice| matches!(notice, Notice::State { value, .. } if *value == wanted)
}

pub fn is_question(wanted: &str) -> impl Fn(&Notice) -> bool + '_ {
    move |notice| matches!(notice, Notice::Question { id, .. } if id == wanted)
}
