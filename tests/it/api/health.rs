//! Health, readiness and metrics.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{App, problem};

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
