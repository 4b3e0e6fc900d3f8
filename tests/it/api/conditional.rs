//! ETag, If-Match, If-None-Match: nobody's change is lost unseen.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{App, pointers, problem};
use crate::support::guide_document;

#[actix_web::test]
async fn a_lost_update_is_a_412() {
    let app = App::start().await;
    let path = format!("/api/call-guides/{}", app.guide_id().await);
    let seen = app.get(&path).send().await.unwrap().headers()["etag"].clone();
    let known = app.get(&path).header("If-None-Match", &seen).send().await.unwrap();
    assert_eq!((known.status(), &known.headers()["etag"]), (StatusCode::NOT_MODIFIED, &seen));
    assert!(known.bytes().await.unwrap().is_empty());

    let mut edited = guide_document();
    edited["name"] = json!("Edited");
    let put = |tag: &str| app.request(Method::PUT, &path).header("If-Match", tag).json(&edited).send();
    let changed = put(seen.to_str().unwrap()).await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    let now = changed.headers()["etag"].clone();
    assert_ne!(now, seen);
    assert_eq!(app.get(&path).header("If-None-Match", &seen).send().await.unwrap().status(), StatusCode::OK);

    problem(put(seen.to_str().unwrap()).await.unwrap(), 412).await;
    problem(put(&format!("W/{}", now.to_str().unwrap())).await.unwrap(), 412).await;
    let faults = problem(put("not a tag").await.unwrap(), 400).await;
    assert_eq!(pointers(&faults), ["/If-Match"]);
    let delete = |tag: &str| app.request(Method::DELETE, &path).header("If-Match", tag).send();
    problem(delete(seen.to_str().unwrap()).await.unwrap(), 412).await;
    assert_eq!(put("*").await.unwrap().status(), StatusCode::OK);
    let now = app.get(&path).send().await.unwrap().headers()["etag"].clone();
    assert_eq!(delete(now.to_str().unwrap()).await.unwrap().status(), StatusCode::NO_CONTENT);
    app.stop().await;
}

#[actix_web::test]
async fn of_many_at_once_one_wins() {
    let app = App::start().await;
    let path = format!("/api/call-guides/{}", app.guide_id().await);
    let seen = app.get(&path).send().await.unwrap().headers()["etag"].clone();
    let edits = (0..8).map(|n| {
        let mut edited = guide_document();
        edited["name"] = json!(format!("Edit {n}"));
        let request = app.request(Method::PUT, &path).header("If-Match", &seen).json(&edited);
        async move { request.send().await.unwrap().status().as_u16() }
    });
    let mut statuses = futures_util::future::join_all(edits).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    app.stop().await;
}

#[actix_web::test]
async fn an_interview_that_has_changed_is_not_cancelled() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let path = format!("/api/interviews/{}", scheduled["id"].as_str().unwrap());
    let seen = app.get(&path).send().await.unwrap().headers()["etag"].clone();
    app.post(&format!("{path}/start"), &json!({})).await.error_for_status().unwrap();
    problem(app.request(Method::DELETE, &path).header("If-Match", &seen).send().await.unwrap(), 412).await;
    let now: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    assert_eq!(now["status"], "scheduled");
    app.stop().await;
}
