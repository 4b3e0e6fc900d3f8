//! `interviewer quality recompute`.

use std::path::Path;
use std::process::Output;

use sea_orm::ConnectionTrait as _;
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

#[tokio::test]
async fn scores_come_out_of_the_log_as_they_are_stored_and_a_difference_fails() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/interviews.db?mode=rwc", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    storage.migrate().await.unwrap();
    let id = scheduled(&storage).await;
    let unfinished = recompute(folder.path(), id, &[]).await;
    assert!(!unfinished.status.success() && String::from_utf8_lossy(&unfinished.stderr).contains("not over"));
    storage.append(id, &conversation()).await.unwrap();

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
