//! A pipe that nobody reads ends a command quietly, as in `interviewer config show | head`.

use std::io::pipe;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// 128 + SIGPIPE, as a shell shows it.
const CLOSED: i32 = 141;

fn unread(data_dir: &Path, arguments: &[&str], stderr_too: bool) -> Output {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    command.args(arguments).env_clear().env("DATA_DIR", data_dir).env("API_PORT", "0").stdin(Stdio::null());
    if stderr_too {
        command.stderr(writer.try_clone().unwrap());
    }
    // The doctor looks for tools.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(writer).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db").display().to_string();
    let pages = tempfile::tempdir().unwrap();
    let pages = pages.path().display().to_string();
    let commands: [&[&str]; 16] = [
        &["config", "show"],
        &["migrate", "up"],
        &["migrate", "status"],
        &["doctor"],
        &["doctor", "--json"],
        &["models", "list"],
        &["models", "verify", "--dir", "nowhere"],
        &["guide", "lint", "guides/short.yaml"],
        &["guide", "lint", "--format", "json", "guides/short.yaml"],
        &["guide", "import", "guides/short.yaml"],
        &["workspace", "list"],
        &["key", "create", "--role", "admin"],
        &["tasks", "retry"],
        &["backup", &copy],
        &["seed", "--remove"],
        &["reference", &pages],
    ];
    for arguments in commands {
        let ended = unread(folder.path(), arguments, false);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.code() == Some(CLOSED) && said.is_empty(), "{arguments:?}: {:?} {said}", ended.status);
    }
    let ended = unread(folder.path(), &["config", "show"], true);
    assert_eq!(ended.status.code(), Some(CLOSED), "without a reader of the standard error either");
}

#[test]
fn an_error_that_nobody_reads_is_still_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let ended = unread(folder.path(), &["guide", "lint", "nowhere.yaml"], true);
    assert_eq!(ended.status.code(), Some(1));
}
