//! The engine as a process that can be killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Reading the weights takes a second or two, longer on a busy machine.
const START: Duration = Duration::from_mins(2);

/// Killed when dropped, too.
pub struct Process {
    child: Child,
    pub url: String,
}

impl Process {
    pub async fn start(data: &Path, models: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interviewer"));
        command.arg("serve").env("DATA_DIR", data).env("MODELS_DIR", models).env("API_PORT", "0");
        command.env("SPEECH_ENGINE", "local").env("LOG_LEVEL", "error,rtc=error");
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let output = child.stdout.take().context("its output")?;
        let mut lines = BufReader::new(output).lines();
        let url = async {
            loop {
                let line = lines.next_line().await?.context("the engine did not start: see above")?;
                if let Some((_, rest)) = line.split_once("ready at ") {
                    return anyhow::Ok(rest.split(' ').next().unwrap_or_default().to_owned());
                }
            }
        };
        let url = tokio::time::timeout(START, url).await.context("the engine takes too long to start")??;
        // It goes on printing, and a pipe that nobody reads would end it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, url })
    }

    /// SIGKILL: nothing is flushed, closed or said.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
