//! `/api/tasks/` and the command line.

use interviewer::tasks::Queue;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{enqueue, task};
use crate::api::{App, problem};

#[actix_web::test]
async fn a_task_is_shown_cancelled_and_tried_again() {
    let app = App::start().await;
    let id = enqueue(&app.storage, task(Queue::Webhooks, "test", "succeed")).await;
    let path = format!("/api/tasks/{id}");
    let shown: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    for (key, value) in [
        ("state", json!("queued")),
        ("queue", json!("webhooks")),
        ("progress", json!(0.0)),
        ("attempts", json!(0)),
        ("error", Value::Null),
    ] {
        assert_eq!(shown[key], value, "{key} of {shown:#}");
    }
    let retry = format!("{path}/retry");
    problem(app.request(Method::POST, &retry).send().await.unwrap(), 409).await;
    let cancelled = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(cancelled.status(), 200);
    assert_eq!(cancelled.json::<Value>().await.unwrap()["state"], "cancelled");
    problem(app.request(Method::DELETE, &path).send().await.unwrap(), 409).await;
    let again = app.request(Method::POST, &retry).send().await.unwrap();
    assert_eq!(again.status(), 202);
    assert_eq!(again.json::<Value>().await.unwrap()["state"], "queued");
    problem(app.get(&format!("/api/tasks/{}", Uuid::now_v7())).send().await.unwrap(), 404).await;

    let other = enqueue(&app.storage, task(Queue::Analytics, "other", "succeed")).await;
    let list: Value = app.get("/api/tasks/?queue=analytics").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], json!(other));
    let faults = problem(app.get("/api/tasks/?queue=urgent&state=lost").send().await.unwrap(), 400).await;
    assert_eq!(faults["errors"].as_array().unwrap().len(), 2);
    let health: Value = app.get("/api/health/").send().await.unwrap().json().await.unwrap();
    assert_eq!(health["components"]["redis"]["status"], "not_configured");
    assert_eq!(health["components"]["queues"]["tasks"][2]["waiting"], 1, "{health:#}");
    app.stop().await;
}
