//! The first key comes from the command line, at the engine's own machine.

use std::path::Path;
use std::process::Stdio;

use entity::Role;
use interviewer::access::passwords;
use storage::{AuditFilter, Storage};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What the command prints; `typed` is its input.
async fn interviewer(data_dir: &Path, arguments: &[&str], typed: &str) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"))
        .args(arguments)
        .env_clear()
        .env("DATA_DIR", data_dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone by now.
    let _ = command.stdin.take().unwrap().write_all(typed.as_bytes()).await;
    let done = command.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
}

#[tokio::test]
async fn keys_users_and_workspaces_are_made_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = async |arguments: &[&str], typed: &str| interviewer(folder.path(), arguments, typed).await;
    run(&["workspace", "create", "acme"], "").await.unwrap();
    assert!(run(&["workspace", "create", "acme"], "").await.unwrap_err().contains("acme"));
    let listed = run(&["workspace", "list"], "").await.unwrap();
    assert!(listed.contains("default") && listed.contains("acme"), "{listed}");
    let key = run(&["key", "create", "--role", "admin", "--workspace", "acme", "--name", "first"], "").await.unwrap();
    let unknown = run(&["key", "create", "--role", "admin", "--workspace", "nowhere"], "").await.unwrap_err();
    assert!(unknown.contains("nowhere"), "{unknown}");
    assert!(run(&["key", "create", "--role", "owner"], "").await.is_err());
    let user = ["user", "create", "--email", "Dana@example.org", "--role", "viewer", "--workspace", "acme"];
    assert!(run(&user, "short\n").await.unwrap_err().contains("12 characters"));
    run(&user, "correct horse battery\n").await.unwrap();

    let url = format!("sqlite://{}/interviews.db", folder.path().display());
    let storage = Storage::connect(&url, 1, folder.path()).await.unwrap();
    let row = storage.keys().recognise(&key).await.unwrap().expect("the key that was printed");
    let acme = storage.of(storage.workspaces().find("acme").await.unwrap().id);
    assert_eq!((row.workspace_id, row.role, row.name.as_str()), (acme.workspace(), Role::Admin, "first"));
    let dana = acme.users().by_email("dana@example.org").await.unwrap().unwrap();
    assert!(passwords::verify("correct horse battery", dana.password_hash.as_deref()));
    let trail = acme.audit().list(AuditFilter { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(trail.len(), 3);
    assert!(trail.iter().all(|entry| entry.actor == "cli"), "{trail:?}");

    let listed = run(&["key", "list", "--workspace", "acme"], "").await.unwrap();
    assert!(listed.contains(&row.prefix) && !listed.contains(&key), "{listed}");
    run(&["key", "revoke", &row.id.to_string(), "--workspace", "acme"], "").await.unwrap();
    assert!(storage.keys().recognise(&key).await.unwrap().is_none());
}
