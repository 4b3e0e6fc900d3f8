//! What another process finds: of an engine that was killed, of a worker that writes exports.

use std::path::Path;

use interview::io::CallState;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use voice::audio::MediaRuntime;

use super::{Fleet, held, length_ms, until};
use crate::session::{ENVIRONMENT, Stage};
use crate::support::caller::{Caller, is_question, is_state};
use crate::support::process::{engine, ready};
use crate::support::recorded;

/// An engine that can be killed.
async fn process(fleet: &Fleet, folder: &Path) -> (Child, Caller, MediaRuntime) {
    let settings = |command: &mut Command| {
        command.envs(ENVIRONMENT.iter().copied()).envs(fleet.settings());
        command.env("DATA_DIR", folder).env("LOG_LEVEL", "warn");
    };
    let (child, url) = engine(settings).await;
    let media = MediaRuntime::start().unwrap();
    (child, Caller::new(&url, &media), media)
}

#[actix_web::test]
async fn what_a_killed_engine_recorded_is_served_by_another_and_the_rest_when_it_is_back() {
    let fleet = Fleet::on_sqlite();
    let folder = tempfile::tempdir().unwrap();
    let (mut child, caller, _media) = process(&fleet, folder.path()).await;
    let guide = caller.guide(&crate::support::caller::open_guide(3)).await;
    let invitation = caller.schedule(&guide).await;
    let id = invitation.id;
    let mut page = caller.page(&invitation.token, None).await;
    let call = caller.join(&invitation.token, "").await.expect("joined");
    page.answer_until(&call, is_question("q3")).await;
    child.kill().await.unwrap();
    drop((call, page));
    // What this engine alone has.
    let local = folder.path().join("recordings").join(id.to_string()).join("respondent.ogg.part");
    let written = length_ms(&std::fs::read(local).unwrap());

    // Another engine, with nothing but the database and the store.
    let other = fleet.engine(&[]).await;
    let path = format!("/api/interviews/{id}/recording?side=respondent");
    let there = other.caller.get(&path).await;
    assert_eq!(there.status(), 200);
    let there = length_ms(&there.bytes().await.unwrap());
    println!("{there} of {written} ms were in the store when the engine was killed");
    assert!(there > 1_000 && there + 6_000 >= written, "{there} of {written} ms");
    // A part of it, across objects.
    let range = other.caller.http.get(format!("{}{path}", other.caller.base)).header("range", "bytes=1-1000");
    assert_eq!(range.send().await.unwrap().bytes().await.unwrap().len(), 1_000);
    other.stop().await;

    // The engine is back: the rest of it goes to the store.
    let (mut child, _caller, _media) = process(&fleet, folder.path()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let storage = fleet.elsewhere(elsewhere.path()).await;
    until("it is whole", async || {
        recorded(&storage, id).await.get("respondent.ogg").is_some_and(|bytes| length_ms(bytes) >= written)
            && fleet.objects("/parts/").is_empty()
    })
    .await;
    child.kill().await.unwrap();
}

/// `interviewer worker` with a folder of its own.
async fn worker(fleet: &Fleet, folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    command.arg("worker").envs(ENVIRONMENT.iter().copied()).envs(fleet.settings());
    ready(command.env("DATA_DIR", folder).env("INSIGHTS_EMBEDDINGS", "false"), "The worker is ready").await.0
}

async fn exported(stage: &Stage, guide: &str) -> String {
    let task = stage.caller.post(&format!("/api/call-guides/{guide}/study?format=zip"), &Value::Null).await;
    assert_eq!(task.status(), 202);
    let task: Value = task.json().await.unwrap();
    let task = task["task_id"].as_str().unwrap().to_owned();
    until("the worker writes it", async || {
        stage.caller.json(&format!("/api/tasks/{task}")).await["state"] == "completed"
    })
    .await;
    task
}

#[actix_web::test]
async fn what_a_worker_exports_any_engine_serves_until_somebody_in_it_is_erased() {
    let fleet = Fleet::on_sqlite();
    let stage = fleet.engine(&[("TASKS_IN_SERVE", "false")]).await;
    let invitation = held(&stage).await;
    super::brought_over(&stage).await;
    let folder = tempfile::tempdir().unwrap();
    let mut worker = worker(&fleet, folder.path()).await;
    let guide = stage.interview(&invitation).await["call_guide_id"].as_str().unwrap().to_owned();
    let task = exported(&stage, &guide).await;
    let path = format!("/api/exports/{task}");
    let export = stage.caller.get(&path).await;
    assert_eq!(export.status(), 200);
    let zip = export.bytes().await.unwrap();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let recording = format!("recordings/{}/respondent.ogg", invitation.id);
    assert!(archive.file_names().any(|name| name == recording), "the worker has read what the engine recorded");
    assert_eq!(fleet.objects("/exports/").len(), 1);

    let erase = format!("{}/api/interviews/{}/personal-data", stage.caller.base, invitation.id);
    let receipt: Value = stage.caller.http.delete(erase).send().await.unwrap().json().await.unwrap();
    assert_eq!((&receipt["erased"]["exports"], &receipt["files_pending"]), (&json!(1), &json!(false)), "{receipt}");
    let gone = stage.caller.get(&path).await;
    assert_eq!(gone.status(), 410);
    assert!(gone.text().await.unwrap().contains("because of an erasure"));
    let told = stage.caller.json(&format!("/api/tasks/{task}")).await;
    assert_eq!(told["result"]["removed_because"], "erasure", "{told}");
    assert_eq!(fleet.s3.objects(), Vec::<std::path::PathBuf>::new(), "nothing of anybody is left");
    // The next one has nobody's words.
    let again = exported(&stage, &guide).await;
    let zip = stage.caller.get(&format!("/api/exports/{again}")).await.bytes().await.unwrap();
    let archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    assert!(!archive.file_names().any(|name| name.starts_with("recordings/")));
    worker.kill().await.unwrap();
    stage.stop().await;
}

#[actix_web::test]
async fn a_call_that_moves_to_another_engine_is_served_as_one() {
    let fleet = Fleet::on_sqlite();
    let first = fleet.engine(&[]).await;
    let invitation = first.invite(3).await;
    let (call, mut page) = first.called(&invitation).await;
    page.answer_until(&call, is_question("q2")).await;
    let last = page.seen.last().map(|message| message.seq);
    drop((call, page));
    first.stop().await;

    let second = fleet.engine(&[]).await;
    let mut page = second.caller.page(&invitation.token, last).await;
    let call = second.caller.join(&invitation.token, "").await.expect("the same link");
    page.answer_until(&call, is_state(CallState::Ended)).await;
    second.live(0).await;
    super::brought_over(&second).await;
    let tracks = recorded(&second.engine.storage, invitation.id).await;
    assert!(tracks.len() >= 3, "both legs: {:?}", tracks.keys());
    let mixed = length_ms(&super::served(&second, invitation.id, "").await);
    let longest = tracks.values().map(|bytes| length_ms(bytes)).max().unwrap();
    assert!(mixed.abs_diff(longest) < 500, "{mixed} and {longest} ms");
    second.stop().await;
}
