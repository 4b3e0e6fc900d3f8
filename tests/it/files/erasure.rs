//! An erased person's files are gone, whichever engine has them and whether or not the store answers at that moment.

use std::collections::BTreeSet;

use chrono::Utc;
use interview::io::CallState;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use storage::Storage;
use storage::erased_files::REMOVE_FILES;
use uuid::Uuid;

use super::{Fleet, brought_over, held, until};
use crate::privacy::{ANSWER, RESPONDENT, SECRETS, files_of, invite, quoting_guide};
use crate::session::Stage;
use crate::support::caller::{is_question, is_state};
use crate::support::{Home, record, recorded};

async fn erase(stage: &Stage, id: Uuid) -> Value {
    let url = format!("{}/api/interviews/{id}/personal-data", stage.caller.base);
    let answer = stage.caller.http.delete(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn receipt(stage: &Stage, id: Uuid) -> Value {
    stage.caller.json(&format!("/api/interviews/{id}/personal-data/receipt")).await
}

/// Has the task that removes files run now, and not in half a minute.
async fn hasten(storage: &Storage, receipt: &Value) {
    let key = receipt["id"].as_str().unwrap();
    storage.tasks().hasten(storage.connection(), REMOVE_FILES, key, Utc::now()).await.unwrap();
}

#[actix_web::test]
async fn files_that_are_out_of_reach_go_later_and_the_receipt_says_so_until_then() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[]).await;
    let invitation = held(&stage).await;
    let id = invitation.id;
    brought_over(&stage).await;
    fleet.s3.be_away(true);
    let first = erase(&stage, id).await;
    assert_eq!((&first["files_pending"], &first["erased"]["recordings"]), (&json!(true), &json!(0)), "{first}");
    let responses = stage.engine.storage.responses().of_interview(id).await.unwrap();
    assert!(responses.len() == 2 && responses.iter().all(|row| row.response_text.is_empty()), "their words are gone");
    assert_eq!(receipt(&stage, id).await, first);
    assert!(!fleet.objects(&id.to_string()).is_empty());
    // Nobody is served it meanwhile.
    fleet.s3.be_away(false);
    hasten(&stage.engine.storage, &first).await;
    until("the task removes them", async || receipt(&stage, id).await["files_pending"] == false).await;
    let last = receipt(&stage, id).await;
    assert_eq!((&last["id"], &last["erased"]["recordings"]), (&first["id"], &json!(2)), "{last}");
    assert!(last["erased"]["recording_bytes"].as_u64().unwrap() > 1_000, "{last}");
    assert!(fleet.objects(&id.to_string()).is_empty());
    assert_eq!(erase(&stage, id).await, last, "asked again");
    stage.stop().await;
}

#[actix_web::test]
async fn an_engine_that_was_stopped_stores_nothing_of_who_was_erased_meanwhile() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[]).await;
    // What it could not bring over is with this engine alone.
    fleet.s3.be_away(true);
    let invitation = held(&stage).await;
    let id = invitation.id;
    let kept = stage.stop().await;
    assert!(!files_of(kept.path(), &[id]).is_empty());
    fleet.s3.be_away(false);

    let other = fleet.engine(&[]).await;
    let missing = other.caller.get(&format!("/api/interviews/{id}/recording")).await;
    assert_eq!(missing.status(), 404);
    let pending = erase(&other, id).await;
    assert_eq!(pending["files_pending"], true, "{pending}");
    other.stop().await;

    let back = Stage::start_in(kept, &fleet.settings(), &[]).await;
    until("it removes what it has", async || files_of(back.folder(), &[id]).is_empty()).await;
    assert!(fleet.objects(&id.to_string()).is_empty(), "nothing went to the store");
    hasten(&back.engine.storage, &pending).await;
    until("and then all of it is gone", async || receipt(&back, id).await["files_pending"] == false).await;
    back.stop().await;
}

#[actix_web::test]
async fn retention_comes_back_to_files_that_should_be_gone() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[("DATA_RETENTION_DAYS", "0")]).await;
    let storage = stage.engine.storage.clone();
    let invitation = held(&stage).await;
    brought_over(&stage).await;
    assert_eq!(erase(&stage, invitation.id).await["files_pending"], false);
    // Somebody restores a backup of the bucket.
    record(&storage, invitation.id, "respondent.ogg", "OggS").await;
    let task = Uuid::now_v7();
    let writer = storage.exports().write(task, "csv");
    tokio::task::spawn_blocking(move || {
        let mut writer = writer;
        std::io::Write::write_all(&mut writer, b"words").unwrap();
        writer.finish().unwrap()
    })
    .await
    .unwrap();
    let retention = interviewer::privacy::Retention {
        storage: storage.clone(),
        calls: std::sync::Arc::new(stage.engine.registry.clone()),
        metrics: std::sync::Arc::clone(&stage.engine.metrics),
        days: 0,
    };
    retention.tidy(Utc::now()).await.unwrap();
    assert!(recorded(&storage, invitation.id).await.is_empty(), "the erased stay erased");
    assert!(storage.exports().find(task, "csv").await.unwrap().is_some(), "an export has a day");
    retention.tidy(Utc::now() + chrono::Duration::hours(26)).await.unwrap();
    assert!(storage.exports().find(task, "csv").await.unwrap().is_none());
    drop((storage, retention));
    stage.stop().await;
}

/// Every table whose rows hold one of these words.
async fn tables_with(storage: &Storage, words: &[&str]) -> BTreeSet<String> {
    let db = storage.connection();
    let all = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    let tables = db.query_all_raw(Statement::from_string(DbBackend::Postgres, all)).await.unwrap();
    assert!(tables.len() > 20);
    let mut found = BTreeSet::new();
    for table in tables {
        let table: String = table.try_get_by_index(0).unwrap();
        for word in words {
            let sql = format!("SELECT count(*) FROM \"{table}\" AS t WHERE t::text ILIKE '%' || $1 || '%'");
            let count = Statement::from_sql_and_values(DbBackend::Postgres, sql, [(*word).into()]);
            let row = db.query_one_raw(count).await.unwrap().unwrap();
            if row.try_get_by_index::<i64>(0).unwrap() > 0 {
                found.insert(format!("{table}: {word}"));
            }
        }
    }
    found
}

#[actix_web::test]
#[ignore = "PostgreSQL's: scripts/test runs it there"]
async fn over_two_engines_and_one_store_an_erased_person_is_nowhere() {
    let home = Home::new().await;
    assert!(home.is_postgres(), "TEST_POSTGRES_URL must name a server");
    let fleet = Fleet::on(&home.url, tempfile::tempdir().unwrap());
    let heard = ["Yes, that is fine.", "Yes, that is fine.", ANSWER];
    let one = Stage::start_in(tempfile::tempdir().unwrap(), &fleet.settings(), &heard).await;
    let other = fleet.engine(&[]).await;
    let guide = one.caller.guide(&quoting_guide()).await;
    let invitation = invite(&one, &guide).await;
    let id = invitation.id;
    let (call, mut page) = one.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    page.answer_until(&call, is_state(CallState::Ended)).await;
    one.live(0).await;
    brought_over(&one).await;

    // The other engine serves what the first recorded, and mixes it.
    for query in ["", "?side=respondent", "?side=interviewer"] {
        assert!(super::served(&other, id, query).await.starts_with(b"OggS"));
    }
    let task = other.caller.post(&format!("/api/call-guides/{guide}/study?format=zip"), &Value::Null).await;
    let task: Value = task.json().await.unwrap();
    let task = task["task_id"].as_str().unwrap();
    until("either engine writes it", async || {
        other.caller.json(&format!("/api/tasks/{task}")).await["state"] == "completed"
    })
    .await;
    for stage in [&one, &other] {
        assert_eq!(stage.caller.get(&format!("/api/exports/{task}")).await.status(), 200, "both serve it");
    }
    let words = tables_with(&other.engine.storage, &SECRETS).await;
    assert!(words.iter().any(|found| found.contains(RESPONDENT)), "the search finds what is there: {words:?}");
    assert!(!fleet.objects(&id.to_string()).is_empty());

    let receipt = erase(&other, id).await;
    let erased = &receipt["erased"];
    assert_eq!((&erased["recordings"], &erased["exports"]), (&json!(3), &json!(1)), "{receipt}");
    assert_eq!(receipt["files_pending"], false, "{receipt}");
    assert_eq!(tables_with(&other.engine.storage, &SECRETS).await, BTreeSet::new());
    assert_eq!(fleet.s3.objects(), Vec::<std::path::PathBuf>::new());
    for stage in [&one, &other] {
        assert!(files_of(stage.folder(), &[id]).is_empty());
        assert_eq!(stage.caller.get(&format!("/api/exports/{task}")).await.status(), 410);
        let recording = stage.caller.get(&format!("/api/interviews/{id}/recording")).await;
        assert_eq!(recording.status(), 404);
    }
    assert_eq!(crate::privacy::found(one.folder()), Vec::<&str>::new());
    assert_eq!(crate::privacy::found(other.folder()), Vec::<&str>::new());
    assert!(crate::privacy::found(fleet.s3.folder()).is_empty());
    one.stop().await;
    other.stop().await;
}

#[actix_web::test]
#[ignore = "PostgreSQL's: scripts/test runs it there"]
async fn without_a_common_store_the_other_engine_removes_what_it_has() {
    let home = Home::new().await;
    assert!(home.is_postgres(), "TEST_POSTGRES_URL must name a server");
    let settings = [("DATABASE_URL", home.url.as_str()), ("SECRET_KEY", super::SECRET_KEY)];
    let (one, other) = (Stage::start(&settings).await, Stage::start(&settings).await);
    let invitation = held(&one).await;
    brought_over(&one).await;
    assert!(!files_of(one.folder(), &[invitation.id]).is_empty());
    let missing = other.caller.get(&format!("/api/interviews/{}/recording", invitation.id)).await;
    assert_eq!(missing.status(), 404);
    assert!(missing.text().await.unwrap().contains("FILES_URL"), "it says why");
    let pending = erase(&other, invitation.id).await;
    assert_eq!(pending["files_pending"], true, "{pending}");
    until("the engine that has them removes them", async || files_of(one.folder(), &[invitation.id]).is_empty()).await;
    hasten(&other.engine.storage, &pending).await;
    until("the receipt is complete", async || receipt(&other, invitation.id).await["files_pending"] == false).await;
    one.stop().await;
    other.stop().await;
}
