//! `Idempotency-Key`: what is sent twice is carried out once, and what was answered lies nowhere in plain text.

use futures_util::future::join_all;
use reqwest::{Method, Response, StatusCode};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

use super::{App, pointers, problem};
use crate::support::guide_document;

async fn post(app: &App, path: &str, key: &str, body: &Value) -> Response {
    app.request(Method::POST, path).header("Idempotency-Key", key).json(body).send().await.unwrap()
}

#[actix_web::test]
async fn the_first_answer_is_told_again() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let body = json!({ "call_guide_id": guide, "respondent_name": "Zebediah Quux" });
    let first = post(&app, "/api/interviews/schedule", "key-1", &body).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    assert!(first.headers().get("idempotency-replayed").is_none());
    let (location, first) = (first.headers()["location"].clone(), first.json::<Value>().await.unwrap());
    let again = post(&app, "/api/interviews/schedule", "key-1", &body).await;
    assert_eq!((again.status(), &again.headers()["location"]), (StatusCode::CREATED, &location));
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first, "the join token included");
    let all: Value = app.get("/api/interviews/").send().await.unwrap().json().await.unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);

    let other = json!({ "call_guide_id": guide, "respondent_name": "Somebody else" });
    let faults = problem(post(&app, "/api/interviews/schedule", "key-1", &other).await, 422).await;
    assert_eq!(pointers(&faults), ["/Idempotency-Key"]);
    problem(post(&app, "/api/call-guides/", "key-1", &guide_document()).await, 422).await;
    let faults = problem(post(&app, "/api/call-guides/", &"k".repeat(256), &guide_document()).await, 400).await;
    assert_eq!(pointers(&faults), ["/Idempotency-Key"]);
    // A refusal is told again, too; it was as final as anything else.
    let broken = json!({ "call_guide_id": guide, "channel": "pigeon" });
    let refused = problem(post(&app, "/api/interviews/schedule", "key-2", &broken).await, 422).await;
    assert_eq!(problem(post(&app, "/api/interviews/schedule", "key-2", &broken).await, 422).await, refused);
    app.stop().await;
}

#[actix_web::test]
async fn of_many_at_once_one_is_carried_out() {
    let app = App::start().await;
    let answers = join_all((0..6).map(|_| post(&app, "/api/call-guides/", "same", &Value::Null))).await;
    assert!(answers.iter().all(|answer| !answer.status().is_success()), "null is no guide");
    let document = guide_document();
    let answers = join_all((0..6).map(|_| post(&app, "/api/call-guides/", "one", &document))).await;
    let mut locations = Vec::new();
    for answer in answers {
        match answer.status() {
            StatusCode::CREATED => locations.push(answer.headers()["location"].clone()),
            StatusCode::CONFLICT => assert_eq!(answer.headers()["retry-after"], "1"),
            other => panic!("{other}"),
        }
    }
    locations.dedup();
    assert_eq!(locations.len(), 1);
    let all: Value = app.get("/api/call-guides/").send().await.unwrap().json().await.unwrap();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[actix_web::test]
async fn answers_are_sealed() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let body = json!({ "call_guide_id": guide });
    let answer: Value = post(&app, "/api/interviews/schedule", "quite-a-key", &body).await.json().await.unwrap();
    let token = answer["join_token"].as_str().unwrap();
    let stored = everything_stored(&app).await;
    for secret in [token, "quite-a-key"] {
        let hex = hex::encode(secret).into_bytes();
        for form in [secret.as_bytes(), &hex] {
            assert!(!stored.windows(form.len()).any(|window| window == form), "{secret}");
        }
    }
    app.stop().await;
}

/// SQLite's files; on PostgreSQL the table, whose bytes are told in hexadecimal digits.
async fn everything_stored(app: &App) -> Vec<u8> {
    let db = app.storage.connection();
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT string_agg(kept::text, ' ') AS rows FROM idempotency_keys kept";
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        return row.try_get::<String>("", "rows").unwrap().into_bytes();
    }
    let files = std::fs::read_dir(app.storage.data_dir().join("db")).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}
