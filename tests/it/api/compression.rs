//! What is compressed, and what never is.

use std::io::Read as _;

use reqwest::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::App;
use crate::support::{conversation, record};

#[actix_web::test]
async fn answers_are_compressed_for_who_takes_it() {
    let app = App::start().await;
    let path = format!("/api/call-guides/{}", app.guide_id().await);
    let plain = app.get(&path).send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    let (tag, plain) = (plain.headers()["etag"].to_str().unwrap().to_owned(), plain.bytes().await.unwrap());
    let small = app.get(&path).header("Accept-Encoding", "gzip").send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "gzip");
    assert!(small.headers()["vary"].to_str().unwrap().to_ascii_lowercase().contains("accept-encoding"));
    let of_it = small.headers()["etag"].to_str().unwrap().to_owned();
    assert_ne!(of_it, tag, "another representation");
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(&small.bytes().await.unwrap()[..]).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain);
    // Either tag names the state of the guide.
    let edited = serde_json::from_slice::<Value>(&plain).unwrap();
    assert!(edited["name"].is_string());
    let known = app.get(&path).header("If-None-Match", &of_it).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let gone = app.request(reqwest::Method::DELETE, &path).header("If-Match", &of_it).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    let picky = app.get("/api/health/live").header("Accept-Encoding", "zstd, identity;q=0").send().await.unwrap();
    assert_eq!(picky.status(), StatusCode::OK, "served plainly rather than refused");
    app.stop().await;
}

#[actix_web::test]
async fn recordings_are_served_as_they_are() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id: Uuid = scheduled["id"].as_str().unwrap().parse().unwrap();
    app.storage.event_log().append(id, &conversation()).await.unwrap();
    record(&app.storage, id, "respondent.ogg", [7; 4_000]).await;
    let path = format!("/api/interviews/{id}/recording?side=respondent");
    let whole = app.get(&path).header("Accept-Encoding", "gzip").send().await.unwrap();
    assert!(whole.headers().get("content-encoding").is_none());
    assert_eq!(whole.headers()["content-length"], "4000");
    let part = app.get(&path).header("Accept-Encoding", "gzip").header("Range", "bytes=10-19").send().await.unwrap();
    assert_eq!((part.status(), part.bytes().await.unwrap().len()), (StatusCode::PARTIAL_CONTENT, 10));
    app.stop().await;
}
