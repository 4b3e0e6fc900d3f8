//! What is wrong with a request is said, all of it at once, as problem documents.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{App, pointers, problem};
use crate::support::{guide, guide_document, new_interview};
use storage::Actor;

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
    let detail =
        |at: &str| &faults["errors"].as_array().unwrap().iter().find(|one| one["pointer"] == at).unwrap()["detail"];
    assert_eq!(detail("/call_guide_id"), "This must be a UUID.");
    let mut at = pointers(&faults);
    at.sort_unstable();
    assert_eq!(at, ["/call_guide_id", "/channel", "/metadata", "/phone~1no", "/scheduled_at"]);
    let unknown = json!({ "call_guide_id": Uuid::nil() });
    let faults = problem(app.post("/api/interviews/schedule", &unknown).await, 422).await;
    assert_eq!(pointers(&faults), ["/call_guide_id"]);
    let faults = problem(app.get("/api/interviews/?status=lost").send().await.unwrap(), 400).await;
    assert_eq!(pointers(&faults), ["/status"]);
    app.stop().await;
}

/// Every field of every body with every kind of value, alone and all at once.
#[actix_web::test]
async fn a_pointer_has_one_fault() {
    let app = App::start().await;
    let guide = app.storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let interview = app.storage.interviews().schedule(new_interview(guide), Actor::ENGINE).await.unwrap().0.id;
    let document = serde_json::to_value(interviewer::api::openapi()).unwrap();
    let (mut seen, mut twice) = (0, Vec::new());
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(body) = operation["requestBody"]["content"].get("application/json") else { continue };
            let fields = fields(&document, &body["schema"]);
            let of = if path.contains("call-guides") { guide } else { interview };
            let path = path.replace("{id}", &of.to_string()).replace("{metric}", "completion_rate");
            let method: Method = method.to_uppercase().parse().unwrap();
            let wrong =
                [json!(7), json!(""), json!("x"), json!([]), json!([7, 7]), json!({}), json!({ "": 7 }), json!(null)];
            for value in &wrong {
                let all: Map<String, Value> = fields.iter().map(|name| (name.clone(), value.clone())).collect();
                let each = fields.iter().map(|name| Map::from_iter([(name.clone(), value.clone())]));
                for body in each.chain([all.clone()]) {
                    let answer = app.request(method.clone(), &path).json(&body).send().await.unwrap();
                    let answer: Value = answer.json().await.unwrap_or_default();
                    let at: Vec<&str> = answer["errors"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|one| one["pointer"].as_str())
                        .collect();
                    seen += at.len();
                    if at.iter().collect::<HashSet<_>>().len() < at.len() {
                        twice.push(format!("{method} {path} {}: {}", Value::from(body), answer["errors"]));
                    }
                }
            }
        }
    }
    assert!(seen > 300 && twice.is_empty(), "{seen}\n{}", twice.join("\n"));
    app.stop().await;
}

/// The names of the fields of a body.
fn fields(document: &Value, schema: &Value) -> Vec<String> {
    let target = schema["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#')));
    let parts = ["oneOf", "allOf", "anyOf"].into_iter().filter_map(|list| schema[list].as_array()).flatten();
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    own.chain(target.into_iter().chain(parts).flat_map(|schema| fields(document, schema))).collect()
}

#[actix_web::test]
async fn errors_of_the_framework_are_problem_documents_too() {
    let app = App::start().await;
    problem(app.get("/api/nothing").send().await.unwrap(), 404).await;
    problem(app.get("/api/interviews/not-an-id").send().await.unwrap(), 404).await;
    let not_allowed = app.request(Method::PATCH, "/api/call-guides/").send().await.unwrap();
    assert!(not_allowed.headers()["allow"].to_str().unwrap().contains("POST"));
    let told = problem(not_allowed, 405).await;
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("PATCH /api/call-guides/") && detail.contains("POST") && detail.ends_with('.'), "{detail}");
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
