//! Processes of ours, started and killed by tests.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const LIMIT: Duration = Duration::from_mins(1);

/// A process, once it has said that it is ready.
pub async fn ready(command: &mut Command, says: &str) -> Child {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = async { while !lines.next_line().await.unwrap().expect("it starts").contains(says) {} };
    tokio::time::timeout(LIMIT, said).await.expect("it starts in time");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}
