//! Every route of the document, asked after real interviews: a whole engine with scripted speech, joined over HTTP, WebRTC
//! and the events socket. Whoever adds a route adds it here: the last check names those that are left out.

use interview::io::{CallState, Notice};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::time::Duration;

use super::keys::{self, Keys};
use super::operators;
use super::schema::{Answered, Contract};
use crate::session::Stage;
use crate::support::caller::{is_state, open_guide};

const FRAGMENTS: &str = "application/trickle-ice-sdpfrag";

/// Asks an engine, and holds what it answers against the document.
pub struct Asker<'a> {
    stage: &'a Stage,
    contract: Contract,
}

impl Asker<'_> {
    /// `route` is as in the document, with its parameters' values behind it: `get /api/call-guides/{id}` and the path.
    pub async fn ask(
        &mut self,
        route: &str,
        path: &str,
        status: u16,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Value {
        let method = Method::from_bytes(route.split(' ').next().unwrap().to_uppercase().as_bytes()).unwrap();
        let request = self.stage.caller.http.request(method, format!("{}{path}", self.stage.caller.base));
        let response = with(request).send().await.unwrap();
        self.hold(route, response, status).await
    }

    async fn hold(&mut self, route: &str, response: Response, status: u16) -> Value {
        let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let got = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        assert_eq!(got, status, "{route}: {}", String::from_utf8_lossy(&body));
        let kind = kind.as_deref().map(|kind| kind.split(';').next().unwrap());
        self.contract.hold(route, &Answered { status: got, content_type: kind, body: &body });
        serde_json::from_slice(&body).unwrap_or(Value::Null)
    }

    /// Waits until something is there that is made in the background.
    pub async fn made(&self, path: &str) {
        crate::insights::until(async || (self.stage.caller.get(path).await.status() == 200).then_some(())).await;
    }

    pub async fn get(&mut self, route: &str, path: &str, keys: Keys) -> Value {
        let value = self.ask(&format!("get {route}"), path, 200, |request| request).await;
        keys::check(route, &value, keys);
        value
    }

    pub async fn post(&mut self, route: &str, body: &Value, status: u16) -> Value {
        self.ask(&format!("post {route}"), route, status, |request| request.json(body)).await
    }
}

pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key}: {value:#}"))
}

#[actix_web::test]
async fn every_route_answers_as_documented() {
    let stage = Stage::start(&[("WEBHOOKS_CONCURRENT", "0")]).await;
    let document = stage.caller.json("/api/openapi.json").await;
    let mut asker = Asker { stage: &stage, contract: Contract::new(document) };
    engine(&mut asker).await;
    let guide = guides(&mut asker).await;
    let held = interviews(&mut asker, &guide).await;
    afterwards(&mut asker, &held).await;
    assert!(stage.engine.quality.settle().await, "what was held is judged");
    operators::counted(&mut asker).await;
    operators::insights(&mut asker, &held).await;
    operators::quality(&mut asker).await;
    operators::people(&mut asker).await;
    operators::tasks(&mut asker, &guide).await;
    operators::webhooks(&mut asker).await;
    operators::personal_data(&mut asker, &held).await;
    let left = asker.contract.left_out();
    assert!(left.is_empty(), "routes of the document that this test does not ask yet: {left:#?}");
    stage.engine.stop(Duration::ZERO).await;
}

async fn engine(asker: &mut Asker<'_>) {
    asker.get("/api/", "/api/", &[]).await;
    asker.get("/api/openapi.json", "/api/openapi.json", &[]).await;
    asker.get("/api/health/", "/api/health/", keys::HEALTH).await;
    asker.get("/api/health/live", "/api/health/live", &[]).await;
    asker.get("/api/health/ready", "/api/health/ready", keys::HEALTH).await;
    asker.get("/metrics", "/metrics", &[]).await;
}

/// A guide to interview with.
async fn guides(asker: &mut Asker<'_>) -> String {
    let guide = asker.post("/api/call-guides/", &open_guide(2), 201).await;
    keys::check("the guide made", &guide, keys::CALL_GUIDE);
    let (one, path) = ("/api/call-guides/{id}", format!("/api/call-guides/{}", text(&guide, "id")));
    asker.get(one, &path, keys::CALL_GUIDE).await;
    let list = asker.get("/api/call-guides/", "/api/call-guides/?limit=1", &[]).await;
    keys::check("a guide in the list", &list["items"][0], keys::CALL_GUIDE);
    let put = format!("put {one}");
    let changed = asker.ask(&put, &path, 200, |request| request.json(&open_guide(2))).await;
    keys::check("the guide changed", &changed, keys::CALL_GUIDE);
    for part in ["versions", "diff", "export", "study"] {
        asker.get(&format!("{one}/{part}"), &format!("{path}/{part}"), &[]).await;
    }
    let study = format!("{path}/study");
    let export = asker.ask(&format!("post {one}/study"), &study, 202, |request| request).await;
    let file = format!("/api/exports/{}", text(&export, "task_id"));
    asker.made(&file).await;
    asker.get("/api/exports/{task_id}", &file, &[]).await;
    asker.get(&format!("{one}/versions/{{version}}"), &format!("{path}/versions/1"), &[]).await;
    let verdict = asker.post("/api/call-guides/validate", &open_guide(1), 200).await;
    assert_eq!(verdict["valid"], true);

    let broken = asker.post("/api/call-guides/", &json!({ "name": "" }), 422).await;
    keys::check("a problem", &broken, keys::PROBLEM);
    keys::check("its faults", &broken, keys::FAULTS);
    asker.ask(&put, &path, 412, |request| request.header("If-Match", "\"other\"").json(&open_guide(2))).await;
    asker.ask("get /api/call-guides/", "/api/call-guides/?limit=0", 400, |request| request).await;
    let other = asker.post("/api/call-guides/", &open_guide(1), 201).await;
    let gone = format!("/api/call-guides/{}", text(&other, "id"));
    asker.ask(&format!("delete {one}"), &gone, 204, |request| request).await;
    asker.ask(&format!("get {one}"), &gone, 404, |request| request).await;
    text(&guide, "id").to_owned()
}

/// One that is held to its end, one that is hung up, one that is cancelled; the first one's id.
async fn interviews(asker: &mut Asker<'_>, guide: &str) -> String {
    let schedule = json!({ "call_guide_id": guide, "respondent_name": "Dana", "metadata": { "panel": 7 } });
    let invitation = asker.post("/api/interviews/schedule", &schedule, 201).await;
    keys::check("the invitation", &invitation, keys::INVITATION);
    let token = text(&invitation, "join_token").to_owned();
    asker.get("/api/join/{token}", &format!("/api/join/{token}"), &[]).await;
    let call = "/api/join/{token}/call";
    let path = format!("/api/join/{token}/call");
    asker.ask(&format!("options {call}"), &path, 204, |request| request).await;
    asker.ask(&format!("post {call}"), &path, 415, |request| request.json(&json!({}))).await;
    let sdp = "application/sdp";
    asker.ask(&format!("post {call}"), &path, 400, |request| request.header("content-type", sdp).body("v=0")).await;
    // Plain HTTP on the socket's path; opened, it is not HTTP any more.
    let socket = "get /api/join/{token}/events";
    asker.ask(socket, &format!("/api/join/{token}/events"), 400, |request| request).await;
    hold_to_the_end(asker, &token).await;
    asker.ask("get /api/join/{token}/events", &format!("/api/join/{token}/events"), 410, |request| request).await;

    let start = "post /api/interviews/{id}/start";
    let second = asker.post("/api/interviews/schedule", &schedule, 201).await;
    let path = format!("/api/interviews/{}", text(&second, "id"));
    let opened = asker.ask(start, &format!("{path}/start"), 200, |request| request).await;
    keys::check("the room opened", &opened, keys::INVITATION);
    patch_and_hang_up(asker, text(&opened, "join_token")).await;
    let marked = json!({ "requires_human_review": true, "escalation_reason": "odd", "tags": ["seen"] });
    let annotate = "patch /api/interviews/{id}";
    asker.ask(annotate, &path, 200, |request| request.json(&marked)).await;
    asker.ask(annotate, &path, 422, |request| request.json(&json!({ "tags": 1 }))).await;
    asker.get("/api/interviews/review-queue", "/api/interviews/review-queue", &[]).await;
    let (review, outcome) = ("post /api/interviews/{id}/review", json!({ "outcome": "accepted" }));
    asker.ask(review, &format!("{path}/review"), 200, |request| request.json(&outcome)).await;
    asker.ask(review, &format!("{path}/review"), 409, |request| request.json(&outcome)).await;
    let cancel = "delete /api/interviews/{id}";
    let cancelled = asker.ask(cancel, &path, 200, |request| request).await;
    assert_eq!(cancelled["status"], "cancelled");
    asker.ask(cancel, &path, 409, |request| request).await;
    asker.ask(start, &format!("{path}/start"), 409, |request| request).await;
    text(&invitation, "id").to_owned()
}

async fn hold_to_the_end(asker: &mut Asker<'_>, token: &str) {
    let stage = asker.stage;
    let mut page = stage.caller.page(token, None).await;
    let mut call = stage.caller.join(token, "").await.expect("joined");
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    stage.live(0).await;
    // The socket's messages, by the product contract's section 9.
    let told = |wanted: fn(&Notice) -> bool| page.seen.iter().any(|message| wanted(&message.notice));
    assert!(told(|notice| matches!(notice, Notice::State { .. })));
    assert!(told(|notice| matches!(notice, Notice::Caption { r#final: true, .. })));
    assert!(told(|notice| matches!(notice, Notice::Question { .. })));
    assert!(told(|notice| matches!(notice, Notice::Consent { .. })));
}

async fn patch_and_hang_up(asker: &mut Asker<'_>, token: &str) {
    let stage = asker.stage;
    let offer = stage.caller.webrtc.offer().await.unwrap();
    let joined = stage.caller.post_offer(token, "", offer.sdp()).await;
    let header = |name: &str| joined.headers()[name].to_str().unwrap().to_owned();
    let (location, tag) = (header("location"), header("etag"));
    asker.hold("post /api/join/{token}/call", joined, 201).await;
    let call = "/api/join/{token}/call/{call_id}";
    asker.ask(&format!("options {call}"), &location, 204, |request| request).await;
    let fragment = |request: RequestBuilder| request.header("content-type", FRAGMENTS);
    let patch = format!("patch {call}");
    asker.ask(&patch, &location, 428, |request| fragment(request).body("a=end-of-candidates")).await;
    let other = |request| fragment(request).header("if-match", "\"other\"").body("a=end-of-candidates");
    asker.ask(&patch, &location, 412, other).await;
    asker.ask(&patch, &location, 400, |request| fragment(request).header("if-match", &tag).body("nonsense")).await;
    asker.ask(&format!("delete {call}"), &location, 200, |request| request).await;
    stage.live(0).await;
    asker.ask(&format!("delete {call}"), &location, 404, |request| request).await;
}

/// What is left of the interview that was held.
async fn afterwards(asker: &mut Asker<'_>, id: &str) {
    let path = format!("/api/interviews/{id}");
    let interview = asker.get("/api/interviews/{id}", &path, keys::INTERVIEW_HELD).await;
    assert_eq!((&interview["status"], &interview["consent_given"]), (&json!("completed"), &json!(true)));
    let list = asker.get("/api/interviews/", "/api/interviews/?status=completed", &[]).await;
    keys::check("the interview in the list", &list["items"][0], keys::INTERVIEW_HELD);
    asker.get("/api/interviews/{id}/responses", &format!("{path}/responses"), keys::RESPONSES).await;
    let transcript = format!("{path}/transcript");
    let route = "/api/interviews/{id}/transcript";
    let whole = asker.get(route, &transcript, &[]).await;
    assert!(!whole["turns"].as_array().unwrap().is_empty() && !whole["responses"].as_array().unwrap().is_empty());
    for format in ["text", "vtt"] {
        asker.get(route, &format!("{transcript}?format={format}"), &[]).await;
    }
    asker.ask(&format!("get {route}"), &transcript, 406, |request| request.header("accept", "image/png")).await;
    let recording = format!("{path}/recording");
    let route = "get /api/interviews/{id}/recording";
    asker.ask(route, &recording, 200, |request| request).await;
    asker.ask(route, &recording, 206, |request| request.header("range", "bytes=0-9")).await;
    asker.ask(route, &recording, 416, |request| request.header("range", "bytes=999999999-")).await;
    // It is over: nothing is being recorded any more.
    let stop = "post /api/interviews/{id}/recording/stop";
    let wanted = json!({ "delete_so_far": false });
    asker.ask(stop, &format!("{recording}/stop"), 409, |request| request.json(&wanted)).await;
    asker.ask(stop, &format!("{recording}/stop"), 422, |request| request.json(&json!({}))).await;
}
