//! The API over a real server and real requests; live calls are a [`Fake`].

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use async_trait::async_trait;
use futures_util::{SinkExt as _, StreamExt as _};
use interview::io::{CallState, Command, Notice, Speaker};
use interviewer::api::{self, Calls, EngineInfo, JoinError, Joined, NotLive, PageMessage};
use interviewer::storage::{Side, Storage};
use interviewer::telemetry::Metrics;
use interviewer::transport::{IceCondition, IceServer, PatchError, Patched};
use parking_lot::Mutex;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::support::{conversation, guide_document, store};

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
    async fn join(&self, _: Uuid, offer_sdp: String, takeover: bool) -> Result<Joined, JoinError> {
        if let Some(refusal) = self.refusal.lock().clone() {
            return Err(refusal);
        }
        if *self.live.lock() && !takeover {
            return Err(JoinError::AlreadyLive);
        }
        *self.live.lock() = true;
        Ok(Joined {
            call_id: "call-1".to_owned(),
            answer_sdp: format!("answer to {offer_sdp}"),
            ice_tag: "tag-1".to_owned(),
        })
    }

    async fn patch(
        &self,
        _: Uuid,
        call_id: &str,
        condition: IceCondition,
        fragment: &str,
    ) -> Result<Patched, PatchError> {
        if !*self.live.lock() || call_id != "call-1" {
            return Err(PatchError::Gone);
        }
        if !condition.holds("tag-1") {
            return Err(PatchError::OtherSession);
        }
        match fragment {
            "restart" => Ok(Patched::Restarted { fragment: "a=ice-ufrag:new".to_owned(), tag: "tag-2".to_owned() }),
            "candidates" => Ok(Patched::Trickled),
            _ => Err(PatchError::Bad("neither".to_owned())),
        }
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
        let _ = self.page.send(message(20, Notice::State { value: CallState::Paused }));
        Ok(())
    }

    fn subscribe(&self, _: Uuid, after: Option<u64>) -> (Vec<PageMessage>, broadcast::Receiver<PageMessage>) {
        let told = self.told.lock().iter().filter(|m| after.is_none_or(|after| m.seq > after)).cloned().collect();
        (told, self.page.subscribe())
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

fn message(seq: u64, notice: Notice) -> PageMessage {
    PageMessage { seq, at_ms: seq * 100, notice, replaces: None }
}

/// A server on a free port.
pub struct App {
    base: String,
    client: Client,
    calls: Arc<Fake>,
    storage: Storage,
    server: ServerHandle,
    _folder: TempDir,
}

impl App {
    pub async fn start() -> Self {
        Self::start_with_links_of(chrono::Duration::days(1)).await
    }

    pub async fn start_with_links_of(link_lifetime: chrono::Duration) -> Self {
        let (folder, storage) = store().await;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Fake {
            refusal: Mutex::new(None),
            live: Mutex::new(false),
            commands: Mutex::new(Vec::new()),
            told: Mutex::new(Vec::new()),
            page: broadcast::channel(16).0,
        });
        let state = api::State {
            storage: storage.clone(),
            calls: calls.clone(),
            metrics: Arc::new(Metrics::new().unwrap()),
            settings: Arc::new(api::Settings {
                public_url: base.clone(),
                link_lifetime,
                recording: true,
                workers: 1,
                ice_servers: vec![IceServer {
                    urls: vec!["turn:turn.example.org".to_owned()],
                    username: Some("dana".to_owned()),
                    credential: Some("a \"word\"".to_owned()),
                }],
            }),
            // One file after the other will do to see that it is used.
            mixer: Arc::new(|files, mut mixed| {
                files.iter().try_for_each(|file| mixed.write_all(&std::fs::read(file)?))
            }),
        };
        let server = api::server(state, listener, None).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        Self { base, client: Client::new(), calls, storage, server: handle, _folder: folder }
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

    async fn offer(&self, token: &str, query: &str) -> Response {
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
    assert_eq!(document["type"], "about:blank");
    assert!(document["title"].is_string(), "{document}");
    document
}

fn pointers(document: &Value) -> Vec<&str> {
    document["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn guides_are_made_read_changed_and_removed() {
    let app = App::start().await;
    let created = app.post("/api/call-guides/", &guide_document()).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    let guide: Value = created.json().await.unwrap();
    assert_eq!(location, format!("/api/call-guides/{}", guide["id"].as_str().unwrap()));
    assert_eq!((&guide["max_duration_minutes"], &guide["min_completion_percentage"]), (&json!(60), &json!(0.7)));
    assert_eq!(app.get(&location).send().await.unwrap().json::<Value>().await.unwrap(), guide);

    let yaml = "name: Renamed\nresearch_objective: Why\nsections:\n  - section_name: One\n    id: one\n    questions:\n      - {id: why, text: Why?}\n";
    let changed =
        app.request(Method::PUT, &location).header("Content-Type", "application/yaml").body(yaml).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(changed.json::<Value>().await.unwrap()["name"], "Renamed");

    assert_eq!(app.request(Method::DELETE, &location).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(app.get(&location).send().await.unwrap(), 404).await;

    let interview = app.schedule().await;
    let used = format!("/api/call-guides/{}", interview["call_guide_id"].as_str().unwrap());
    problem(app.request(Method::DELETE, &used).send().await.unwrap(), 409).await;
    app.stop().await;
}

#[actix_web::test]
async fn lists_come_in_pages() {
    let app = App::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(app.guide_id().await);
    }
    made.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/call-guides/?limit=2&cursor={cursor}");
        let page: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let faults = problem(app.get("/api/call-guides/?limit=0&cursor=x").send().await.unwrap(), 400).await;
    assert_eq!(pointers(&faults), ["/limit", "/cursor"]);
    app.stop().await;
}

#[actix_web::test]
async fn what_is_wrong_with_input_is_said() {
    let app = App::start().await;
    let mut guide = guide_document();
    guide.as_object_mut().unwrap().remove("name");
    let faults = problem(app.post("/api/call-guides/", &guide).await, 422).await;
    assert_eq!(pointers(&faults), ["/name"]);
    let verdict: Value = app.post("/api/call-guides/validate", &guide).await.json().await.unwrap();
    assert_eq!(verdict["valid"], false);
    assert!(!verdict["errors"].as_array().unwrap().is_empty());
    let verdict: Value = app.post("/api/call-guides/validate", &guide_document()).await.json().await.unwrap();
    assert_eq!(verdict["valid"], true);

    let body = json!({ "call_guide_id": "x", "channel": "sip", "scheduled_at": "soon", "metadata": 1, "phone/no": 1 });
    let faults = problem(app.post("/api/interviews/schedule", &body).await, 422).await;
    let mut at = pointers(&faults);
    at.sort_unstable();
    at.dedup();
    assert_eq!(at, ["/call_guide_id", "/channel", "/metadata", "/phone~1no", "/scheduled_at"]);
    let unknown = json!({ "call_guide_id": Uuid::nil() });
    let faults = problem(app.post("/api/interviews/schedule", &unknown).await, 422).await;
    assert_eq!(pointers(&faults), ["/call_guide_id"]);
    let faults = problem(app.get("/api/interviews/?status=lost").send().await.unwrap(), 400).await;
    assert_eq!(pointers(&faults), ["/status"]);
    app.stop().await;
}

#[actix_web::test]
async fn errors_of_the_framework_are_problem_documents_too() {
    let app = App::start().await;
    problem(app.get("/api/nothing").send().await.unwrap(), 404).await;
    problem(app.get("/api/interviews/not-an-id").send().await.unwrap(), 404).await;
    let not_allowed = app.request(Method::PATCH, "/api/call-guides/").send().await.unwrap();
    assert!(not_allowed.headers()["allow"].to_str().unwrap().contains("POST"));
    problem(not_allowed, 405).await;
    let post = |kind: &'static str, body: Vec<u8>| {
        app.request(Method::POST, "/api/call-guides/").header("Content-Type", kind).body(body).send()
    };
    problem(post("application/json", b"{\"name\": ".to_vec()).await.unwrap(), 400).await;
    problem(post("application/yaml", b"a: [".to_vec()).await.unwrap(), 400).await;
    problem(post("text/plain", b"{}".to_vec()).await.unwrap(), 415).await;
    problem(post("application/json", vec![b' '; 2 << 20]).await.unwrap(), 413).await;
    app.stop().await;
}

#[actix_web::test]
async fn no_web_page_reaches_in() {
    let app = App::start().await;
    let with = |name: &'static str, value: &'static str| app.get("/api/interviews/").header(name, value).send();
    problem(with("Host", "evil.example").await.unwrap(), 403).await;
    problem(with("Origin", "http://evil.example").await.unwrap(), 403).await;
    problem(with("Origin", "null").await.unwrap(), 403).await;
    let own = app.get("/api/interviews/").header("Origin", &app.base).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
    assert!(own.headers().get("access-control-allow-origin").is_none());
    app.stop().await;
}

#[actix_web::test]
async fn health_names_the_scripted_engines() {
    let app = App::start().await;
    let health: Value = app.get("/api/health/").send().await.unwrap().json().await.unwrap();
    assert_eq!((&health["status"], &health["components"]["database"]["status"]), (&json!("ok"), &json!("ok")));
    assert_eq!(health["components"]["models"]["stt"], "scripted");
    assert_eq!(app.get("/api/health/live").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(app.get("/api/health/ready").send().await.unwrap().status(), StatusCode::OK);
    *app.calls.live.lock() = true;
    let full = problem(app.get("/api/health/ready").send().await.unwrap(), 503).await;
    assert_eq!(full["components"]["queues"]["status"], "full");
    *app.calls.live.lock() = false;
    app.storage.clone().close().await.unwrap();
    problem(app.get("/api/health/ready").send().await.unwrap(), 503).await;
    problem(app.get("/api/interviews/").send().await.unwrap(), 503).await;
    let metrics = app.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("speech_engine_info{stt=\"scripted\",tts=\"scripted\"} 1"), "{metrics}");
    assert!(metrics.contains("process_open_fds"));
    app.stop().await;
}

#[actix_web::test]
async fn an_interview_is_scheduled_started_and_cancelled() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let (id, token) = (scheduled["id"].as_str().unwrap(), scheduled["join_token"].as_str().unwrap());
    assert_eq!(scheduled["join_url"], format!("{}/join/{token}", app.base));
    assert_eq!(scheduled["status"], "scheduled");
    let path = format!("/api/interviews/{id}");
    let found: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    assert!(found.get("join_token").is_none(), "the token is told once");

    let started = app.post(&format!("{path}/start"), &json!({})).await;
    assert_eq!(started.status(), StatusCode::OK);
    let fresh: Value = started.json().await.unwrap();
    assert_ne!(fresh["join_token"], token);

    let guide = scheduled["call_guide_id"].as_str().unwrap();
    let by_status = |status: &str| app.get(&format!("/api/interviews/?status={status}&call_guide_id={guide}")).send();
    let page: Value = by_status("scheduled").await.unwrap().json().await.unwrap();
    assert_eq!(page["items"][0]["id"], id);
    let page: Value = by_status("completed").await.unwrap().json().await.unwrap();
    assert_eq!(page["items"], json!([]));

    let cancelled: Value = app.request(Method::DELETE, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!((&cancelled["status"], &cancelled["status_reason"]), (&json!("cancelled"), &json!("cancelled")));
    problem(app.request(Method::DELETE, &path).send().await.unwrap(), 409).await;
    problem(app.post(&format!("{path}/start"), &json!({})).await, 409).await;
    problem(app.offer(token, "").await, 410).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_transcript_comes_as_json_text_and_vtt() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id = scheduled["id"].as_str().unwrap().to_owned();
    app.storage.append(id.parse().unwrap(), &conversation()).await.unwrap();
    let path = format!("/api/interviews/{id}/transcript");
    let transcript: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    let turns = transcript["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 3);
    assert_eq!((&turns[0]["speaker"], &turns[1]["speaker"]), (&json!("interviewer"), &json!("respondent")));
    assert_eq!(turns[1]["start_ms"], 7_500);
    assert_eq!(turns[1]["response_id"], transcript["responses"][0]["id"]);

    let text = app.get(&format!("{path}?format=text")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("[00:07] Respondent: bookkeeping for <small> shops\n"), "{text}");
    let vtt = app.get(&path).header("Accept", "text/vtt").send().await.unwrap();
    assert!(vtt.headers()["content-type"].to_str().unwrap().starts_with("text/vtt"));
    let vtt = vtt.text().await.unwrap();
    assert!(vtt.starts_with("WEBVTT\n\n7\n00:00:05.000 --> 00:00:07.000\n<v Interviewer>What kind"), "{vtt}");
    assert!(vtt.contains("<v Respondent>bookkeeping for &lt;small&gt; shops\n"), "{vtt}");
    problem(app.get(&path).header("Accept", "image/png").send().await.unwrap(), 406).await;
    problem(app.get(&format!("{path}?format=docx")).send().await.unwrap(), 400).await;
    app.stop().await;
}

#[actix_web::test]
async fn recordings_are_served_with_ranges() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id: Uuid = scheduled["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/interviews/{id}/recording");
    problem(app.get(&path).send().await.unwrap(), 404).await;
    app.storage.append(id, &conversation()).await.unwrap();
    problem(app.get(&path).send().await.unwrap(), 404).await;
    let recordings = app.storage.recordings();
    std::fs::create_dir_all(recordings.folder(id)).unwrap();
    for (name, bytes) in [("interviewer", "inter"), ("respondent", "respo"), ("interviewer-leg2", "2")] {
        std::fs::write(recordings.folder(id).join(format!("{name}.ogg")), bytes).unwrap();
    }
    assert_eq!(recordings.files(id, Some(Side::Interviewer)).len(), 2);
    let whole = app.get(&path).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "audio/ogg");
    assert_eq!(whole.text().await.unwrap(), "inter2respo");
    let part = app.get(&format!("{path}?side=respondent")).header("Range", "bytes=1-2").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], "bytes 1-2/5");
    assert_eq!(part.text().await.unwrap(), "es");
    problem(app.get(&path).header("Range", "bytes=99-").send().await.unwrap(), 416).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_call_is_joined_as_whip_does_it() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    problem(app.offer("unknown", "").await, 404).await;
    let joined = app.offer(token, "").await;
    assert_eq!(joined.status(), StatusCode::CREATED);
    assert_eq!(joined.headers()["content-type"], "application/sdp");
    assert_eq!(joined.headers()["etag"], "\"tag-1\"");
    let server = "<turn:turn.example.org>; rel=\"ice-server\"; username=\"dana\"; \
        credential=\"a \\\"word\\\"\"; credential-type=\"password\"";
    assert_eq!(joined.headers()["link"], server);
    let call = joined.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(joined.text().await.unwrap(), "answer to offer");

    problem(app.offer(token, "").await, 409).await;
    problem(app.offer(token, "?takeover=maybe").await, 400).await;
    assert_eq!(app.offer(token, "?takeover=true").await.status(), StatusCode::CREATED);
    let wrong = app.request(Method::POST, &format!("/api/join/{token}/call")).json(&json!({})).send().await.unwrap();
    problem(wrong, 415).await;
    assert_eq!(app.request(Method::DELETE, &call).send().await.unwrap().status(), StatusCode::OK);
    problem(app.request(Method::DELETE, &call).send().await.unwrap(), 404).await;

    let refusals = [
        (JoinError::NoCodec, 406),
        (JoinError::Over, 410),
        (JoinError::BadOffer("no audio".to_owned()), 400),
        (JoinError::Unavailable("draining".to_owned()), 503),
        (JoinError::Full { retry_after_s: 30 }, 503),
    ];
    for (refusal, status) in refusals {
        *app.calls.refusal.lock() = Some(refusal.clone());
        let response = app.offer(token, "").await;
        if refusal == (JoinError::Full { retry_after_s: 30 }) {
            assert_eq!(response.headers()["retry-after"], "30");
        }
        problem(response, status).await;
    }
    let metrics = app.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("admission_refusals_total 1"), "{metrics}");
    app.stop().await;
}

#[actix_web::test]
async fn a_call_is_patched_as_whip_does_it() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    let about = app.request(Method::OPTIONS, &format!("/api/join/{token}/call")).send().await.unwrap();
    assert_eq!(
        (about.status(), &about.headers()["accept-post"]),
        (StatusCode::NO_CONTENT, &"application/sdp".parse().unwrap())
    );
    let joined = app.offer(token, "").await;
    let (call, tag) = (joined.headers()["location"].to_str().unwrap(), joined.headers()["etag"].clone());
    let fragments = "application/trickle-ice-sdpfrag";
    assert_eq!(joined.headers()["accept-patch"], fragments);
    let about = app.request(Method::OPTIONS, call).send().await.unwrap();
    assert_eq!(
        (about.status(), about.headers()["accept-patch"].to_str().unwrap()),
        (StatusCode::NO_CONTENT, fragments)
    );

    let patch =
        |path: &str, body: &'static str| app.request(Method::PATCH, path).header("content-type", fragments).body(body);
    let trickled = patch(call, "candidates").header("if-match", &tag).send().await.unwrap();
    assert_eq!(trickled.status(), StatusCode::NO_CONTENT);
    let restarted = patch(call, "restart").header("if-match", "*").send().await.unwrap();
    assert_eq!(restarted.status(), StatusCode::OK);
    assert_eq!(restarted.headers()["etag"], "\"tag-2\"");
    assert_eq!(restarted.headers()["content-type"], fragments);
    assert_eq!(restarted.text().await.unwrap(), "a=ice-ufrag:new");

    problem(patch(call, "candidates").send().await.unwrap(), 428).await;
    problem(patch(call, "candidates").header("if-match", "\"other\"").send().await.unwrap(), 412).await;
    problem(patch(call, "nonsense").header("if-match", &tag).send().await.unwrap(), 400).await;
    let unlabelled = app.request(Method::PATCH, call).header("if-match", &tag).body("candidates");
    problem(unlabelled.send().await.unwrap(), 415).await;
    let other = format!("/api/join/{token}/call/another");
    problem(patch(&other, "restart").header("if-match", "*").send().await.unwrap(), 404).await;
    problem(patch("/api/join/unknown/call/call-1", "restart").header("if-match", "*").send().await.unwrap(), 404).await;
    app.stop().await;
}

#[actix_web::test]
async fn the_events_socket_misses_nothing_and_tells_nothing_twice() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let token = scheduled["join_token"].as_str().unwrap();
    let caption = |text: &str| Notice::Caption {
        speaker: Speaker::Interviewer,
        text: text.to_owned(),
        r#final: true,
        start_ms: 0,
        end_ms: 900,
    };
    *app.calls.told.lock() = (1..=10).map(|seq| message(seq, caption(&format!("caption {seq}")))).collect();
    *app.calls.live.lock() = true;
    let url = format!("{}/api/join/{token}/events?after=8", app.base.replace("http", "ws"));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let mut texts = Vec::new();
    while texts.len() < 2 {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            texts.push(serde_json::from_str::<Value>(&text).unwrap());
        }
    }
    assert_eq!(
        texts[0],
        json!({ "type": "caption", "speaker": "interviewer", "text": "caption 9", "final": true,
                "start_ms": 0, "end_ms": 900, "seq": 9, "at_ms": 900 })
    );
    assert_eq!(texts[1]["seq"], 10);

    // In the backlog already: not told again. Then the answer to a command, to nonsense, and the end.
    app.calls.page.send(message(10, caption("caption 10"))).unwrap();
    socket.send(Message::text("{\"type\":\"pause\"}")).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Ok(received)) = socket.next().await {
        let Message::Text(text) = received else { continue };
        let value: Value = serde_json::from_str(&text).unwrap();
        match value["type"].as_str() {
            Some("state") if value["value"] == "paused" => {
                socket.send(Message::text("{\"type\":\"dance\"}")).await.unwrap();
            }
            Some("error") => {
                let ended = Notice::State { value: CallState::Ended };
                app.calls.page.send(message(21, ended)).unwrap();
            }
            _ => {}
        }
        seen.push((value["type"].as_str().unwrap().to_owned(), value["seq"].as_u64().unwrap()));
    }
    let wanted = [("state", 20), ("error", 20), ("state", 21)].map(|(kind, seq)| (kind.to_owned(), seq));
    assert_eq!(seen, wanted, "and then the socket is closed");
    assert_eq!(*app.calls.commands.lock(), [Command::Pause]);
    app.stop().await;
}
