//! Processes of ours, started and killed by tests.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const LIMIT: Duration = Duration::from_mins(1);

/// A process, once it has said that it is ready, and the rest of that line. Killed when dropped.
pub async fn ready(command: &mut Command, says: &str) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it starts");
            if let Some((_, rest)) = line.split_once(says) {
                return rest.to_owned();
            }
        }
    };
    let rest = tokio::time::timeout(LIMIT, said).await.expect("it starts in time");
    // It goes on printing, and a pipe that nobody reads would end it.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    (child, rest)
}

/// `interviewer serve` with these settings, and where it listens.
pub async fn engine(settings: impl Fn(&mut Command)) -> (Child, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
    settings(command.arg("serve"));
    let (child, rest) = ready(&mut command, "ready at ").await;
    (child, rest.split(' ').next().unwrap().to_owned())
}
