//! Erasing a person and the end of their data's time, on whichever database the tests run: what `privacy` checks over real
//! calls and files is SQL here.

use std::sync::Arc;

use chrono::{Duration, Utc};
use interviewer::privacy::Retention;
use interviewer::telemetry::Metrics;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use storage::{Batch, NewInterview, Storage};
use uuid::Uuid;

use super::App;
use crate::support::{conversation, guide, new_interview};

/// An interview of this respondent that was held so many days ago.
async fn held(storage: &Storage, guide: Uuid, respondent: &str, days: i64) -> Uuid {
    let new = NewInterview {
        respondent_id: Some(respondent.to_owned()),
        respondent_name: Some("Wilhelmina Quarrington".to_owned()),
        ..new_interview(guide)
    };
    let id = storage.interviews().schedule(new).await.unwrap().0.id;
    let batch = Batch { interview_id: id, received_at: Utc::now() - Duration::days(days), records: conversation() };
    storage.append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    id
}

async fn is_erased(storage: &Storage, id: Uuid) -> bool {
    let row = storage.interviews().get(id).await.unwrap();
    let wordless = storage.responses(id).await.unwrap().iter().all(|response| response.response_text.is_empty());
    let closed = storage.load_events(id).await.is_err();
    assert_eq!(
        (wordless, closed),
        (row.respondent_name.is_none(), row.respondent_name.is_none()),
        "all of it, or nothing"
    );
    wordless
}

#[actix_web::test]
async fn a_person_is_erased_with_every_interview_of_theirs_and_nobody_else_is() {
    let app = App::start().await;
    let guide = app.storage.guides().create(&guide(), None).await.unwrap().id;
    let (first, second) = (held(&app.storage, guide, "w", 1).await, held(&app.storage, guide, "w", 2).await);
    let other = held(&app.storage, guide, "v", 1).await;
    let path = format!("/api/interviews/{first}/personal-data");

    let answer = app.request(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let receipt: Value = answer.json().await.unwrap();
    assert_eq!((&receipt["erased"]["interviews"], &receipt["erased"]["keys"]), (&2.into(), &1.into()), "{receipt}");
    for (id, erased) in [(first, true), (second, true), (other, false)] {
        assert_eq!(is_erased(&app.storage, id).await, erased);
        let transcript = app.get(&format!("/api/interviews/{id}/transcript")).send().await.unwrap();
        assert_eq!(transcript.status() == StatusCode::GONE, erased);
    }
    let again: Value = app.request(Method::DELETE, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(again, receipt);
    app.stop().await;
}

#[actix_web::test]
async fn retention_leaves_the_key_to_the_younger_interview() {
    let app = App::start().await;
    let storage = app.storage.clone();
    let guide = storage.guides().create(&guide(), None).await.unwrap().id;
    let old = held(&storage, guide, "old", 40).await;
    let (before, since) = (held(&storage, guide, "both", 31).await, held(&storage, guide, "both", 29).await);
    let metrics = Arc::new(Metrics::new().unwrap());
    let retention = Retention { storage: storage.clone(), calls: app.calls.clone(), metrics, days: 30 };

    let swept = retention.sweep(Utc::now()).await.unwrap();
    let done = swept[&migration::DEFAULT_WORKSPACE];
    assert_eq!((done.people, done.erased.interviews, done.erased.keys, done.left), (1, 2, 1, 0));
    assert!(is_erased(&storage, old).await && is_erased(&storage, before).await);
    assert!(!is_erased(&storage, since).await);
    assert!(retention.sweep(Utc::now()).await.unwrap().is_empty(), "once");

    let later = retention.sweep(Utc::now() + Duration::days(2)).await.unwrap();
    assert_eq!(later[&migration::DEFAULT_WORKSPACE].erased.keys, 1, "with the last of them the key goes");
    assert!(is_erased(&storage, since).await);
    app.stop().await;
}
