//! The upstream model hub: the first source of every file whose manifest entry names one.
//!
//! Owns: the hub's address, whether it is worth asking, and the download of one file with `curl`: resumed where it was
//! interrupted, given up where it is too slow. Never does: name a host (the user's settings do), or leave a file in place
//! whose sha256 is not the pinned one.
//!
//! A failure to connect leaves the hub out for the rest of the run, so that a machine without the open internet waits once
//! and briefly. An answer that is of no use (404, other bytes) concerns that file only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::WeightsError;
use super::digest::sha256;
use super::manifest::HubFile;
use super::process::{Failure, run};
use super::progress::Step;

/// Where a hub's address is looked for, the first one first. The second is what other programs that use a hub read.
const VARIABLES: [&str; 2] = ["MODELS_HUB", "HF_ENDPOINT"];
const REDIRECTS: &str = "5";
/// How often a download that broke off is taken up again.
const ATTEMPTS: u32 = 3;

/// What curl's exit codes say about the hub.
mod code {
    /// The address can't be resolved or connected to, nothing answers in time, or it can't be trusted.
    pub const AWAY: [i32; 8] = [5, 6, 7, 28, 35, 52, 58, 60];
    /// The connection broke off while the file was on its way.
    pub const BROKEN: [i32; 4] = [18, 55, 56, 92];
    /// The server can't begin in the middle of the file, or what is here is longer than the file.
    pub const NO_RESUMING: [i32; 2] = [33, 36];
}

/// How long the hub is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the first sign of life, before any file is asked for.
    pub probe: Duration,
    /// For each further connection.
    pub connect: Duration,
    /// A download that stays below this many bytes a second …
    pub slow_bytes: u32,
    /// … for so many seconds is given up.
    pub slow_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let [probe, connect] = [4, 10].map(Duration::from_secs);
        Self { probe, connect, slow_bytes: 32 * 1024, slow_seconds: 20 }
    }
}

/// Why a file did not come from the hub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// Nothing more is asked of the hub in this run.
    #[error("the hub can't be reached, or is too slow: {0}")]
    Away(String),
    #[error("{0}")]
    Answer(String),
    #[error("other bytes than the manifest pins (sha256 {is}, not {pinned})")]
    Hash { is: String, pinned: String },
}

/// A file that is wanted, and what is known about its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub from: &'a HubFile,
    /// Where it is known, nothing longer is taken.
    pub bytes: Option<u64>,
    pub sha256: &'a str,
}

/// The hub at one address, for one run.
#[derive(Debug)]
pub struct Hub {
    base: String,
    limits: Limits,
    /// Asking it again would only cost time.
    away: AtomicBool,
}

impl Hub {
    /// The hub that the environment names, if any. The first variable that is set counts, even if it is empty.
    pub fn from_environment() -> Result<Option<Self>, WeightsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(read: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, WeightsError> {
        let Some((variable, base)) = VARIABLES.into_iter().find_map(|name| Some((name, read(name)?))) else {
            return Ok(None);
        };
        match base.trim() {
            "" => Ok(None),
            base if base.starts_with("https://") || base.starts_with("http://") => {
                Ok(Some(Self::at(base, Limits::default())))
            }
            _ => Err(WeightsError::HubAddress { variable }),
        }
    }

    pub fn at(base: &str, limits: Limits) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), limits, away: AtomicBool::new(false) }
    }

    /// Whether anything answers at the hub's address: any status will do.
    pub fn probe(&self, workshop: &Path) -> Result<(), HubError> {
        let mut command = self.curl(self.limits.probe);
        command.args(["--head", "--output", "/dev/null", "--max-time", &seconds(self.limits.probe)]);
        command.arg("--url").arg(&self.base);
        run(command, &workshop.join("hub.log"), || None).map_err(|failure| self.left_out(told(&failure)))
    }

    /// Whether the hub has been left out since a failure to connect.
    pub fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Brings a file to `to`, by way of a `.part` beside it that a later run can resume. What arrives has the pinned bytes.
    pub fn bring(&self, wanted: Wanted<'_>, to: &Path, step: &Step<'_>) -> Result<(), HubError> {
        if sha256(to).is_ok_and(|is| is == wanted.sha256) {
            return Ok(());
        }
        let part = beside(to);
        // What an earlier run left may be another file's beginning, or the server may refuse to resume: then from nothing.
        let resumed = length(&part) > 0;
        match self.bring_part(wanted, &part, to, step) {
            Err(HubError::Answer(_) | HubError::Hash { .. }) if resumed => {
                let _ = fs::remove_file(&part);
                self.bring_part(wanted, &part, to, step)
            }
            outcome => outcome,
        }
    }

    fn bring_part(&self, wanted: Wanted<'_>, part: &Path, to: &Path, step: &Step<'_>) -> Result<(), HubError> {
        if wanted.bytes.is_none_or(|bytes| length(part) < bytes) {
            self.download(wanted, part, step)?;
        }
        let is = sha256(part).map_err(|error| HubError::Answer(error.to_string()))?;
        if is != wanted.sha256 {
            let _ = fs::remove_file(part);
            return Err(HubError::Hash { is, pinned: wanted.sha256.to_owned() });
        }
        fs::rename(part, to).map_err(|error| HubError::Answer(error.to_string()))
    }

    fn download(&self, wanted: Wanted<'_>, part: &Path, step: &Step<'_>) -> Result<(), HubError> {
        let mut attempt = 1;
        loop {
            let outcome = run(self.get(wanted, part), &part.with_extension("log"), || {
                let is = length(part);
                step.position(is);
                let more = wanted.bytes.filter(|bytes| is > *bytes)?;
                Some(format!("it is longer than the {more} bytes that the manifest names"))
            });
            let Err(failure) = outcome else { return Ok(()) };
            let reason = told(&failure);
            match failure.code {
                Some(code) if code::BROKEN.contains(&code) && attempt < ATTEMPTS => {
                    step.state(&format!("broken off, attempt {} of {ATTEMPTS}", attempt + 1));
                    attempt += 1;
                }
                Some(code) if code::AWAY.contains(&code) || code::BROKEN.contains(&code) => {
                    return Err(self.left_out(reason));
                }
                Some(code) if code::NO_RESUMING.contains(&code) && attempt < ATTEMPTS => {
                    let _ = fs::remove_file(part);
                    attempt += 1;
                }
                // There is no curl here.
                None if length(part) == 0 => return Err(self.left_out(reason)),
                // The server answered something else, or more than the file.
                _ => {
                    let _ = fs::remove_file(part);
                    return Err(HubError::Answer(reason));
                }
            }
        }
    }

    fn get(&self, wanted: Wanted<'_>, part: &Path) -> Command {
        let HubFile { repo, revision, file } = wanted.from;
        let mut command = self.curl(self.limits.connect);
        command.args(["--fail", "--location", "--max-redirs", REDIRECTS, "--continue-at", "-"]);
        command.args(["--speed-limit", &self.limits.slow_bytes.to_string()]);
        command.args(["--speed-time", &self.limits.slow_seconds.to_string()]);
        if let Some(bytes) = wanted.bytes {
            command.args(["--max-filesize", &bytes.to_string()]);
        }
        command.arg("--output").arg(part).arg("--url").arg(format!("{}/{repo}/resolve/{revision}/{file}", self.base));
        command
    }

    fn curl(&self, connect_within: Duration) -> Command {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--globoff", "--connect-timeout", &seconds(connect_within)]);
        // Who names an https address is not sent on to plain http.
        command.args(["--proto", "=http,https", "--proto-redir"]);
        command.arg(if self.base.starts_with("https:") { "=https" } else { "=http,https" });
        command
    }

    fn left_out(&self, reason: String) -> HubError {
        self.away.store(true, Ordering::Relaxed);
        HubError::Away(reason)
    }
}

/// The unfinished download of a file.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

/// What curl itself says: its last line, without its name and code.
fn told(failure: &Failure) -> String {
    let said = failure.reason.rsplit_once("curl: (").and_then(|(_, rest)| rest.split_once(") "));
    said.map_or(failure.reason.as_str(), |(_, said)| said).to_owned()
}

/// As curl reads it.
fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Option<String>, String> {
        let read = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Hub::from_variables(read).map(|hub| hub.map(|hub| hub.base)).map_err(|error| error.to_string())
    }

    #[test]
    fn only_what_curl_says_is_told() {
        let failure = |reason: &str| told(&Failure { code: Some(7), reason: reason.to_owned() });
        assert_eq!(failure("curl ended with exit status: 7: curl: (7) Couldn't connect"), "Couldn't connect");
        assert_eq!(failure("curl can't be started: not found"), "curl can't be started: not found");
    }

    #[test]
    fn the_first_variable_that_is_set_names_the_hub() {
        let other = ("HF_ENDPOINT", "https://other.example.org");
        assert_eq!(with(&[]), Ok(None));
        assert_eq!(with(&[other]), Ok(Some(other.1.to_owned())));
        let ours = ("MODELS_HUB", "https://hub.example.org/");
        assert_eq!(with(&[other, ours]), Ok(Some("https://hub.example.org".to_owned())));
        assert_eq!(with(&[other, ("MODELS_HUB", "")]), Ok(None), "an empty address leaves the hub out");
        assert!(with(&[("MODELS_HUB", "hub.example.org")]).unwrap_err().contains("MODELS_HUB"));
    }
}
