//! Runs other programs: `pip`, `npm` and `curl`.
//!
//! Owns: starting them, their log, and the message about their failure. Never does: know what they
//! fetch.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(100);

/// The failure of a program that could not be started, failed, or was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code, or `None` if the program did not start or was ended by a signal.
    pub code: Option<i32>,
    /// The reason, in one line.
    pub reason: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { code: None, reason: error.to_string() }
    }
}

/// Runs a command and calls `tick` ten times per second. If `tick` returns a reason, the program is
/// stopped and the reason is the error. The error of a failed program quotes the first errors that
/// it printed, or otherwise its last lines.
pub fn run(mut command: Command, log: &Path, tick: impl Fn() -> Option<String>) -> Result<(), Failure> {
    let output = File::create(log)?;
    let errors = output.try_clone()?;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .spawn()
        .map_err(|e| Failure { code: None, reason: format!("{program} cannot be started: {e}") })?;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if let Some(reason) = tick() {
            // The program may have ended by itself meanwhile, so an error of `kill` is ignored.
            let _ = child.kill();
            child.wait()?;
            let _ = std::fs::remove_file(log);
            return Err(Failure { code: None, reason });
        }
        std::thread::sleep(TICK);
    };
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let _ = std::fs::remove_file(log);
    if status.success() {
        return Ok(());
    }
    let lines: Vec<_> = said.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let errors: Vec<_> = lines.iter().copied().filter(|l| l.to_lowercase().contains("error")).take(3).collect();
    let last = if errors.is_empty() { &lines[lines.len().saturating_sub(3)..] } else { &errors }.join(" / ");
    Err(Failure { code: status.code(), reason: format!("{program} ended with {status}: {last}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_program_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo no such version >&2; exit 3"]);
        let failure = run(command, &dir.path().join("log"), || None).unwrap_err();
        assert!(failure.reason.contains("no such version"), "{failure}");
        assert_eq!(failure.code, Some(3));
        assert!(run(Command::new("no-such-program"), &dir.path().join("log"), || None).is_err());
    }

    #[test]
    fn a_reason_to_stop_ends_the_program() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("60");
        let failure = run(command, &dir.path().join("log"), || Some("enough".to_owned())).unwrap_err();
        assert_eq!(failure, Failure { code: None, reason: "enough".to_owned() });
    }
}
