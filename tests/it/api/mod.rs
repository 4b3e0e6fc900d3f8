//! The API over a real server and real requests, a file a resource; live calls are a [`Fake`].

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use async_trait::async_trait;
use interview::io::{CallState, Command, Notice};
use interview::webhook::Allow;
use interviewer::access::{Access, AccessSettings, OidcSettings};
use interviewer::api;
use interviewer::calls::{
    Bar, BarError, Calls, Connect, EngineInfo, Forgotten, JoinError, NotLive, PageMessage, StillWaiting,
};
use interviewer::signalling::Whip;
use interviewer::signalling::whip::{Answered, Answerer, IceAgent};
use interviewer::supervised::Board;
use interviewer::telemetry::Metrics;
use parking_lot::Mutex;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use storage::{OpenWork, Storage};
use tokio::sync::broadcast;
use uuid::Uuid;
use voice::port::{AudioPort, OpenPort, PortContext};
use voice::transport::webrtc::{IceCondition, PatchError, Patched};
use voice::transport::{IceServer, TransportError};

use crate::support::{Home, guide_document, store};

mod compression;
mod conditional;
mod erasure;
mod faults;
mod guides;
mod health;
mod idempotency;
mod interviews;
mod joining;
mod lists;
mod problems;
mod slow;

/// Calls as the test wishes them: one refusal for all, or one call that is live.
struct Fake {
    refusal: Mutex<Option<JoinError>>,
    live: Mutex<bool>,
    commands: Mutex<Vec<Command>>,
    told: Mutex<Vec<PageMessage>>,
    page: broadcast::Sender<PageMessage>,
}

#[async_trait]
impl Calls for Fake {
    async fn join(&self, _: Uuid, takeover: bool, connection: &mut dyn Connect) -> Result<String, JoinError> {
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        if *self.live.lock() && !takeover {
            return Err(JoinError::AlreadyLive);
        }
        connection.connect().await?;
        *self.live.lock() = true;
        Ok("call-1".to_owned())
    }

    async fn hang_up(&self, _: Uuid, call_id: &str) -> Result<(), NotLive> {
        let was_live = std::mem::take(&mut *self.live.lock());
        if was_live && call_id == "call-1" { Ok(()) } else { Err(NotLive) }
    }

    async fn command(&self, _: Uuid, command: Command) -> Result<(), NotLive> {
        if !*self.live.lock() {
            return Err(NotLive);
        }
        self.commands.lock().push(command);
        // What a session does: the page sees that it was heard.
        let _ = self.page.send(message(20, Notice::state(CallState::Paused)));
        Ok(())
    }

    fn subscribe(&self, _: Uuid, after: Option<u64>) -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>) {
        let told = self.told.lock().iter().filter(|m| after.is_none_or(|after| m.seq > after)).cloned().collect();
        (told, self.page.subscribe())
    }

    async fn bar(&self, interviews: &[Uuid]) -> Result<Bar, BarError> {
        if *self.live.lock() { Err(BarError::Live(interviews[0])) } else { Ok(Bar::new(())) }
    }

    async fn forget(&self, _: &[Uuid]) -> Result<Forgotten, StillWaiting> {
        Ok(Forgotten::default())
    }

    fn active(&self) -> usize {
        usize::from(*self.live.lock())
    }

    fn engines(&self) -> EngineInfo {
        EngineInfo {
            stt: "scripted".to_owned(),
            tts: "scripted".to_owned(),
            turn: "scripted".to_owned(),
            vad: "scripted".to_owned(),
            proposer: "template".to_owned(),
            scripted: true,
            accepting: true,
            capacity: 1,
        }
    }
}

/// Signalling without a connection behind it.
struct FakeConnection;

#[async_trait]
impl Answerer for FakeConnection {
    async fn answer(&self, offer_sdp: &str) -> Result<Answered, TransportError> {
        let sdp = format!("answer to {offer_sdp}");
        Ok(Answered { sdp, ice_tag: "tag-1".to_owned(), ice: Arc::new(Self), port: Box::new(Self) })
    }
}

impl AudioPort for FakeConnection {
    fn open(self: Box<Self>, _: PortContext) -> OpenPort {
        unreachable!("no call begins here")
    }
}

#[async_trait]
impl IceAgent for FakeConnection {
    async fn patch(&self, condition: IceCondition, fragment: &str) -> Result<Patched, PatchError> {
        if !condition.holds("tag-1") {
            return Err(PatchError::OtherSession);
        }
        match fragment {
            "restart" => Ok(Patched::Restarted { fragment: "a=ice-ufrag:new".to_owned(), tag: "tag-2".to_owned() }),
            "candidates" => Ok(Patched::Trickled),
            _ => Err(PatchError::Bad("neither".to_owned())),
        }
    }

    fn is_open(&self) -> bool {
        true
    }
}

fn message(seq: u64, notice: Notice) -> PageMessage {
    PageMessage { seq, at_ms: seq * 100, notice, replaces: None }
}

/// What a test wants otherwise than most do.
pub struct Setup {
    /// 0.0.0.0 is reached as 127.0.0.1 as well, and is not bound to a loopback address.
    pub bind: &'static str,
    pub link_lifetime: chrono::Duration,
    pub access: AccessSettings,
    /// The way back is set by the server that it comes back to.
    pub oidc: Option<OidcSettings>,
    /// Where respondents are told to come; where the server is, when missing.
    pub public_url: Option<&'static str>,
    pub http: api::listen::Options,
    pub open_work: OpenWork,
}

impl Default for Setup {
    fn default() -> Self {
        let link_lifetime = chrono::Duration::days(1);
        Self {
            bind: "127.0.0.1",
            link_lifetime,
            access: AccessSettings::default(),
            oidc: None,
            public_url: None,
            http: api::listen::Options { workers: 1, ..api::listen::Options::default() },
            open_work: OpenWork::default(),
        }
    }
}

/// A server on a free port.
pub struct App {
    pub base: String,
    client: Client,
    calls: Arc<Fake>,
    pub storage: Storage,
    pub access: Arc<Access>,
    server: ServerHandle,
    _folder: Home,
}

impl App {
    pub async fn start() -> Self {
        Self::start_with_links_of(chrono::Duration::days(1)).await
    }

    pub async fn start_with_links_of(link_lifetime: chrono::Duration) -> Self {
        Self::start_as(Setup { link_lifetime, ..Setup::default() }).await
    }

    pub async fn start_as(setup: Setup) -> Self {
        let Setup { bind, link_lifetime, access, oidc, public_url, http, open_work } = setup;
        let (folder, storage) = store().await;
        let storage = storage.with_open_work(open_work);
        let listener = TcpListener::bind((bind, 0)).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let redirect_url = format!("{base}/api/auth/oidc/callback");
        let oidc = oidc.map(|oidc| OidcSettings { redirect_url, ..oidc });
        let calls = Arc::new(Fake {
            refusal: Mutex::new(None),
            live: Mutex::new(false),
            commands: Mutex::new(Vec::new()),
            told: Mutex::new(Vec::new()),
            page: broadcast::channel(16).0,
        });
        let access = Arc::new(Access::new(access, oidc, storage.secret()));
        let state = api::AppState {
            storage: storage.clone(),
            calls: calls.clone(),
            whip: Arc::new(Whip::new(Arc::new(FakeConnection))),
            llm: None,
            metrics: Arc::new(Metrics::new().unwrap()),
            access: Arc::clone(&access),
            redis: None,
            board: Board::default(),
            settings: Arc::new(api::Settings {
                public_url: public_url.map_or_else(|| base.clone(), str::to_owned),
                link_lifetime,
                open_before: chrono::Duration::minutes(5),
                no_show_after: chrono::Duration::minutes(30),
                recording: true,
                http,
                thresholds: interview::quality::Thresholds::default(),
                ice_servers: vec![IceServer {
                    urls: vec!["turn:turn.example.org".to_owned()],
                    username: Some("dana".to_owned()),
                    credential: Some("a \"word\"".to_owned()),
                }],
                webhooks: api::WebhookRules {
                    allow: Allow::read(["127.0.0.1"]).unwrap(),
                    overlap: chrono::Duration::hours(1),
                },
            }),
            // One file after the other will do to see that it is used.
            mixer: Arc::new(|files, mixed| {
                files.into_iter().try_for_each(|mut file| std::io::copy(&mut file, mixed).map(drop))
            }),
        };
        let server = api::server(state, listener, None).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { base, client: Client::new(), calls, storage, access, server: handle, _folder: folder }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    pub async fn guide_id(&self) -> String {
        let created: Value = self.post("/api/call-guides/", &guide_document()).await.json().await.unwrap();
        created["id"].as_str().unwrap().to_owned()
    }

    /// A scheduled interview: as answered.
    pub async fn schedule(&self) -> Value {
        let guide = self.guide_id().await;
        let response = self.post("/api/interviews/schedule", &json!({ "call_guide_id": guide })).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        response.json().await.unwrap()
    }

    /// Whether a call is live; the call is over afterwards.
    pub fn end_call(&self) -> bool {
        std::mem::take(&mut *self.calls.live.lock())
    }

    pub async fn offer(&self, token: &str, query: &str) -> Response {
        self.request(Method::POST, &format!("/api/join/{token}/call{query}"))
            .header("Content-Type", "application/sdp")
            .body("offer")
            .send()
            .await
            .unwrap()
    }

    pub async fn stop(self) {
        self.server.stop(false).await;
    }
}

/// The problem document of a response, checked for its form.
pub async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let document: Value = response.json().await.unwrap();
    assert_eq!(document["status"], status);
    let page = document["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/")).unwrap_or_default();
    let kind = api::Kind::ALL.iter().find(|kind| kind.slug() == Some(page));
    assert_eq!(kind.map(|kind| kind.status().as_u16()), Some(status), "{document}");
    assert!(document["title"].is_string(), "{document}");
    assert!(document["detail"].as_str().is_some_and(|detail| detail.contains(' ')), "{document}");
    document
}

fn pointers(document: &Value) -> Vec<&str> {
    document["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect()
}
