//! Each kind of problem has an address of its own, and the page is there.

use std::collections::BTreeSet;

use interviewer::api::Kind;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{App, problem};
use crate::support::guide_document;

#[actix_web::test]
async fn every_kind_has_a_page_that_the_engine_serves() {
    let app = App::start().await;
    let ours = app.get("/").send().await.unwrap();
    let policy = ours.headers()["content-security-policy"].clone();
    let index = app.get("/problems").send().await.unwrap();
    assert_eq!(index.url().path(), "/problems/");
    let index = index.text().await.unwrap();
    for kind in Kind::ALL {
        let page = app.get(kind.uri()).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{kind:?}");
        assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers()["content-security-policy"], policy);
        let text = page.text().await.unwrap();
        let status = format!("<code>{}</code>, HTTP status {}", kind.slug().unwrap(), kind.status().as_u16());
        assert!(text.contains(&status) && text.contains("What to do") && !text.contains("<script"), "{text}");
        assert!(index.contains(&format!("<a href=\"{}\">", kind.uri())), "{kind:?} is not in the index");
        for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let there = app.get(link).send().await.unwrap();
            assert_eq!(there.status(), StatusCode::OK, "{kind:?} links to {link}");
        }
    }
    assert_eq!(app.request(Method::HEAD, "/problems/not-found").send().await.unwrap().status(), StatusCode::OK);
    for path in ["/problems/nothing", "/problems/index.md", "/problems/..%2Findex"] {
        assert_eq!(problem(app.get(path).send().await.unwrap(), 404).await["type"], "/problems/not-found");
    }
    app.stop().await;
}

#[actix_web::test]
async fn the_description_lists_every_type() {
    let document = serde_json::to_value(interviewer::api::openapi()).unwrap();
    let listed = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"].as_array().unwrap();
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let known = Kind::ALL.iter().map(|kind| kind.uri()).chain(["about:blank"]);
    assert_eq!(listed, known.collect());
}

#[actix_web::test]
async fn a_problem_says_of_which_kind_it_is() {
    let app = App::start().await;
    let id = app.schedule().await["id"].as_str().unwrap().to_owned();
    let get = |path: &str| app.get(path);
    let post = |path: &str| app.request(Method::POST, path);
    let (mut guide, schedule) = (guide_document(), "/api/interviews/schedule");
    guide["name"] = json!(7);
    let sip = json!({ "call_guide_id": Uuid::nil(), "channel": "sip" });
    let both = json!({ "call_guide_id": 7, "channel": "sip" });
    for (slug, request) in [
        ("not-found", get("/api/nothing")),
        ("not-found", get(&format!("/api/interviews/{}", Uuid::nil()))),
        ("invalid-query", get("/api/interviews/?status=lost")),
        ("invalid-header", app.request(Method::PATCH, &format!("/api/interviews/{id}")).header("if-match", "x")),
        ("malformed-body", post(schedule).header("content-type", "application/json").body("{")),
        ("unsupported-media-type", post(schedule).header("content-type", "text/plain").body("{}")),
        ("body-too-large", post(schedule).header("content-type", "application/json").body(vec![b' '; 2 << 20])),
        ("invalid-body", post(schedule).json(&json!({}))),
        ("channel-not-available", post(schedule).json(&sip)),
        ("invalid-body", post(schedule).json(&both)),
        ("invalid-guide", post("/api/call-guides/").json(&guide)),
        ("method-not-allowed", app.request(Method::PATCH, "/api/call-guides/")),
        ("not-acceptable", get(&format!("/api/interviews/{id}/transcript")).header("accept", "image/png")),
        ("no-recording", get(&format!("/api/interviews/{id}/recording"))),
        ("join-link-unknown", get("/api/join/nobody")),
        ("interview-not-over", post("/api/analytics/insights/generate").json(&json!({ "interview_id": id }))),
        ("no-live-call", post(&format!("/api/interviews/{id}/recording/stop")).json(&json!({ "delete_so_far": true }))),
        ("changed-since", app.request(Method::DELETE, &format!("/api/interviews/{id}")).header("if-match", "\"x\"")),
        ("foreign-host", get("/api/interviews/").header("host", "evil.example")),
        ("foreign-origin", get("/api/interviews/").header("origin", "http://evil.example")),
        ("key-not-valid", get("/api/interviews/").header("authorization", "Bearer nothing")),
        ("key-required", get("/api/interviews/").header("authorization", "Basic nothing")),
        ("sign-in-failed", post("/api/auth/login").json(&json!({ "email": "a@example.org", "password": "b" }))),
    ] {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(status >= 400, "{slug}: {status}");
        let document = problem(answer, status).await;
        assert_eq!(document["type"], format!("/problems/{slug}"), "{document}");
    }
    assert_eq!(
        app.request(Method::DELETE, &format!("/api/interviews/{id}")).send().await.unwrap().status(),
        StatusCode::OK
    );
    let over = app.request(Method::DELETE, &format!("/api/interviews/{id}")).send().await.unwrap();
    assert_eq!(problem(over, 409).await["type"], "/problems/interview-over");
    app.stop().await;
}
