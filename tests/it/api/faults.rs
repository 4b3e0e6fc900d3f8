//! What is wrong with a request is said, all of it at once, as problem documents.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, pointers, problem};
use crate::support::guide_document;

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
