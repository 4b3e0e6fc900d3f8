//! A person's rights: everything that is held of them, nothing after they were erased, and the end of their data's time.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use entity::{Status, event_logs, interview_responses};
use interview::io::CallState;
use interviewer::privacy::Retention;
use reqwest::StatusCode;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use storage::{Actor, Batch, NewInterview, Storage};
use uuid::Uuid;

use crate::session::Stage;
use crate::support::caller::{Invitation, LIMIT, is_question, is_state};
use crate::support::{conversation, guide, new_interview, record, recorded};

/// One person, in words that stand nowhere else.
pub const RESPONDENT: &str = "employee-77341-wq";
pub const NAME: &str = "Wilhelmina Quarrington";
pub const PHONE: &str = "+493055501734";
pub const EMAIL: &str = "mina@quarrington.example";
pub const WARD: &str = "Zephyrhill";
pub const ANSWER: &str = "Chrysanthemum growers fix my sprockets, I guess.";
const YES: &str = "Yes, that is fine.";

/// What must not be found. The topic of the answer is quoted in the follow-up.
pub const SECRETS: [&str; 8] =
    [RESPONDENT, "Wilhelmina", "Quarrington", "493055501734", "mina@", WARD, "Chrysanthemum", "sprockets"];

pub fn quoting_guide() -> Value {
    json!({
        "name": "Things", "research_objective": "Things",
        "sections": [{ "id": "all", "section_name": "All", "order": 1, "questions": [
            {
                "id": "q1", "text": "What do you do?", "required": true, "max_follow_ups": 1,
                "follow_up_triggers": [{
                    "condition": "mentions growers", "action": "example", "priority": 5,
                    "template": "You mentioned {topic}. Could you give an example?",
                }],
            },
            { "id": "q2", "text": "What else?", "required": true, "max_follow_ups": 0 },
        ]}],
    })
}

pub async fn invite(stage: &Stage, guide: &str) -> Invitation {
    let url = format!("{}/api/interviews/schedule", stage.caller.base);
    let body = json!({
        "call_guide_id": guide, "respondent_id": RESPONDENT, "respondent_name": NAME, "respondent_phone": PHONE,
        "respondent_email": EMAIL, "metadata": { "ward": WARD },
    });
    let answer: Value = stage.caller.http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
    let text = |key: &str| answer[key].as_str().unwrap_or_else(|| panic!("no {key}: {answer}")).to_owned();
    Invitation { id: text("id").parse().unwrap(), token: text("join_token") }
}

/// Whether any file below the folder holds this, in whatever case.
fn holds(folder: &Path, wanted: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, wanted);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes.windows(wanted.len()).any(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
    })
}

pub fn found(folder: &Path) -> Vec<&'static str> {
    SECRETS.into_iter().filter(|secret| holds(folder, secret)).collect()
}

/// The files and folders below the folder that are named after one of these interviews: their voices have no words to look for.
pub fn files_of(folder: &Path, interviews: &[Uuid]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if interviews.iter().any(|id| name.contains(&id.to_string())) {
            found.push(path);
        } else if path.is_dir() {
            found.extend(files_of(&path, interviews));
        }
    }
    found
}

async fn erase(stage: &Stage, id: Uuid) -> reqwest::Response {
    let url = format!("{}/api/interviews/{id}/personal-data", stage.caller.base);
    stage.caller.http.delete(url).send().await.unwrap()
}

#[actix_web::test]
async fn an_erased_person_is_nowhere_to_be_found() {
    let stage = Stage::hearing(&[], &[YES, YES, ANSWER]).await;
    let guide = stage.caller.guide(&quoting_guide()).await;
    let (held, to_come) = (invite(&stage, &guide).await, invite(&stage, &guide).await);
    let path = |rest: &str| format!("/api/interviews/{}/{rest}", held.id);

    let (mut call, mut page) = stage.called(&held).await;
    page.answer_until(&call, is_question("q2")).await;
    let live = erase(&stage, to_come.id).await;
    assert_eq!(live.status(), StatusCode::CONFLICT, "they are on the line");
    assert!(live.text().await.unwrap().contains(&held.id.to_string()), "which call it is");
    page.answer_until(&call, is_state(CallState::Ended)).await;
    call.closed().await;
    drop(page);
    stage.live(0).await;

    // All of it is there, and the archive holds what the recording's route serves.
    assert_eq!(stage.caller.get(&path("recording")).await.status(), StatusCode::OK);
    let data = stage.caller.json(&path("personal-data")).await.to_string();
    let missing: Vec<_> = SECRETS.iter().filter(|secret| !data.contains(**secret)).collect();
    assert!(missing.is_empty(), "{missing:?} not in {data}");
    let archive = stage.caller.get(&path("personal-data?format=zip")).await.bytes().await.unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut document = String::new();
    archive.by_name("personal-data.json").unwrap().read_to_string(&mut document).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&document).unwrap()["interviews"].as_array().unwrap().len(), 2);
    let recording = format!("recordings/{}/respondent.ogg", held.id);
    let mut sound = Vec::new();
    archive.by_name(&recording).unwrap().read_to_end(&mut sound).unwrap();
    assert!(sound.starts_with(b"OggS"));
    let by_id = stage.caller.json(&format!("/api/respondents/{RESPONDENT}/personal-data")).await;
    assert_eq!(by_id["interviews"].as_array().unwrap().len(), 2);
    assert_eq!(found(stage.folder()), SECRETS, "the search finds what is there");
    assert!(!files_of(stage.folder(), &[held.id]).is_empty(), "and the files");

    let events = || {
        event_logs::Entity::find()
            .filter(event_logs::Column::EntityId.eq(held.id))
            .count(stage.engine.storage.connection())
    };
    let logged = events().await.unwrap();
    let answer = erase(&stage, held.id).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let receipt: Value = answer.json().await.unwrap();
    let erased = &receipt["erased"];
    assert_eq!((&erased["interviews"], &erased["keys"], &erased["join_links"]), (&json!(2), &json!(1), &json!(2)));
    assert_eq!(erased["responses"], 3, "{receipt}");
    assert_eq!(erased["recordings"], 3, "two sides and the mixed file");
    assert_eq!(receipt["files_pending"], false, "{receipt}");
    let named = files_of(stage.folder(), &[held.id, to_come.id]);
    assert!(named.is_empty(), "{named:?}");
    assert!(erased["events_unreadable"].as_u64().unwrap() > 6, "{receipt}");
    assert_eq!((&receipt["erased_by"], &receipt["reason"]), (&json!("local"), &json!("request")));

    // Nowhere, while the engine runs on: not in the tables, the journal, the recordings, the caches, the spool.
    assert_eq!(found(stage.folder()), Vec::<&str>::new());
    assert_eq!(events().await.unwrap(), logged, "the log is append-only");
    for (route, status) in [("transcript", StatusCode::GONE), ("recording", StatusCode::NOT_FOUND)] {
        assert_eq!(stage.caller.get(&path(route)).await.status(), status, "{route}");
    }
    let other = stage.interview(&to_come).await;
    assert_eq!((&other["status"], &other["status_reason"]), (&json!("cancelled"), &json!("personal_data_erased")));
    assert_eq!(other["respondent_name"], Value::Null);
    assert_eq!(other["respondent_id"], stage.interview(&held).await["respondent_id"]);
    assert_eq!(stage.caller.offer_only(&to_come.token, "").await.status(), StatusCode::NOT_FOUND);
    // What is left counts, and names nobody.
    let left = stage.caller.json(&path("personal-data")).await;
    assert_eq!(left["receipts"], json!([receipt]));
    let left = left.to_string();
    assert!(!SECRETS.iter().any(|secret| left.contains(*secret)), "{left}");
    assert_eq!(stage.interview(&held).await["quality_metrics"]["completion_rate"], 1.0);

    // Asked again, nothing happens, and the receipt is the same.
    for id in [held.id, to_come.id] {
        assert_eq!(erase(&stage, id).await.json::<Value>().await.unwrap(), receipt);
        assert_eq!(stage.caller.json(&format!("/api/interviews/{id}/personal-data/receipt")).await, receipt);
    }
    let unknown = erase(&stage, Uuid::now_v7()).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert!(stage.engine.metrics.render().unwrap().contains("erasures_total{reason=\"request\"} 1"));
    let folder = stage.stop().await;
    assert_eq!(found(folder.path()), Vec::<&str>::new(), "nor after the end");
}

/// An interview of this respondent that was held so many days ago.
async fn held_before(storage: &Storage, guide: Uuid, respondent: &str, days: i64) -> Uuid {
    let new = NewInterview {
        respondent_id: Some(respondent.to_owned()),
        respondent_name: Some(NAME.to_owned()),
        ..new_interview(guide)
    };
    let id = storage.interviews().schedule(new, Actor::ENGINE).await.unwrap().0.id;
    let received_at = Utc::now() - chrono::Duration::days(days);
    let batch = Batch { interview_id: id, fence: None, received_at, records: conversation() };
    storage.event_log().append_all(&[&batch]).await.unwrap().remove(0).unwrap();
    record(storage, id, "respondent.ogg", "OggS").await;
    id
}

async fn words(storage: &Storage, id: Uuid) -> String {
    storage.responses().of_interview(id).await.unwrap().into_iter().map(|row| row.response_text).collect()
}

#[actix_web::test]
async fn data_past_its_time_is_erased_and_younger_data_is_not() {
    let stage = Stage::start(&[("DATA_RETENTION_DAYS", "0")]).await;
    let storage = stage.engine.storage.clone();
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let old = held_before(&storage, guide, "old", 40).await;
    let (before, since) =
        (held_before(&storage, guide, "both", 31).await, held_before(&storage, guide, "both", 29).await);
    let young = held_before(&storage, guide, "young", 29).await;
    let retention = |days| Retention {
        storage: storage.clone(),
        calls: Arc::new(stage.engine.registry.clone()),
        metrics: Arc::clone(&stage.engine.metrics),
        days,
    };
    assert!(retention(0).sweep(Utc::now()).await.unwrap().is_empty(), "0 keeps everything");

    let swept = retention(30).sweep(Utc::now()).await.unwrap();
    let done = swept[&migration::DEFAULT_WORKSPACE];
    assert_eq!((done.people, done.erased.interviews, done.erased.recordings, done.left), (1, 2, 2, 0));
    for id in [old, before] {
        assert_eq!(words(&storage, id).await, "");
        assert_eq!(storage.interviews().get(id).await.unwrap().respondent_name, None);
        assert!(recorded(&storage, id).await.is_empty());
        assert!(storage.event_log().load(id).await.is_err(), "the log is closed");
        assert_eq!(storage.receipts().of_interview(id).await.unwrap()[0].erased_by, "retention");
    }
    for id in [since, young] {
        assert!(words(&storage, id).await.contains("bookkeeping"));
        assert_eq!(storage.event_log().load(id).await.unwrap(), conversation());
        assert_eq!(recorded(&storage, id).await.len(), 1);
    }
    let applied = event_logs::Entity::find()
        .filter(event_logs::Column::EventType.eq("retention_applied"))
        .all(storage.connection())
        .await
        .unwrap();
    assert_eq!(applied.len(), 1);
    assert_eq!((&applied[0].payload["people"], &applied[0].payload["days"]), (&json!(1), &json!(30)));
    assert!(retention(30).sweep(Utc::now()).await.unwrap().is_empty(), "once");

    // Days later the younger ones are past their time, and with the last of them the key that the older one needed.
    let later = retention(30).sweep(Utc::now() + chrono::Duration::days(2)).await.unwrap();
    let done = later[&migration::DEFAULT_WORKSPACE];
    assert_eq!((done.people, done.erased.keys, done.left), (2, 2, 0));
    let texts = interview_responses::Entity::find().all(storage.connection()).await.unwrap();
    assert!(texts.iter().all(|row| row.response_text.is_empty() && row.question_text.is_empty()));
    assert_eq!(entity::person_keys::Entity::find().count(storage.connection()).await.unwrap(), 0);
    drop(storage);
    stage.stop().await;
}

#[actix_web::test]
async fn an_engine_applies_retention_when_it_starts() {
    let stage = Stage::start(&[("DATA_RETENTION_DAYS", "0")]).await;
    let storage = stage.engine.storage.clone();
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let old = held_before(&storage, guide, "old", 40).await;
    drop(storage);
    let folder = stage.stop().await;

    let stage = Stage::start_in(folder, &[("DATA_RETENTION_DAYS", "30")], &[]).await;
    let gone = async {
        // It is counted when all of it is done, after the receipt.
        while !stage.engine.metrics.render().unwrap().contains("erasures_total{reason=\"retention\"} 1") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("erased soon after the start");
    assert!(!stage.engine.storage.receipts().of_interview(old).await.unwrap().is_empty());
    let row = stage.engine.storage.interviews().get(old).await.unwrap();
    assert_eq!((row.status, row.respondent_name), (Status::Completed, None));
    stage.stop().await;
}

#[actix_web::test]
async fn what_the_log_refused_of_an_erased_person_is_not_kept_either() {
    let stage = Stage::start(&[]).await;
    let storage = &stage.engine.storage;
    let guide = storage.guides().create(&guide(), None, Actor::ENGINE).await.unwrap().id;
    let id = held_before(storage, guide, "somebody", 1).await;
    let rejected = stage.folder().join("spool/rejected.jsonl");
    std::fs::create_dir_all(rejected.parent().unwrap()).unwrap();
    let batch = Batch { interview_id: id, fence: None, received_at: Utc::now(), records: conversation() };
    std::fs::write(&rejected, serde_json::to_string(&batch).unwrap() + "\n").unwrap();
    let receipt: Value = erase(&stage, id).await.json().await.unwrap();
    assert_eq!(receipt["erased"]["refused_events"], conversation().len(), "{receipt}");
    assert!(!rejected.exists());
    assert!(!holds(stage.folder(), "bookkeeping"));
    stage.stop().await;
}
