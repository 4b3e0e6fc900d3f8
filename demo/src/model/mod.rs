//! A small language model on this machine, behind an OpenAI-compatible server on loopback, for
//! `demo --llm`.
//!
//! Owns: the server's process, which ends with the demo. Never does: fetch anything, or load the
//! model into the demo's own process, because llama.cpp and whisper.cpp both contain ggml.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

const SERVER: &str = include_str!("server.py");
/// The path of llama.cpp's server below the weights folder, as in the manifest.
const PACKAGE: &str = "llm/server";
/// The limit of the start, which may read the weights from a slow disk.
const START: Duration = Duration::from_mins(2);
const STOP: Duration = Duration::from_secs(5);
const THREADS: &str = "2";

#[derive(Debug, thiserror::Error)]
pub enum ModelServerError {
    #[error("python3 (3.10 or newer) cannot be started: {0}")]
    Python(std::io::Error),
    #[error("the model's server did not start; its output is in {}", .0.display())]
    NotStarted(PathBuf),
    #[error("{}: {source}", path.display())]
    Log { path: PathBuf, source: std::io::Error },
}

/// A running server.
pub struct ModelServer {
    /// The base URL, such as `http://127.0.0.1:40123/v1`.
    pub base_url: String,
    child: Child,
    /// Closing this pipe ends the server.
    stdin: Option<ChildStdin>,
}

impl ModelServer {
    /// Starts the server with the model in `file` under the name `name`. `weights` contains the
    /// server, and its output is written to `log`.
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

    /// Stops the server, first by closing its input and then by killing it.
    pub async fn stop(mut self) {
        drop(self.stdin.take());
        if tokio::time::timeout(STOP, self.child.wait()).await.is_err() {
            // The process is killed when it is dropped. An error means that it has ended already.
            let _ = self.child.kill().await;
        }
    }
}
