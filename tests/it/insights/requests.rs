//! What can't be asked for is said at once, with its place.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{App, problem};

fn pointers(document: &Value) -> Vec<&str> {
    document["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn faults_are_named_all_at_once() {
    let app = App::start().await;
    let some = Uuid::now_v7();
    let later = "2030-01-02T00:00:00Z";
    for (body, wanted) in [
        (json!({}), vec!["/interview_id"]),
        (json!({ "interview_id": some, "call_guide_id": some }), vec!["/interview_id"]),
        (json!({ "interview_id": 7, "segment_by": "region" }), vec!["/interview_id", "/segment_by"]),
        (json!({ "interview_ids": [] }), vec!["/interview_ids"]),
        (json!({ "interview_ids": [some, "x"] }), vec!["/interview_ids/1"]),
        (json!({ "interview_id": some, "from": later }), vec!["/from"]),
        (json!({ "call_guide_id": some, "from": later, "to": later }), vec!["/to"]),
        (json!({ "interview_id": some, "window": 7 }), vec!["/window"]),
        (json!({ "interview_id": some }), vec!["/interview_id"]),
        (json!({ "interview_ids": [some] }), vec!["/interview_ids"]),
        (json!({ "call_guide_id": some }), vec!["/call_guide_id"]),
    ] {
        let answer = app.post("/api/analytics/insights/generate", &body).await;
        let told = problem(answer, 422).await;
        assert_eq!(pointers(&told), wanted, "{body}");
    }
    let scheduled = app.schedule().await;
    let answer = app.post("/api/analytics/insights/generate", &json!({ "interview_id": scheduled["id"] })).await;
    problem(answer, 409).await;
    problem(app.get("/api/analytics/insights/?across=perhaps").send().await.unwrap(), 400).await;
    problem(app.get(&format!("/api/analytics/insights/{some}")).send().await.unwrap(), 404).await;
    problem(app.get(&format!("/api/analytics/insights/{some}?format=pdf")).send().await.unwrap(), 400).await;
    app.stop().await;
}
