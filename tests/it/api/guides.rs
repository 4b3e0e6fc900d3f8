//! `/api/call-guides/`: guides are kept, changed and checked.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{App, pointers, problem};
use crate::support::guide_document;

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
        let path = format!("/api/call-guides/?limit=2{cursor}");
        let page: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    let faults = problem(app.get("/api/call-guides/?limit=0&cursor=x").send().await.unwrap(), 400).await;
    assert_eq!(pointers(&faults), ["/cursor", "/limit"]);
    app.stop().await;
}

#[actix_web::test]
async fn a_guide_that_is_too_large_is_refused_in_few_words_everywhere() {
    let app = App::start().await;
    let id = app.guide_id().await;
    let mut document = guide_document();
    // As much as a body may hold.
    document["sections"] = vec![json!({}); 300_000].into();
    let told = "has 300000 entries; at most 100 are allowed";
    let verdict: Value = app.post("/api/call-guides/validate", &document).await.json().await.unwrap();
    assert_eq!(verdict["errors"], json!([{ "pointer": "/sections", "detail": told }]));
    let refused = problem(app.post("/api/call-guides/", &document).await, 422).await;
    assert_eq!(refused["errors"], json!([{ "pointer": "/sections", "detail": told }]));
    let path = format!("/api/call-guides/{id}");
    let refused = problem(app.request(Method::PUT, &path).json(&document).send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"].as_array().unwrap().len(), 1);
    // The same sections, named by branches that lead nowhere.
    document["sections"] = guide_document()["sections"].clone();
    document["adaptive_rules"] =
        json!({ "branching_logic": vec![json!({ "condition": "always", "target_section": "nowhere" }); 10_000] });
    let verdict: Value = app.post("/api/call-guides/validate", &document).await.json().await.unwrap();
    assert_eq!(verdict["errors"].as_array().unwrap().len(), 1, "{verdict}");
    app.stop().await;
}
