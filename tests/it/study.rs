//! A study taken away: JSON, CSV and zip, whole and filtered.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use chrono::{Duration, Utc};
use entity::TaskState;
use interview::io::{EndStatus, Event};
use interviewer::study::task::{Exporter, Remover};
use interviewer::tasks::share::Places;
use interviewer::tasks::{Handler, Options, Runner};
use interviewer::telemetry::Metrics;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use storage::{Actor, AuditFilter, Edit, EventRecord};
use uuid::Uuid;
use zip::ZipArchive;

use crate::api::{App, problem};
use crate::support::caller::LIMIT;
use crate::support::{conversation, new_interview, record};

/// A conversation whose first answer a spreadsheet would run.
fn spiteful() -> Vec<EventRecord> {
    let mut records = conversation();
    for record in &mut records {
        if let Event::Answered { response } = &mut record.event
            && !response.is_follow_up
        {
            "=HYPERLINK(\"http://x\"), \"quoted\"\r\nand a line".clone_into(&mut response.text);
        }
    }
    records
}

/// A guide with an interview that was held and recorded, one that was held without recording, and one that is scheduled.
async fn study(app: &App) -> (String, [Uuid; 3]) {
    let guide = app.guide_id().await;
    let mut ids = [Uuid::nil(); 3];
    for id in &mut ids {
        let new = new_interview(guide.parse().unwrap());
        *id = app.storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    }
    app.storage.event_log().append(ids[0], &spiteful()).await.unwrap();
    let mut unrecorded = conversation();
    unrecorded[2].event = Event::ConsentAnswered { recording: true, given: false };
    app.storage.event_log().append(ids[1], &unrecorded).await.unwrap();
    for id in [ids[0], ids[1]] {
        for side in ["interviewer", "respondent"] {
            record(&app.storage, id, &format!("{side}.ogg"), format!("{side} {id}")).await;
        }
    }
    // The two in one are no part of a study.
    let mixed = app.get(&format!("/api/interviews/{}/recording", ids[0])).send().await.unwrap();
    assert_eq!(mixed.status(), StatusCode::OK);
    // Another guide's interview is no part of it.
    app.schedule().await;
    (format!("/api/call-guides/{guide}/study"), ids)
}

fn ids_of(study: &Value) -> Vec<String> {
    study["interviews"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn taken(app: &App, path: &str) -> Value {
    let response = app.get(path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

#[actix_web::test]
async fn json_holds_interviews_with_their_answers() {
    let app = App::start().await;
    let (path, ids) = study(&app).await;
    let response = app.get(&path).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers()["content-disposition"].to_str().unwrap().contains("work-study.json"));
    assert!(response.headers().get("content-length").is_none(), "it is sent while it is written");
    let whole: Value = response.json().await.unwrap();
    assert_eq!(ids_of(&whole), ids.map(|id| id.to_string()));
    assert_eq!((&whole["study"]["call_guide_name"], &whole["call_guide"]["name"]), (&json!("Work"), &json!("Work")));
    let answers = whole["interviews"][0]["responses"].as_array().unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["parent_response_id"], answers[0]["id"]);
    assert_eq!(whole["interviews"][2]["responses"], json!([]));

    assert_eq!(ids_of(&taken(&app, &format!("{path}?status=scheduled")).await), [ids[2].to_string()]);
    let soon = (Utc::now() + Duration::hours(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert_eq!(ids_of(&taken(&app, &format!("{path}?from={soon}")).await), [""; 0]);
    assert_eq!(ids_of(&taken(&app, &format!("{path}?to={soon}")).await).len(), 3);
    let faults = problem(app.get(&format!("{path}?format=pdf&status=x&from=y")).send().await.unwrap(), 400).await;
    assert_eq!(faults["errors"].as_array().unwrap().len(), 3);
    let unknown = format!("/api/call-guides/{}/study", Uuid::now_v7());
    problem(app.get(&unknown).send().await.unwrap(), 404).await;

    let filter = AuditFilter { entity_type: Some("call_guide".to_owned()), limit: 1, ..AuditFilter::default() };
    let told = app.storage.audit().list(filter).await.unwrap();
    assert_eq!((told[0].event_type.as_str(), told[0].actor.as_str()), ("study.exported", "local"));
    app.stop().await;
}

#[actix_web::test]
async fn csv_holds_a_row_an_answer_and_no_formula() {
    let app = App::start().await;
    let (path, ids) = study(&app).await;
    let response = app.get(&format!("{path}?format=csv")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8; header=present");
    let text = response.text().await.unwrap();
    assert!(text.starts_with("interview_id,") && text.ends_with("\r\n"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: usize, name: &str| {
        let at = names.iter().position(|known| known == name).unwrap();
        rows[row].get(at).unwrap().to_owned()
    };
    assert_eq!(rows.len(), 4, "two answers in each of two interviews");
    assert_eq!((cell(0, "interview_id"), cell(2, "interview_id")), (ids[0].to_string(), ids[1].to_string()));
    assert_eq!(cell(0, "response_text"), "'=HYPERLINK(\"http://x\"), \"quoted\"\r\nand a line");
    assert_eq!(
        (cell(2, "response_text"), cell(1, "is_follow_up")),
        ("bookkeeping for <small> shops".into(), "true".into())
    );
    assert_eq!(cell(1, "parent_response_id"), cell(0, "response_id"));
    assert_eq!((cell(0, "key_phrases"), cell(0, "status")), ("small shops".into(), "completed".into()));
    app.stop().await;
}

#[actix_web::test]
async fn the_zip_holds_both_with_transcripts_and_consented_recordings() {
    let app = App::start().await;
    let (path, ids) = study(&app).await;
    let response = app.get(&format!("{path}?format=zip")).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/zip");
    let mut zip = ZipArchive::new(Cursor::new(response.bytes().await.unwrap())).unwrap();
    let mut names: Vec<String> = zip.file_names().map(str::to_owned).collect();
    names.sort();
    let [recorded, unrecorded, _] = ids;
    let mut wanted = vec![
        format!("recordings/{recorded}/interviewer.ogg"),
        format!("recordings/{recorded}/respondent.ogg"),
        "responses.csv".to_owned(),
        "study.json".to_owned(),
    ];
    for id in [recorded, unrecorded] {
        wanted.extend(["json", "txt", "vtt"].map(|ending| format!("transcripts/{id}.{ending}")));
    }
    wanted.sort();
    assert_eq!(names, wanted);
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    assert_eq!(read(&format!("recordings/{recorded}/respondent.ogg")), format!("respondent {recorded}"));
    let study: Value = serde_json::from_str(&read("study.json")).unwrap();
    assert_eq!(ids_of(&study).len(), 3);
    assert_eq!(read("responses.csv").matches("\r\n").count(), 6, "a header, four rows, and one line that was said");
    let transcript: Value = serde_json::from_str(&read(&format!("transcripts/{recorded}.json"))).unwrap();
    assert_eq!(transcript["interview_id"], recorded.to_string());
    assert!(read(&format!("transcripts/{unrecorded}.vtt")).starts_with("WEBVTT"));
    app.stop().await;
}

/// More than one page of interviews, and more than the channel to the client holds.
#[actix_web::test]
async fn a_study_of_many_pages_is_whole() {
    let app = App::start().await;
    let guide = app.guide_id().await;
    let mut ids = Vec::new();
    for _ in 0..120 {
        let (row, _) =
            app.storage.interviews().schedule(new_interview(guide.parse().unwrap()), Actor::ENGINE).await.unwrap();
        ids.push(row.id.to_string());
    }
    app.storage
        .interviews()
        .end(ids[7].parse().unwrap(), EndStatus::Cancelled, "cancelled", &Edit::by(Actor::ENGINE))
        .await
        .unwrap();
    let whole = taken(&app, &format!("/api/call-guides/{guide}/study")).await;
    assert_eq!(ids_of(&whole), ids);
    let cancelled = taken(&app, &format!("/api/call-guides/{guide}/study?status=cancelled")).await;
    assert_eq!(ids_of(&cancelled), [ids[7].clone()]);
    app.stop().await;
}

#[actix_web::test]
async fn a_study_is_written_in_the_background_and_fetched_until_somebody_is_erased() {
    let app = App::start().await;
    let (path, ids) = study(&app).await;
    let ordered = app.request(Method::POST, &format!("{path}?format=zip")).send().await.unwrap();
    assert_eq!(ordered.status(), StatusCode::ACCEPTED);
    let location = ordered.headers()["location"].to_str().unwrap().to_owned();
    let task: Uuid = ordered.json::<Value>().await.unwrap()["task_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(location, format!("/api/tasks/{task}"));
    let file = format!("/api/exports/{task}");
    problem(app.get(&file).send().await.unwrap(), 409).await;
    problem(app.get(&format!("/api/exports/{}", Uuid::now_v7())).send().await.unwrap(), 404).await;

    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(Exporter), Arc::new(Remover)];
    let metrics = Arc::new(Metrics::new().unwrap());
    let options = Options { places: Places { all: 2, each: [1, 1, 1] }, lease: LEASE, kept: KEPT };
    let runner = Runner::start(app.storage.clone(), handlers, options, None, metrics).unwrap();
    let row = until_over(&app, task).await;
    assert_eq!((row.state, row.progress), (TaskState::Completed, 1.0), "{:?}", row.error);
    let fetched = app.get(&file).send().await.unwrap();
    assert_eq!(fetched.status(), StatusCode::OK);
    assert!(fetched.headers()["content-disposition"].to_str().unwrap().contains("-study.zip"));
    let bytes = fetched.bytes().await.unwrap();
    assert_eq!(row.result.unwrap()["bytes"], bytes.len());
    let streamed = app.get(&format!("{path}?format=zip")).send().await.unwrap().bytes().await.unwrap();
    let names = |bytes: &[u8]| -> Vec<String> {
        ZipArchive::new(Cursor::new(bytes.to_vec())).unwrap().file_names().map(str::to_owned).collect()
    };
    assert_eq!(names(&bytes), names(&streamed), "the same as the stream");
    let range = app.get(&file).header("Range", "bytes=0-3").send().await.unwrap();
    assert_eq!((range.status(), &range.bytes().await.unwrap()[..2]), (StatusCode::PARTIAL_CONTENT, b"PK".as_slice()));

    // Whose words are in it is not known, so it goes with whoever is erased.
    let erased =
        app.request(Method::DELETE, &format!("/api/interviews/{}/personal-data", ids[0])).send().await.unwrap();
    assert_eq!(erased.status(), StatusCode::OK);
    let removed = problem(app.get(&file).send().await.unwrap(), 410).await;
    assert!(removed["detail"].as_str().unwrap().contains("because of an erasure"), "{removed}");
    let told = app.storage.tasks().get(task).await.unwrap().result.unwrap();
    let receipt: Value = erased.json().await.unwrap();
    assert_eq!((&told["removed_because"], &told["receipt_id"]), (&json!("erasure"), &receipt["id"]));
    assert_eq!((&receipt["erased"]["exports"], &receipt["files_pending"]), (&json!(1), &json!(false)), "{receipt}");
    runner.stop(LEASE).await;
    app.stop().await;
}

const LEASE: std::time::Duration = std::time::Duration::from_secs(5);
const KEPT: std::time::Duration = std::time::Duration::from_hours(24);

async fn until_over(app: &App, task: Uuid) -> entity::tasks::Model {
    let watched = async {
        loop {
            let row = app.storage.tasks().get(task).await.unwrap();
            if row.state.is_over() {
                return row;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, watched).await.expect("the task comes to its end")
}
