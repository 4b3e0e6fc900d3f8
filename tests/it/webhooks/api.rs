//! `/api/webhooks/`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{App, problem};
use crate::support::scheduled;

fn wanted() -> Value {
    json!({
        "name": "CRM",
        "url": "https://hooks.example.org/in",
        "events": ["interview.completed", "interview.failed"],
        "headers": { "Authorization": "Bearer abc" },
    })
}

#[actix_web::test]
async fn the_secret_is_told_once_and_settings_are_edited_in_the_state_that_was_seen() {
    let app = App::start().await;
    let made = app.post("/api/webhooks/", &wanted()).await;
    assert_eq!(made.status(), 201);
    let (path, tag) = (made.headers()["location"].clone(), made.headers()["etag"].clone());
    assert_eq!(made.headers()["cache-control"], "no-store");
    let (path, made): (&str, Value) = (path.to_str().unwrap(), made.json().await.unwrap());
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let read = app.get(path).send().await.unwrap();
    assert_eq!(read.headers()["etag"], tag);
    let read: Value = read.json().await.unwrap();
    assert!(read.get("secret").is_none());
    assert_eq!(
        (&read["is_active"], &read["health"], &read["success_count"]),
        (&true.into(), &"healthy".into(), &0.into())
    );
    let list: Value = app.get("/api/webhooks/").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["items"], json!([read]));

    let mut edit = wanted();
    edit["events"] = json!(["quality.alert"]);
    let put = |tag: &str| app.request(Method::PUT, path).header("If-Match", tag).json(&edit).send();
    let edited = put(tag.to_str().unwrap()).await.unwrap();
    assert_eq!(edited.status(), 200);
    let new_tag = edited.headers()["etag"].clone();
    problem(put(tag.to_str().unwrap()).await.unwrap(), 412).await;

    // What the engine counts is no edit: the tag is that of the settings.
    let id = made["id"].as_str().unwrap();
    let test = app.post(&format!("{path}/test"), &Value::Null).await;
    assert_eq!(test.status(), 202);
    let rotated: Value = app.post(&format!("{path}/rotate-secret"), &Value::Null).await.json().await.unwrap();
    assert!(rotated["secret"].as_str().unwrap() != secret && rotated["previous_secret_until"].is_string());
    assert_eq!(put(new_tag.to_str().unwrap()).await.unwrap().status(), 200);

    let test: Value = test.json().await.unwrap();
    assert_eq!((&test["event"], &test["state"]), (&"webhook.test".into(), &"pending".into()));
    let replay = format!("{path}/deliveries/{}/replay", test["id"].as_str().unwrap());
    problem(app.post(&replay, &Value::Null).await, 409).await;
    assert_eq!(app.request(Method::DELETE, path).send().await.unwrap().status(), 204);
    problem(app.get(path).send().await.unwrap(), 404).await;
    problem(app.get(&format!("/api/webhooks/{id}/deliveries")).send().await.unwrap(), 404).await;
    app.stop().await;
}

#[actix_web::test]
async fn all_faults_are_told_at_once_with_the_way_out() {
    let app = App::start().await;
    let body = json!({
        "name": " ",
        "url": "http://user:secret@169.254.169.254/",
        "events": ["interview.completed", "interview.ended", 7],
        "headers": { "Host": "x", "webhook-id": "x", "X-Fine": "yes", "X-Two\r\nLines": "x", "X/Y": 3, "X-Break": "a\r\nb" },
        "is_active": "yes",
        "colour": "red",
    });
    let document = problem(app.post("/api/webhooks/", &body).await, 422).await;
    let mut pointers: Vec<&str> =
        document["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    let mut expected = vec![
        "/colour",
        "/events/1",
        "/events/2",
        "/headers/Host",
        "/headers/X-Break",
        "/headers/X-Two\r\nLines",
        "/headers/X~1Y",
        "/headers/webhook-id",
        "/is_active",
        "/name",
        "/url",
    ];
    expected.sort_unstable();
    assert_eq!(pointers, expected, "{document:#}");
    let url = document["errors"].as_array().unwrap().iter().find(|fault| fault["pointer"] == "/url").unwrap();
    let told = url["detail"].as_str().unwrap();
    for wrong in ["set a header instead", "metadata service", "must be https", "webhooks.allow, WEBHOOKS_ALLOW"] {
        assert!(told.contains(wrong), "all that is wrong with it, and the way out: {told}");
    }
    let nothing = problem(app.post("/api/webhooks/", &json!({})).await, 422).await;
    assert!(nothing["errors"].as_array().unwrap().len() >= 3);
    for url in ["https://0x7f.2/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "https://2130706434/"] {
        let mut body = wanted();
        body["url"] = url.into();
        problem(app.post("/api/webhooks/", &body).await, 422).await;
    }
    // On the allow list, and so by plain http, too.
    let mut body = wanted();
    body["url"] = "http://127.0.0.1:9/".into();
    assert_eq!(app.post("/api/webhooks/", &body).await.status(), 201);
    app.stop().await;
}

#[actix_web::test]
async fn deliveries_come_in_pages_and_by_state() {
    let app = App::start().await;
    let mut body = wanted();
    body["events"] = json!(["interview.scheduled"]);
    let made: Value = app.post("/api/webhooks/", &body).await.json().await.unwrap();
    let path = format!("/api/webhooks/{}/deliveries", made["id"].as_str().unwrap());
    for _ in 0..3 {
        scheduled(&app.storage).await;
    }
    let page: Value = app.get(&format!("{path}?limit=2")).send().await.unwrap().json().await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next: Value = app.get(&format!("{path}?limit=2&cursor={cursor}")).send().await.unwrap().json().await.unwrap();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["next_cursor"]), (1, &Value::Null));
    let dead: Value = app.get(&format!("{path}?state=dead")).send().await.unwrap().json().await.unwrap();
    assert_eq!(dead["items"], json!([]));
    problem(app.get(&format!("{path}?state=lost")).send().await.unwrap(), 400).await;
    app.stop().await;
}
