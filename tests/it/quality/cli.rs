//! `interviewer quality recompute`.

use std::path::Path;
use std::process::Output;

use chrono::Utc;
use entity::{Status, interviews};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use seed::{Plan, fill};
use serde_json::Value;
use storage::Storage;
use tokio::process::Command;
use uuid::Uuid;

use crate::support::{conversation, scheduled};

async fn recompute(data_dir: &Path, id: Uuid, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    command.args(["quality", "recompute", &id.to_string()]).args(more).env_clear().env("DATA_DIR", data_dir);
    command.output().await.unwrap()
}

/// Made-up interviews have no log by design: their scores are not wrong, they cannot be computed again.
#[actix_web::test]
async fn a_made_up_interview_says_that_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/interviews.db?mode=rwc", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    storage.schema().migrate().await.unwrap();
    let plan = Plan { interviews: 5, responses: 40, days: 1, until: Utc::now(), seed: 1, force: false };
    fill(&storage, &plan, |_| ()).await.unwrap();
    let held = interviews::Entity::find().filter(interviews::Column::Status.eq(Status::Completed));
    let id = held.one(storage.connection()).await.unwrap().unwrap().id;

    let skipped = recompute(folder.path(), id, &[]).await;
    let said = String::from_utf8_lossy(&skipped.stderr).into_owned();
    assert!(skipped.status.success() && said.contains("made up by interviewer seed"), "{said}");
    let json = recompute(folder.path(), id, &["--json"]).await;
    assert!(json.status.success() && json.stdout == b"[]\n", "{json:?}");

    let transcript = storage.transcripts().of_interview(id).await.unwrap();
    let note = "This interview was made up by interviewer seed, so there is no transcript.";
    assert_eq!((transcript.note.as_deref(), transcript.turns.len()), (Some(note), 0));
    assert!(!transcript.responses.is_empty(), "the answers are stored");
    assert_eq!(transcript.to_text(), format!("({note})\n"));
    assert_eq!(transcript.to_vtt(), format!("WEBVTT\n\nNOTE {note}\n"));

    let report = Command::new(env!("CARGO_BIN_EXE_interviewer"))
        .args(["insights", &id.to_string()])
        .env_clear()
        .env("DATA_DIR", folder.path())
        .output()
        .await
        .unwrap();
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(report.contains("made up by interviewer seed") && !report.contains("Nothing was answered"), "{report}");
}

#[tokio::test]
async fn scores_come_out_of_the_log_as_they_are_stored_and_a_difference_fails() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/interviews.db?mode=rwc", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    storage.schema().migrate().await.unwrap();
    let id = scheduled(&storage).await;
    let unfinished = recompute(folder.path(), id, &[]).await;
    assert!(!unfinished.status.success() && String::from_utf8_lossy(&unfinished.stderr).contains("not over"));
    storage.event_log().append(id, &conversation()).await.unwrap();

    let same = recompute(folder.path(), id, &["--json"]).await;
    assert_eq!(same.status.code(), Some(0), "{}", String::from_utf8_lossy(&same.stderr));
    let scores: Vec<Value> = serde_json::from_slice(&same.stdout).unwrap();
    let row = storage.interviews().get(id).await.unwrap();
    let rate = scores.iter().find(|score| score["metric"] == "clarification_rate").unwrap();
    assert_eq!((&rate["stored"], &rate["recomputed"]), (&row.quality_metrics["clarification_rate"], &0.5.into()));
    assert!(scores.iter().all(|score| score["stored"] == score["recomputed"]), "{scores:#?}");

    let tampered = "UPDATE interviews SET quality_metrics = json_set(quality_metrics, '$.clarification_rate', 0.25)";
    storage.connection().execute_unprepared(tampered).await.unwrap();
    let differs = recompute(folder.path(), id, &[]).await;
    assert_eq!(differs.status.code(), Some(1));
    let table = String::from_utf8_lossy(&differs.stdout).into_owned();
    let line = table.lines().find(|line| line.starts_with("clarification_rate")).unwrap();
    assert!(line.contains("0.250000") && line.contains("0.500000") && line.ends_with("differs"), "{table}");
}
