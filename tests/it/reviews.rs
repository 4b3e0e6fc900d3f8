//! Tags, notes and reviews: what researchers write on an interview, and who did it.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use storage::AuditFilter;
use uuid::Uuid;

use crate::api::{App, problem};
use crate::support::conversation;

async fn patch(app: &App, id: &str, body: &Value) -> Response {
    app.request(Method::PATCH, &format!("/api/interviews/{id}")).json(body).send().await.unwrap()
}

async fn patched(app: &App, id: &str, body: &Value) -> Value {
    let response = patch(app, id, body).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// Names and payloads of what was done to the interview, oldest first.
async fn trail(app: &App, id: &str) -> Vec<(String, Value)> {
    let filter = AuditFilter { entity_id: Some(id.parse().unwrap()), limit: 100, ..AuditFilter::default() };
    let mut entries = app.storage.audit().list(filter).await.unwrap();
    entries.reverse();
    for (entry, seq) in entries.iter().zip(1..) {
        assert_eq!((entry.seq, entry.actor.as_str()), (seq, "local"), "gap-free, and with who did it");
    }
    entries.into_iter().map(|entry| (entry.event_type, entry.payload)).collect()
}

#[actix_web::test]
async fn tags_and_notes_are_written_changed_and_removed() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id = scheduled["id"].as_str().unwrap();
    let said =
        json!({ "tags": ["pilot", " pilot ", "berlin"], "interviewer_notes": [{ "text": "Call back on Monday." }] });
    let row = patched(&app, id, &said).await;
    assert_eq!(row["tags"], json!(["pilot", "berlin"]));
    let note = row["interviewer_notes"][0].clone();
    assert_eq!((&note["text"], &note["author"]), (&json!("Call back on Monday."), &json!("local")));
    assert!(note["at"].is_string() && note.get("edited_at").is_none());

    let edit =
        json!({ "interviewer_notes": [{ "id": note["id"], "text": "Call back on Tuesday." }, { "text": "Done." }] });
    let row = patched(&app, id, &edit).await;
    assert_eq!(row["tags"], json!(["pilot", "berlin"]), "what is not named stays");
    let notes = row["interviewer_notes"].as_array().unwrap();
    assert_eq!((&notes[0]["text"], &notes[0]["at"]), (&json!("Call back on Tuesday."), &note["at"]));
    assert!(notes[0]["edited_at"].is_string());
    let row = patched(&app, id, &json!({ "interviewer_notes": [{ "id": note["id"], "text": null }] })).await;
    assert_eq!(row["interviewer_notes"].as_array().unwrap().len(), 1);

    let trail = trail(&app, id).await;
    let names: Vec<&str> = trail.iter().map(|(name, _)| name.as_str()).collect();
    let notes = ["interview.note_added", "interview.note_edited", "interview.note_added", "interview.note_removed"];
    assert_eq!(names[..2], ["interview.scheduled", "interview.tagged"]);
    assert_eq!(names[2..], notes);
    assert!(trail[2].1["personal"]["enc"].is_string(), "the words are sealed with the respondent's key");
    for word in ["Monday", "pilot"] {
        assert!(!trail.iter().any(|(_, payload)| payload.to_string().contains(word)));
    }
    app.stop().await;
}

#[actix_web::test]
async fn every_fault_is_named_and_nothing_is_half_done() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id = scheduled["id"].as_str().unwrap();
    let body = json!({
        "tags": ["fine", 3, ""],
        "interviewer_notes": [{ "text": "" }, 7, { "id": "x", "text": "a" }, { "text": "a", "author": "b" }],
        "requires_human_review": true,
        "colour": "red",
    });
    let faults = problem(patch(&app, id, &body).await, 422).await;
    let mut at: Vec<&str> =
        faults["errors"].as_array().unwrap().iter().map(|f| f["pointer"].as_str().unwrap()).collect();
    at.sort_unstable();
    assert_eq!(
        at,
        [
            "/colour",
            "/escalation_reason",
            "/interviewer_notes/0/text",
            "/interviewer_notes/1",
            "/interviewer_notes/2/id",
            "/interviewer_notes/3/author",
            "/tags/1",
            "/tags/2"
        ]
    );
    let unknown = json!({ "tags": ["a"], "interviewer_notes": [{ "id": Uuid::now_v7(), "text": "a" }] });
    problem(patch(&app, id, &unknown).await, 422).await;
    let row: Value = app.get(&format!("/api/interviews/{id}")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&row["tags"], &row["interviewer_notes"]), (&json!([]), &json!([])));
    assert_eq!(trail(&app, id).await.len(), 1);
    problem(patch(&app, &Uuid::now_v7().to_string(), &unknown).await, 404).await;
    app.stop().await;
}

#[actix_web::test]
async fn what_waits_for_a_human_is_queued_by_age_and_closed_with_an_outcome() {
    let app = App::start().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(app.schedule().await["id"].as_str().unwrap().to_owned());
    }
    // Asked for by a researcher, youngest first; and by a respondent in the call.
    for id in [&ids[3], &ids[1]] {
        let row =
            patched(&app, id, &json!({ "requires_human_review": true, "escalation_reason": "odd answers" })).await;
        assert_eq!((&row["requires_human_review"], &row["escalation_reason"]), (&json!(true), &json!("odd answers")));
    }
    app.storage.event_log().append(ids[0].parse().unwrap(), &conversation()).await.unwrap();
    let mut queued = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/interviews/review-queue?limit=2{cursor}");
        let page: Value = app.get(&path).send().await.unwrap().json().await.unwrap();
        queued.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(queued, [ids[0].clone(), ids[1].clone(), ids[3].clone()]);

    let review = async |id: &str, body: Value| app.post(&format!("/api/interviews/{id}/review"), &body).await;
    problem(review(&ids[1], json!({ "outcome": "fine" })).await, 422).await;
    let row = review(&ids[1], json!({ "outcome": "accepted_in_part", "note": "Not the second half." })).await;
    assert_eq!(row.status(), StatusCode::OK);
    let row: Value = row.json().await.unwrap();
    assert_eq!(row["requires_human_review"], false);
    let note = &row["interviewer_notes"][0];
    assert_eq!((&note["outcome"], &note["text"]), (&json!("accepted_in_part"), &json!("Not the second half.")));
    problem(review(&ids[1], json!({ "outcome": "accepted" })).await, 409).await;
    problem(review(&Uuid::now_v7().to_string(), json!({ "outcome": "accepted" })).await, 404).await;
    let trail = trail(&app, &ids[1]).await;
    assert_eq!(trail.last().unwrap().0, "interview.reviewed");
    assert_eq!(trail.last().unwrap().1["outcome"], "accepted_in_part");
    assert!(
        !trail
            .iter()
            .any(|(_, payload)| payload.to_string().contains("second half")
                || payload.to_string().contains("odd answers"))
    );
    app.stop().await;
}

#[actix_web::test]
async fn a_note_stays_while_the_call_goes_on() {
    let app = App::start().await;
    let scheduled = app.schedule().await;
    let id = scheduled["id"].as_str().unwrap();
    let events = conversation();
    app.storage.event_log().append(id.parse().unwrap(), &events[..5]).await.unwrap();
    patched(&app, id, &json!({ "tags": ["live"], "interviewer_notes": [{ "text": "Listening in." }] })).await;
    app.storage.event_log().append(id.parse().unwrap(), &events[5..]).await.unwrap();
    let row: Value = app.get(&format!("/api/interviews/{id}")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&row["status"], &row["tags"]), (&json!("completed"), &json!(["live"])));
    assert_eq!(row["interviewer_notes"][0]["text"], "Listening in.");
    app.stop().await;
}
