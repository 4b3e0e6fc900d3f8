//! `/api/interviews/`: scheduling, starting, cancelling; what is left of a conversation.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use storage::Side;
use uuid::Uuid;

use super::{App, problem};
use crate::support::{conversation, record};

#[actix_web::test]
async fn an_interview_is_scheduled_started_and_cancelled() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let (id, token) = (scheduled["id"].as_str().unwrap(), scheduled["join_token"].as_str().unwrap());
    assert_eq!(scheduled["join_url"], format!("{}/join/{token}", app.base));
    assert_eq!(scheduled["status"], "scheduled");
    let path = format!("/api/interviews/{id}");
    let found: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    assert!(found.get("join_token").is_none(), "the token is told once");

    let started = app.post(&format!("{path}/start"), &json!({})).await;
    assert_eq!(started.status(), StatusCode::OK);
    let fresh: Value = started.json().await.unwrap();
    assert_ne!(fresh["join_token"], token);

    let guide = scheduled["call_guide_id"].as_str().unwrap();
    let by_status = |status: &str| app.get(&format!("/api/interviews/?status={status}&call_guide_id={guide}")).send();
    let page: Value = by_status("scheduled").await.unwrap().json().await.unwrap();
    assert_eq!(page["items"][0]["id"], id);
    let page: Value = by_status("completed").await.unwrap().json().await.unwrap();
    assert_eq!(page["items"], json!([]));

    let cancelled: Value = app.request(Method::DELETE, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!((&cancelled["status"], &cancelled["status_reason"]), (&json!("cancelled"), &json!("cancelled")));
    problem(app.request(Method::DELETE, &path).send().await.unwrap(), 409).await;
    problem(app.post(&format!("{path}/start"), &json!({})).await, 409).await;
    problem(app.offer(fresh["join_token"].as_str().unwrap(), "").await, 410).await;
    // The first link went when the room was opened.
    problem(app.offer(token, "").await, 404).await;
    app.stop().await;
}

#[actix_web::test]
async fn a_transcript_comes_as_json_text_and_vtt() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id = scheduled["id"].as_str().unwrap().to_owned();
    app.storage.event_log().append(id.parse().unwrap(), &conversation()).await.unwrap();
    let path = format!("/api/interviews/{id}/transcript");
    let transcript: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
    let turns = transcript["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 3);
    assert_eq!((&turns[0]["speaker"], &turns[1]["speaker"]), (&json!("interviewer"), &json!("respondent")));
    assert_eq!(turns[1]["start_ms"], 7_500);
    let words = turns[1]["words"].as_array().unwrap();
    assert_eq!((words.len(), &words[2]["text"], &words[2]["start_ms"]), (4, &json!("<small>"), &json!(7_700)));
    assert!(turns[0].get("words").is_none(), "of the interviewer's words only the utterance is known");
    assert_eq!(turns[1]["response_id"], transcript["responses"][0]["id"]);

    let text = app.get(&format!("{path}?format=text")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("[00:07] Respondent: bookkeeping for <small> shops\n"), "{text}");
    let vtt = app.get(&path).header("Accept", "text/vtt").send().await.unwrap();
    assert!(vtt.headers()["content-type"].to_str().unwrap().starts_with("text/vtt"));
    let vtt = vtt.text().await.unwrap();
    assert!(vtt.starts_with("WEBVTT\n\n7\n00:00:05.000 --> 00:00:07.000\n<v Interviewer>What kind"), "{vtt}");
    assert!(
        vtt.contains("<v Respondent>bookkeeping <00:00:07.600>for <00:00:07.700>&lt;small&gt; <00:00:07.800>shops\n"),
        "{vtt}"
    );
    problem(app.get(&path).header("Accept", "image/png").send().await.unwrap(), 406).await;
    problem(app.get(&format!("{path}?format=docx")).send().await.unwrap(), 400).await;
    app.stop().await;
}

#[actix_web::test]
async fn recordings_are_served_with_ranges() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id: Uuid = scheduled["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/interviews/{id}/recording");
    problem(app.get(&path).send().await.unwrap(), 404).await;
    app.storage.event_log().append(id, &conversation()).await.unwrap();
    problem(app.get(&path).send().await.unwrap(), 404).await;
    for (name, bytes) in [("interviewer", "inter"), ("respondent", "respo"), ("interviewer-leg2", "2")] {
        record(&app.storage, id, &format!("{name}.ogg"), bytes).await;
    }
    assert_eq!(app.storage.recordings().tracks(id, Some(Side::Interviewer)).await.unwrap().len(), 2);
    let whole = app.get(&path).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "audio/ogg");
    assert_eq!(whole.text().await.unwrap(), "inter2respo");
    let part = app.get(&format!("{path}?side=respondent")).header("Range", "bytes=1-2").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], "bytes 1-2/5");
    assert_eq!(part.text().await.unwrap(), "es");
    let part = app.get(&path).header("Range", "bytes=4-7").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        (&part.headers()["content-range"], &part.headers()["accept-ranges"]),
        (&"bytes 4-7/11".parse().unwrap(), &"bytes".parse().unwrap())
    );
    assert!(part.headers().get("content-encoding").is_none());
    assert_eq!(part.text().await.unwrap(), "r2re");
    // The client that has it is told so, and a range of another state is not given out.
    let tag = whole_tag(&app, &path).await;
    let known = app.get(&path).header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!((known.status(), known.headers()["etag"].to_str().unwrap()), (StatusCode::NOT_MODIFIED, tag.as_str()));
    problem(app.get(&path).header("If-Match", "\"another\"").send().await.unwrap(), 412).await;
    let part = app.get(&path).header("Range", "bytes=0-0").header("If-Range", &tag).send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    let whole = app.get(&path).header("Range", "bytes=0-0").header("If-Range", "\"another\"").send().await.unwrap();
    assert_eq!((whole.status(), whole.text().await.unwrap().as_str()), (StatusCode::OK, "inter2respo"));
    // A leg that comes in later is in the next answer.
    record(&app.storage, id, "respondent-leg2.ogg", "!").await;
    assert_eq!(app.get(&path).send().await.unwrap().text().await.unwrap(), "inter2respo!");
    for path in [path.clone(), format!("{path}?side=respondent"), format!("{path}?side=interviewer")] {
        let beyond = app.get(&path).header("Range", "bytes=99-").send().await.unwrap();
        assert!(beyond.headers()["content-range"].to_str().unwrap().starts_with("bytes */"));
        let told = problem(beyond, 416).await;
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(" bytes") && detail.ends_with('.'), "{detail}");
    }
    app.stop().await;
}

async fn whole_tag(app: &App, path: &str) -> String {
    app.get(path).send().await.unwrap().headers()["etag"].to_str().unwrap().to_owned()
}
