//! A small language model on this machine, behind an OpenAI-compatible server on loopback: for `demo --llm`.
//!
//! Owns: the server's process, which ends with us. Never does: fetch anything, or run inside our own process
//! (llama.cpp and whisper.cpp both carry ggml).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const SERVER: &str = include_str!("server.py");
/// Where the manifest puts llama.cpp's server, under the weights folder.
const PACKAGE: &str = "llm/server";
/// Reading the weights from a cold disk.
const START: Duration = Duration::from_mins(2);
const STOP: Duration = Duration::from_secs(5);
const THREADS: &str = "2";

#[derive(Debug, thiserror::Error)]
pub enum ModelServerError {
    #[error("python3 (3.10 or newer) can't be started: {0}")]
    Python(std::io::Error),
    #[error("the model's server did not start; what it said is in {}", .0.display())]
    NotStarted(PathBuf),
    #[error("{}: {source}", path.display())]
    Log { path: PathBuf, source: std::io::Error },
}

/// A running server.
pub struct ModelServer {
    /// Such as `http://127.0.0.1:40123/v1`.
    pub base_url: String,
    child: Child,
    /// It ends when this is closed.
    stdin: Option<ChildStdin>,
}

impl ModelServer {
    /// Starts it with the model in `file`, which it calls `name`; `weights` holds the server, `log` what it says.
    pub async fn start(weights: &Path, file: &str, name: &str, log: &Path) -> Result<Self, ModelServerError> {
        let said =
            std::fs::File::create(log).map_err(|source| ModelServerError::Log { path: log.to_owned(), source })?;
        let mut child = Command::new("python3")
            .args(["-c", SERVER])
            .arg(weights.join(file))
            .args([name, THREADS])
            .env("PYTHONPATH", weights.join(PACKAGE))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said)
            .kill_on_drop(true)
            .spawn()
            .map_err(ModelServerError::Python)?;
        let stdin = child.stdin.take();
        let failed = || ModelServerError::NotStarted(log.to_owned());
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(failed)?).lines();
        let listening = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(address) = line.strip_prefix("listening ") {
                    return Some(address.trim().trim_end_matches('/').to_owned());
                }
            }
            None
        };
        let address = tokio::time::timeout(START, listening).await.ok().flatten().ok_or_else(failed)?;
        Ok(Self { base_url: format!("{address}/v1"), child, stdin })
    }

    /// Stops it: politely, then not.
    pub async fn stop(mut self) {
        drop(self.stdin.take());
        if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
            // It is killed when dropped; an error means that it is gone already.
            let _ = self.child.kill().await;
        }
    }
}
